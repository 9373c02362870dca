"""Over random histories, the decision is the one that a small slow model reads from the rules."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from consent.decision import decide
from schemas.consent import Choice, ConsentEvent, ConsentKind, Permission, Reach, Use
from schemas.recording import Session
from tests.consent.making import Destroyed, Entry, form, passage, register_of, session
from tests.consent.slow_model import ORDERS, History, SlowModel

FORMS = {"2026-1": form(), "2026-2": form("2026-2", not_asked=())}
PASSAGE = "aaaaaaaaaaa1"
SESSIONS = {
    "march": session("march", "2026-03-04T09:00-08:00", cycle="1"),
    "auckland": session("auckland", "2026-03-05T06:00+13:00", "Pacific/Auckland", cycle="1"),
    "dated": session("dated", "2026-03-04", cycle="2"),
}
# Around the sessions: before, on the day and before, at the start, on the day and after, later, much later.
TIMES = [
    "02-20T10:00-08:00",
    "03-04T08:00-08:00",
    "03-04T09:00-08:00",
    "03-04T11:00-08:00",
    "03-05T10:00-08:00",
    "04-01T10:00-07:00",
]
REACHES = ["study", "study", "cycle:1", "session:march", "session:dated", f"passage:{PASSAGE}"]
MARK = passage(PASSAGE, "march", "for_organisation", at="2026-03-04T12:00-08:00")
SETUP: list[Entry] = [*FORMS.values(), *SESSIONS.values(), MARK]

times = st.sampled_from(TIMES).map(lambda text: datetime.fromisoformat("2026-" + text))
reaches = st.sampled_from(REACHES).map(
    lambda text: Reach(kind=text.partition(":")[0], id=text.partition(":")[2] or None)
)
levels = st.sampled_from(ORDERS["level"])


@st.composite
def events(draw: st.DrawFn) -> ConsentEvent:
    kinds = [ConsentKind.CONSENT] * 3 + [ConsentKind.CHANGE] * 4 + list(ConsentKind)
    kind = draw(st.sampled_from(kinds))
    choices: list[Choice] = []
    if kind in (ConsentKind.CONSENT, ConsentKind.CHANGE):
        if kind is ConsentKind.CONSENT or draw(st.booleans()):
            choices.append(Choice(dimension="level", value=draw(levels)))
        if draw(st.integers(0, 2)) == 0:
            choices.append(Choice(dimension="level", value=draw(levels), use=draw(st.sampled_from(list(Use)[:2]))))
        if draw(st.integers(0, 2)) == 0:
            choices.append(Choice(dimension="archive", value=draw(st.sampled_from(["yes", "no"]))))
        if draw(st.integers(0, 2)) == 0:
            choices.append(Choice(dimension="quote_research", value=draw(st.sampled_from(ORDERS["quote_research"]))))
    signs = kind in (ConsentKind.CONSENT, ConsentKind.REAFFIRM)
    return ConsentEvent(
        participant="P01",
        event=kind,
        at=draw(times),
        reach=draw(reaches) if kind is not ConsentKind.REAFFIRM else Reach(),
        choices=tuple(choices),
        applies=draw(st.sampled_from([None, None, "all", "from"])) if choices else None,
        form=draw(st.sampled_from(list(FORMS))) if signs else None,
        data=draw(st.sampled_from(["erase", "keep_deidentified", "stop"])) if kind is ConsentKind.WITHDRAW else None,
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Entry], History, set[int]]:
    entries: list[Entry] = list(SETUP)
    history: History = []
    for event in draw(st.lists(events(), min_size=1, max_size=7)):
        history.append((len(entries), event))
        entries.append(event)
    withdrawals = [i for i, e in history if e.event is ConsentKind.WITHDRAW and e.data != "stop"]
    destroyed = set(draw(st.lists(st.sampled_from(withdrawals), unique=True))) if withdrawals else set()
    entries += [Destroyed(index) for index in destroyed]
    return entries, history, destroyed


targets = st.sampled_from([(None, None), ("march", None), ("march", PASSAGE), ("auckland", None), ("dated", None)])


@given(histories(), targets, st.sampled_from(list(Use)[:3]))
def test_the_decision_is_what_the_slow_model_says(
    made: tuple[list[Entry], History, set[int]], target: tuple[str | None, str | None], use: Use
) -> None:
    entries, history, destroyed = made
    place: Session | None = SESSIONS[target[0]] if target[0] else None
    decision = decide(register_of(entries), "P01", session=place, use=use, passage=target[1])
    model = SlowModel(FORMS, place, target[1], use, destroyed)
    state = model.state(history)
    assert decision.state == {"kept": "consented"}.get(state, state)
    assert decision.level == model.level(history)
    for permission in ("archive", "quote_research"):
        expected = ORDERS[permission][model.holding(history, permission)] if state in ("consented", "kept") else "no"
        if state == "kept" and permission == "quote_research":
            expected = "no"
        assert decision.permissions[Permission(permission)] == expected


@given(histories(), targets, st.sampled_from(list(Use)[:3]))
def test_the_last_tightening_is_the_last_entry_after_which_more_is_protected(
    made: tuple[list[Entry], History, set[int]], target: tuple[str | None, str | None], use: Use
) -> None:
    entries, history, _ = made
    entries = [entry for entry in entries if not isinstance(entry, Destroyed)]
    place: Session | None = SESSIONS[target[0]] if target[0] else None
    decision = decide(register_of(entries), "P01", session=place, use=use, passage=target[1])
    model = SlowModel(FORMS, place, target[1], use, set())
    # A withdrawal that was taken back leaves no trace, so that what is made afterwards is what was there before.
    gone = model.taken_back(history)
    left = [(index, event) for index, event in history if index not in gone and event.event is not ConsentKind.UNDO]
    last, before = -1, len(ORDERS["level"]) - 1
    for count, (index, _) in enumerate(left, start=1):
        after = ORDERS["level"].index(model.level(left[:count]))
        last, before = (index if after > before else last), after
    assert decision.tightened == last


@given(histories(), histories(), targets)
def test_other_peoples_entries_change_no_decision_and_no_digest(
    made: tuple[list[Entry], History, set[int]],
    more: tuple[list[Entry], History, set[int]],
    target: tuple[str | None, str | None],
) -> None:
    entries = [entry for entry in made[0] if not isinstance(entry, Destroyed)]
    others = [event.model_copy(update={"participant": "P02"}) for _, event in more[1]]
    place = SESSIONS[target[0]] if target[0] else None
    alone = decide(register_of(entries), "P01", session=place, use=Use.ANALYSIS, passage=target[1])
    among = decide(register_of([*entries, *others]), "P01", session=place, use=Use.ANALYSIS, passage=target[1])
    assert among == alone
    assert among.digest() == alone.digest()
