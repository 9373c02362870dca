"""People as the study knows them: the matching table a run needs, and the contacts only the investigator opens."""

from pydantic import Field

from schemas.identifiers import ParticipantId
from schemas.recording import Standing
from schemas.records import Record


class Person(Record):
    """One row of the matching table: everything by which others may recognise a participant in words."""

    participant: ParticipantId
    full_name: str = Field(repr=False)
    aliases: tuple[str, ...] = Field(default=(), repr=False)
    """Other spellings, nicknames, handles."""
    former_names: tuple[str, ...] = Field(default=(), repr=False)
    """Shown at no level."""
    organisation: str | None = Field(default=None, repr=False)
    organisation_as: str | None = Field(default=None, repr=False)
    role: str | None = Field(default=None, repr=False)
    role_as: str | None = Field(default=None, repr=False)
    place: str | None = Field(default=None, repr=False)
    place_as: str | None = Field(default=None, repr=False)
    tier: str | None = None
    """``core`` or ``constellation``."""
    language: str | None = None
    pseudonym: str | None = Field(default=None, repr=False)
    """Chosen by the person; otherwise drawn when the roster is imported."""
    public_pseudonym: str | None = Field(default=None, repr=False)
    """Drawn; used wherever the source is public unaltered, so that no label crosses into a public source."""
    standing: Standing = Standing.PARTICIPANT
    member_from: str | None = None
    secret: str = Field(repr=False)
    """32 random bytes in hexadecimal; erasing them unlinks every released id of the person."""


class Contact(Record):
    """What only the investigator opens."""

    participant: ParticipantId
    email: str | None = Field(default=None, repr=False)


class MatchingTable(Record):
    """Everybody in the study, for matching names in speech and text."""

    people: tuple[Person, ...]

    def by_id(self) -> dict[str, Person]:
        """People by participant id."""
        return {person.participant: person for person in self.people}
