"""Says in plain English, as to an ethics board, what was asked and what is allowed. Never a name, never free text."""

from collections.abc import Iterable

from consent.choosing.asking import to_be_asked
from consent.days import day_words
from consent.register import Register, to_ledger_event
from consent.telling import tell
from consent.wording import LEVEL_WORDS, PERMISSION_WORDS, USE_WORDS, WORDS
from schemas.consent import Answer, ConsentDecision, ConsentEvent, Level, Organisation, Permission, Reach, State
from schemas.identifiers import ParticipantId

__all__ = ["LEVEL_WORDS", "PERMISSION_WORDS", "explain", "history", "reasons"]

_STATE_WORDS: dict[State, str] = {
    State.NOT_ASKED: "has signed no form that covers this, so nothing of theirs is used",
    State.DECLINED: "declined to take part, so nothing of theirs is used",
    State.CONSENTED: "takes part",
    State.STOPPED: "withdrew: every use is stopped",
    State.ERASED: "withdrew, and their words have been destroyed",
}


def explain(decision: ConsentDecision) -> list[str]:
    """What one decision allows, in sentences.

    Returns:
        One line for the state and level, one for the employer, one each for what is allowed, asked first and refused.
    """
    who, where = decision.participant, _reach_words(decision.reach)
    if decision.state is not State.CONSENTED:
        return [f"{who}, {where}: {_STATE_WORDS[decision.state]}."]
    shown = f"{who} takes part, {where}. {_capital(USE_WORDS[decision.use])}: {LEVEL_WORDS[decision.level]}."
    if decision.level is Level.WITHHELD:
        return [shown, *_permissions(decision)]
    kept = decision.organisation is Organisation.NAMED
    employer = "Their employer may be named." if kept else "Their employer is described only in general terms."
    quotes = [] if decision.verbatim else ["These words are never quoted."]
    return [shown, employer, *quotes, *_permissions(decision)]


def reasons(register: Register, decision: ConsentDecision) -> list[str]:
    """The recorded events behind a decision, a sentence each, in ledger order."""
    return [_sentence(index, event, register) for index, event in register.events if index in decision.events]


def history(register: Register, participant: ParticipantId) -> list[str]:
    """Everything one person (or a community, for their words) asked, in ledger order, a sentence each.

    Returns:
        The sentences; after them, one for each wider loosening that left a narrower protection standing.
    """
    own = [(index, event) for index, event in register.events if event.participant == participant]
    asked = {index: day_words(event.at) for index, event in own}
    questions = {
        f"To be asked: whether what was said on {asked[question.loosened_by]} was meant to lift the narrower choice"
        f" of {asked[question.kept_by]} ({_dimension_words(question.dimension)}, {_reach_words(question.kept_reach)})."
        " Until then the narrower choice holds.": None
        for question in to_be_asked(register, participant)
    }
    return [*(_sentence(index, event, register) for index, event in own), *questions]


def _sentence(index: int, event: ConsentEvent, register: Register) -> str:
    carried_out = " Carried out: the words were destroyed." if index in register.erased else ""
    recorded = to_ledger_event(event)
    return tell(recorded.kind, recorded.payload) + carried_out


def _dimension_words(dimension: str) -> str:
    return WORDS["dimension"].get(dimension, "another choice")


def _permissions(decision: ConsentDecision) -> Iterable[str]:
    for answer, words in ((Answer.YES, "Allows"), (Answer.ASK, "To be asked before"), (Answer.NO, "Refuses")):
        given = [PERMISSION_WORDS[one] for one in Permission if decision.permissions.get(one) is answer]
        if given:
            yield f"{words}: {', '.join(given)}."


def _reach_words(reach: Reach) -> str:
    if reach.kind == "study":
        return "for the whole study"
    if reach.kind == "passage":
        return f"for passage {reach.id}"
    return f"for {reach.kind} {reach.id}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
