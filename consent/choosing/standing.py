"""Who stands on which form, and who is still on one that has been replaced."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.register import Register
from schemas.consent import ConsentKind, Form
from schemas.identifiers import ParticipantId


@dataclass(frozen=True)
class FormStanding:
    """One registered form and the people whose latest signature is on it.

    Attributes:
        replaced_by: Version of the newest form that amends this one, straight or by way of another; None: none does.
        to_ask: Of ``people``, those whom an amendment wants asked again.
    """

    form: Form
    people: tuple[ParticipantId, ...]
    replaced_by: str | None
    to_ask: tuple[ParticipantId, ...]


def form_standings(register: Register) -> list[FormStanding]:
    """Every registered form, oldest first, with who is on it now.

    Somebody counts for the form they signed or went over to last; withdrawn people too, since their form still says
    what was promised to them.
    """
    latest = {person: _latest(register, person) for person in register.by_participant}
    standings = []
    for version, form in register.forms.items():
        people = tuple(sorted(person for person, on in latest.items() if on == version))
        later = amendments(register, version)
        asks = any(one.re_ask for one in later)
        newest = later[-1].version if later else None
        standings.append(FormStanding(form, people, newest, people if asks else ()))
    return standings


def _latest(register: Register, person: ParticipantId) -> str | None:
    signed = [
        event.form
        for _, event in register.by_participant[person]
        if event.event in (ConsentKind.CONSENT, ConsentKind.REAFFIRM) and register.form_of(event) is not None
    ]
    return signed[-1] if signed else None


def amendments(register: Register, version: str) -> Sequence[Form]:
    """The forms that amend ``version``, straight or by way of another, in the order they were registered."""
    named, found = {version}, []
    for form in register.forms.values():
        if form.replaces in named and form.version not in named:
            named.add(form.version)
            found.append(form)
    return found
