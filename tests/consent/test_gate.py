"""Over thousands of random histories, the gate permits nothing that thirty lines of plain rules forbid."""

import os
from datetime import datetime, timedelta
from random import Random

from consent.decision import decide_session
from schemas.consent import LEVEL_ORDER, ConsentEvent, ConsentKind, Level
from schemas.purposes import permitted
from tests.consent.making import Entry, change, consent, decline, form, register_of, session, withdraw

LONG = os.environ.get("CHATHAM_LONG") == "1"
HISTORIES = 10_000 if LONG else 1_500
SEED = int(os.environ.get("CHATHAM_SEED", "20261122"))
MEETING = session("march", "2026-03-04T09:00-08:00")
SETUP: list[Entry] = [form(not_asked=()), MEETING]
DAYS = ["2026-02-20", "2026-03-03", "2026-03-04", "2026-03-05", "2026-04-01"]
ANSWERS = ["yes", "ask", "no"]


def forbidden(history: list[ConsentEvent]) -> bool:
    """Whether what one person asked forbids quoting them in research from the meeting; each rule is a line or two."""
    said: dict[str, list[tuple[bool, bool, int]]] = {"level": [], "quote_research": []}
    closed: datetime | None = datetime.min.replace(tzinfo=MEETING.start.tzinfo)
    signed = False
    for event in history:
        if event.reach.kind == "session" and event.reach.id != "march":
            continue
        before = event.at <= MEETING.start
        signed_that_day = event.event is ConsentKind.CONSENT and event.at.date() == MEETING.start.date()
        if event.event is ConsentKind.DECLINE or (event.event is ConsentKind.WITHDRAW and event.data == "erase"):
            closed = event.at if closed is None or event.event is ConsentKind.WITHDRAW else closed
            closed = datetime.min.replace(tzinfo=event.at.tzinfo) if event.event is ConsentKind.DECLINE else closed
        if event.event is ConsentKind.WITHDRAW and event.data == "stop" and MEETING.start > event.at:
            closed = event.at
        signed = signed or event.event is ConsentKind.CONSENT
        blanks = {"quote_research": "ask"} if event.event is ConsentKind.CONSENT else {}
        for dimension, value in (blanks | {choice.dimension: choice.value for choice in event.choices}).items():
            rank = LEVEL_ORDER.index(Level(value)) if dimension == "level" else ANSWERS.index(value)
            tightens = rank >= held(said[dimension])
            if dimension != "level" and not signed and value != "no":
                continue  # no form was signed, so nothing but no was asked
            if event.applies == "all" or (event.applies is None and tightens) or before or signed_that_day:
                said[dimension].append((event.reach.kind == "session", event.event is ConsentKind.CONSENT, rank))
        opens = event.event is ConsentKind.CONSENT and (event.applies == "all" or before or signed_that_day)
        if opens and closed is not None and event.at >= closed and event.reach.kind == "study":
            closed = None
    return closed is not None or held(said["level"]) == len(LEVEL_ORDER) - 1 or held(said["quote_research"]) != 0


def held(said: list[tuple[bool, bool, int]]) -> int:
    """The most protective of what no later choice of the same or a narrower reach took the place of; else the last."""
    left = [one for place, one in enumerate(said) if not any(later[0] >= one[0] for later in said[place + 1 :])]
    return max((rank for *_, rank in left), default=99)


def one_event(random: Random) -> ConsentEvent:
    at = f"{random.choice(DAYS)}T{random.choice(['08:00', '09:00', '15:30'])}-08:00"
    level = random.choice(["named", "pseudonym", "unnamed", "unnamed", "withheld"])
    answer = {"quote_research": random.choice(ANSWERS)} if random.random() < 0.6 else {}
    kind, applies = random.random(), random.choice([None, None, "all", "from"])
    if kind < 0.5:
        return consent("P01", at, level, applies=applies, **answer)
    if kind < 0.8:
        reach = random.choice(["study", "session:march", "session:other"])
        return change("P01", at, reach=reach, applies=applies, **({"level": level} | answer))
    return withdraw("P01", at, random.choice(["erase", "stop"])) if kind < 0.9 else decline("P01", at)


def test_the_gate_permits_nothing_that_the_plain_rules_forbid():
    random, agreed, permits = Random(SEED), 0, 0  # noqa: S311 - a test's own histories
    for _ in range(HISTORIES):
        history = [one_event(random) for _ in range(random.randint(1, 6))]
        decision = decide_session(register_of([*SETUP, *history]), "march", ["P01"], "quote_research").decisions["P01"]
        allowed, forbids = permitted(decision, "quote_research"), forbidden(history)
        assert not (allowed and forbids), history_in_words(history)
        agreed += allowed != forbids
        permits += allowed
    # A gate that is always shut would pass, and so would a model that forbids nothing.
    assert permits > HISTORIES // 20
    assert agreed > HISTORIES * 99 // 100


def test_the_answer_as_of_a_day_is_the_answer_that_was_given_on_that_day():
    random = Random(SEED + 1)  # noqa: S311
    for _ in range(HISTORIES // 3):
        history = sorted((one_event(random) for _ in range(random.randint(1, 6))), key=lambda event: event.at)
        for day in DAYS:
            at = datetime.fromisoformat(f"{day}T12:00-08:00") + timedelta(hours=random.randint(-4, 4))
            known = [event for event in history if event.at <= at]
            then = decide_session(register_of([*SETUP, *known]), "march", ["P01"], "quote_research")
            now = decide_session(register_of([*SETUP, *history]), "march", ["P01"], "quote_research", at=at)
            assert now.digest() == then.digest(), history_in_words(history)


def history_in_words(history: list[ConsentEvent]) -> str:
    return "\n".join(
        f"{event.at} {event.event} {event.reach} {event.data or ''} {event.applies or ''}"
        f" {[(choice.dimension, choice.value) for choice in event.choices]}"
        for event in history
    )
