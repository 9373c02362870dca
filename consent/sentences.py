"""Says in plain English, as to an ethics board, what was asked and what is allowed. Never a name, never free text."""

from collections.abc import Iterable
from datetime import datetime

from consent.asking import to_be_asked
from consent.register import Register, is_community
from schemas.consent import (
    Answer,
    Choice,
    ConsentDecision,
    ConsentEvent,
    ConsentKind,
    Level,
    Organisation,
    Permission,
    Reach,
    State,
    Use,
)
from schemas.identifiers import ParticipantId

LEVEL_WORDS: dict[Level, str] = {
    Level.NAMED: "named",
    Level.FIRST_NAME: "first name",
    Level.ROLE: "role only",
    Level.PSEUDONYM: "made-up name",
    Level.UNNAMED: "unnamed",
    Level.WITHHELD: "not used",
}
PERMISSION_WORDS: dict[Permission, str] = {
    Permission.RECORD_AUDIO: "having their voice recorded",
    Permission.RECORD_VIDEO: "having their picture recorded",
    Permission.TRANSCRIBE: "having their words written down",
    Permission.CHAT: "use of what they write in the chat",
    Permission.ANALYSE: "analysis of their words",
    Permission.QUOTE_RESEARCH: "quotation in research",
    Permission.QUOTE_PRACTICE: "quotation in practice publications",
    Permission.PUBLISH_RECORDING: "publication of the recording",
    Permission.SHARE_BACK: "sharing back with the group",
    Permission.ARCHIVE: "archiving",
    Permission.TRANSLATE: "translation",
    Permission.PARTNERS: "sharing with partner organisations",
    Permission.AI_SERVICES: "use of outside AI services",
    Permission.TEACHING: "use in teaching",
    Permission.RECONTACT: "being contacted again",
}
_USE_WORDS: dict[Use, str] = {
    Use.ANALYSIS: "for analysis",
    Use.RESEARCH: "in research publications",
    Use.PRACTICE: "in practice publications",
    Use.RECORDING: "in published recordings",
}
_STATE_WORDS: dict[State, str] = {
    State.NOT_ASKED: "has signed no form that covers this, so nothing of theirs is used",
    State.DECLINED: "declined to take part, so nothing of theirs is used",
    State.CONSENTED: "takes part",
    State.STOPPED: "withdrew: every use is stopped",
    State.ERASED: "withdrew, and their words have been destroyed",
}
_DATA_WORDS = {
    "erase": "asks that their words be deleted",
    "keep_deidentified": "asks that only de-identified words be kept",
    "stop": "asks that nothing from now on be used; earlier permissions stand",
}
_GIVERS = {"self": "", "guardian": ", answered by a guardian", "authorised": ", answered by an authorised person"}


def explain(decision: ConsentDecision) -> list[str]:
    """What one decision allows, in sentences.

    Returns:
        One line for the state and level, one for the employer, one each for what is allowed, asked first and refused.
    """
    who, where = decision.participant, _reach_words(decision.reach)
    if decision.state is not State.CONSENTED:
        return [f"{who}, {where}: {_STATE_WORDS[decision.state]}."]
    shown = f"{who} takes part, {where}. {_capital(_USE_WORDS[decision.use])}: {LEVEL_WORDS[decision.level]}."
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
    asked = {index: _date(event.at) for index, event in own}
    questions = {
        f"To be asked: whether what was said on {asked[question.loosened_by]} was meant to lift the narrower choice"
        f" of {asked[question.kept_by]} ({_dimension_words(question.dimension)}, {_reach_words(question.kept_reach)})."
        " Until then the narrower choice holds.": None
        for question in to_be_asked(register, participant)
    }
    return [*(_sentence(index, event, register) for index, event in own), *questions]


def _sentence(index: int, event: ConsentEvent, register: Register) -> str:
    who = "A community" if is_community(event) else event.participant
    parts = [f"{_moment(event.at)}: {who} {_deed(event)}, {_reach_words(event.reach)}"]
    parts.append(_GIVERS.get(event.given_by, ""))
    choices = "; ".join(_choice_words(choice) for choice in event.choices)
    applies = {"all": " For everything ever said.", "from": " From then on.", None: ""}[event.applies]
    carried_out = " Carried out: the words were destroyed." if index in register.erased else ""
    return "".join(parts) + (f": {choices}." if choices else ".") + applies + carried_out


def _deed(event: ConsentEvent) -> str:
    form = f" form {event.form}" if event.form else " a form"
    deeds = {
        ConsentKind.CONSENT: f"signed{form}",
        ConsentKind.CHANGE: "changed their choices",
        ConsentKind.REAFFIRM: f"went over to{form}, all else unchanged",
        ConsentKind.DECLINE: "declined to take part",
        ConsentKind.WITHDRAW: f"withdrew and {_DATA_WORDS.get(event.data or '', 'asks that every use be stopped')}",
        ConsentKind.UNDO: "took the withdrawal back",
    }
    return deeds[event.event]


def _choice_words(choice: Choice) -> str:
    use = f" {_USE_WORDS[choice.use]}" if choice.use else ""
    if choice.dimension == "level" and choice.value in list(Level):
        return f"{LEVEL_WORDS[Level(choice.value)]}{use}"
    if choice.dimension == "organisation":
        return ("employer may be named" if choice.value == "named" else "employer in general terms only") + use
    if choice.dimension == "credit":
        return "no acknowledgement" if choice.value == "no" else "asks to be acknowledged"
    answer = {"yes": "allows", "ask": "wants to be asked before", "no": "refuses"}.get(choice.value, "refuses")
    return f"{answer} {_dimension_words(choice.dimension)}{use}"


def _dimension_words(dimension: str) -> str:
    if dimension in list(Permission):
        return PERMISSION_WORDS[Permission(dimension)]
    return {"level": "how they are shown", "organisation": "their employer"}.get(dimension, dimension)


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


def _date(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)  # not strftime: the words must not depend on the machine's language


def _moment(moment: datetime) -> str:
    offset = moment.strftime("%z")
    return f"{_date(moment)}, {moment:%H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
