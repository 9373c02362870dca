"""What material may be made for, and what each purpose needs from every decision it rests on."""

from schemas.consent import Answer, ConsentDecision, Level, Permission, State, Use
from schemas.records import Record


class Purpose(Record):
    """What one purpose needs. Where several uses are named, the most protective decision of all of them counts."""

    uses: tuple[Use, ...]
    permissions: tuple[Permission, ...]
    verbatim: bool = False
    """Whether words are quoted as said."""


PURPOSES: dict[str, Purpose] = {
    "analyse": Purpose(uses=(Use.ANALYSIS,), permissions=(Permission.TRANSCRIBE, Permission.ANALYSE)),
    "quote_research": Purpose(
        uses=(Use.RESEARCH,), permissions=(Permission.TRANSCRIBE, Permission.QUOTE_RESEARCH), verbatim=True
    ),
    "quote_practice": Purpose(
        uses=(Use.PRACTICE,), permissions=(Permission.TRANSCRIBE, Permission.QUOTE_PRACTICE), verbatim=True
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
