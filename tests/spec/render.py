"""Writes the worked situations as a reference page."""

from consent.register import is_community
from consent.sentences import LEVEL_WORDS, history
from schemas.consent import ConsentEvent, Level, Passage
from schemas.recording import Rule, Session
from tests.consent.making import Destroyed, Entry, Recorded, register_of
from tests.spec.situations import SITUATIONS, Holds, Situation

_HEAD = """# Consent: worked situations

What people said, and what follows from it. This page is made from `tests/spec/situations.py`, and every line of it is
checked by a test. A person, session or passage stands here by its id. Unless something else is said, "used" means used
for analysis.
"""
_RULES = {
    Rule.OPEN: "",
    Rule.CHATHAM_HOUSE: ", under the Chatham House Rule",
    Rule.OFF_THE_RECORD: ", off the record",
}
_STATES = {
    "consented": "takes part",
    "not_asked": "not asked",
    "declined": "declined",
    "stopped": "stopped",
    "erased": "erased",
}


def render() -> str:
    """The page, Markdown."""
    return "\n".join([_HEAD, *(_situation(number, one) for number, one in enumerate(SITUATIONS, start=1))])


def _situation(number: int, situation: Situation) -> str:
    lines = [f"## {number}. {situation.title}", "", situation.story, "", "Recorded, in this order:", ""]
    lines += [f"* {line}" for index, entry in enumerate(situation.entries) for line in _told(index, entry, situation)]
    lines += ["", "| who | where | use | state | level | and |", "|---|---|---|---|---|---|"]
    lines += [_row(holds) for holds in situation.holds]
    if situation.to_ask:
        lines += ["", "To be asked: whether the later, wider choice was meant to lift the narrower one."]
    return "\n".join([*lines, ""])


def _told(index: int, entry: Entry, situation: Situation) -> list[str]:
    if isinstance(entry, Recorded):
        return [_session(entry.session) + ", recorded"]
    if isinstance(entry, Session):
        return [_session(entry)]
    if isinstance(entry, Destroyed):
        return [f"{entry.minute}: the words of that withdrawal were destroyed"]
    if isinstance(entry, Passage):
        return [_passage(entry)]
    if isinstance(entry, ConsentEvent):
        alone = register_of(
            [*(one for one in situation.entries if not isinstance(one, ConsentEvent | Destroyed)), entry]
        )
        place = f" (filed under {entry.participant})" if is_community(entry) else ""
        return [line.removesuffix(".") + place for line in history(alone, entry.participant)]
    return []


def _session(session: Session) -> str:
    when = session.start.isoformat(timespec="minutes") if session.start else f"{session.day}, hour unknown"
    standings = "".join(f", {person} as {standing}" for person, standing in session.standings.items())
    cycle = f", cycle {session.cycle}" if session.cycle else ""
    return f"Session {session.session}: {when}{cycle}{_RULES[session.rule]}{standings}"


def _passage(passage: Passage) -> str:
    people = f" ({', '.join(passage.participants)})" if passage.participants else ""
    mark = passage.mark.replace("_", " ")
    span = f"minute {passage.start_s / 60:g} to {passage.end_s / 60:g}"
    return f"Passage {passage.passage} of session {passage.session}, {span}: {mark}{people}"


def _row(holds: Holds) -> str:
    level = LEVEL_WORDS[Level(holds.level)]
    where = holds.where or "the study, from now on"
    return f"| {holds.who} | {where} | {holds.use} | {_STATES[holds.state]} | {level} | {'; '.join(_more(holds))} |"


def _more(holds: Holds) -> list[str]:
    more = [f"employer {holds.organisation}"] if holds.organisation else []
    more += [f"{name}: {answer}" for name, answer in holds.allows.items()]
    if holds.quoted is not None:
        more.append("may be quoted" if holds.quoted else "never quoted")
    if holds.analysed is not None:
        more.append("used" if holds.analysed else "not used")
    return more + (["acknowledged"] if holds.credit else [])
