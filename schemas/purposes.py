"""What material may be made for, and what each purpose needs from every decision it rests on."""

from schemas.consent import Answer, ConsentDecision, Level, Permission, State, Use
from schemas.deidentified import QuoteState
from schemas.records import Record
from schemas.speech import UtteranceState


class Purpose(Record):
    """What one purpose needs. Where several uses are named, the most protective decision of all of them counts."""

    uses: tuple[Use, ...]
    permissions: tuple[Permission, ...]
    verbatim: bool = False
    """Whether words are quoted as said."""
    quoting: tuple[Permission, ...] = (Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE)
    """What quoting from it needs: anything may be quoted anywhere from what is made for no quotation in particular."""


PURPOSES: dict[str, Purpose] = {
    "analyse": Purpose(uses=(Use.ANALYSIS,), permissions=(Permission.TRANSCRIBE, Permission.ANALYSE)),
    "quote_research": Purpose(
        uses=(Use.RESEARCH,),
        permissions=(Permission.TRANSCRIBE, Permission.QUOTE_RESEARCH),
        verbatim=True,
        quoting=(Permission.QUOTE_RESEARCH,),
    ),
    "quote_practice": Purpose(
        uses=(Use.PRACTICE,),
        permissions=(Permission.TRANSCRIBE, Permission.QUOTE_PRACTICE),
        verbatim=True,
        quoting=(Permission.QUOTE_PRACTICE,),
    ),
    "archive": Purpose(uses=(Use.ANALYSIS, Use.RESEARCH), permissions=(Permission.TRANSCRIBE, Permission.ARCHIVE)),
}


def lacking(decision: ConsentDecision, purpose: str) -> bool:
    """Whether words are withheld for a permission: the level would allow them, ``purpose`` lacks a `yes` it needs.

    `ask` is no `yes`; words that may not be quoted lack it for every purpose that quotes. An unknown purpose lacks all.
    """
    needs = PURPOSES.get(purpose)
    if needs is None or (needs.verbatim and not decision.verbatim):
        return True
    return any(decision.permissions.get(permission) is not Answer.YES for permission in needs.permissions)


def permitted(decision: ConsentDecision, purpose: str) -> bool:
    """Whether words under ``decision`` may stand in a data set made for ``purpose``."""
    used = decision.state is State.CONSENTED and decision.level is not Level.WITHHELD
    return used and not lacking(decision, purpose)


def quotable(decision: ConsentDecision, purpose: str, state: UtteranceState) -> QuoteState:
    """Whether words under ``decision`` may be quoted from material made for ``purpose``.

    Only words that somebody has checked by ear may, and none that were kept without their name. Of several permissions
    the most protective counts; one that was never asked is a no.
    """
    needs = PURPOSES.get(purpose)
    if needs is None or not decision.verbatim or state is not UtteranceState.CHECKED:
        return QuoteState.NOT
    answers = [decision.permissions.get(permission, Answer.NO) for permission in needs.quoting]
    return max((_QUOTED[answer] for answer in answers), key=list(QuoteState).index)


_QUOTED = {Answer.YES: QuoteState.MAY, Answer.ASK: QuoteState.ASK, Answer.NO: QuoteState.NOT}
