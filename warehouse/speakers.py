"""Decides how each speaker stands in a data set: one row and one id for each way of showing them."""

import json
from collections.abc import Iterable
from typing import Any

from schemas.consent import Level
from schemas.deidentified import SpeakerShown
from schemas.errors import CheckFailed
from schemas.recording import Session
from warehouse.alone import Attributes, Face, fitting
from warehouse.ids import ReleaseIds

Row = tuple[Any, ...]

UNNAMED_LABEL = "Participant"
ATTRIBUTES = ("tier", "role_as", "organisation_as", "place_as", "language")
"""In the order of schema.sql."""
PROTECTED = (Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM)
"""Levels at which attributes may stand beside a label that is not the person's full name."""


class Speakers:
    """Gives each way of showing a speaker its id, so that one id never stands for two different rows.

    Where one person is shown in two ways at one level (their employer named in one session and generalised in
    another), a common id would join the two sessions and undo the choice; each way then has an id of its own. And
    where one person stands under several labels, the same role, place and tier beside each would join the labels: they
    then stand beside none but their real name.

    What only one person below `named` has in the data set goes (`warehouse.alone`); a role that is only theirs here is
    not said, and they stand as an unnamed speaker does.

    Args:
        shown_in: Every speaker of every session of the data set.
        ids: Mints the released ids.

    Raises:
        CheckFailed: A speaker's level is `withheld`.
        MissingKey: The roster holds no secret for a speaker.
    """

    def __init__(self, shown_in: Iterable[tuple[Session, SpeakerShown]], ids: ReleaseIds) -> None:
        self._ids = ids
        self._ways: dict[str, set[Row]] = {}
        self._rows: dict[str, Row] = {}
        self._known: dict[tuple[SpeakerShown, str], str] = {}
        self._labels: dict[str, set[str]] = {}
        shown = list(shown_in)
        for _, speaker in shown:
            if speaker.level is not Level.UNNAMED:
                self._labels.setdefault(speaker.participant, set()).add(speaker.label)
        self._fitting = fitting(self._faces(shown))
        for session, speaker in shown:
            common = ids.speaker_id(self._as_here(speaker), session.session, public=_is_public(session))
            self._ways.setdefault(common, set()).add(self._shown(speaker))

    def id_of(self, speaker: SpeakerShown, session: Session) -> str:
        """The released id of ``speaker`` in ``session``."""
        known = self._known.get((speaker, session.session))
        if known is None:
            known = self._known[speaker, session.session] = self._mint(speaker, session)
        return known

    def ways(self) -> dict[str, set[SpeakerShown]]:
        """Each id given out, and everything that was planned to be shown under it."""
        found: dict[str, set[SpeakerShown]] = {}
        for (speaker, _session), identifier in self._known.items():
            found.setdefault(identifier, set()).add(speaker)
        return found

    def rows(self) -> list[Row]:
        """One row for each id given out, by id."""
        return [(identifier, *shown) for identifier, shown in sorted(self._rows.items())]

    def _mint(self, speaker: SpeakerShown, session: Session) -> str:
        public, shown, speaker = _is_public(session), self._shown(speaker), self._as_here(speaker)
        identifier = self._ids.speaker_id(speaker, session.session, public=public)
        if len(self._ways[identifier]) > 1:
            way = json.dumps(shown)
            identifier = self._ids.speaker_id(speaker, session.session, public=public, shown=way)
        if self._rows.setdefault(identifier, shown) != shown:
            raise same_id_twice()
        return identifier

    def _faces(self, shown: Iterable[tuple[Session, SpeakerShown]]) -> dict[Face, Attributes]:
        """Everything that is said of each person under each label but their own name."""
        faces: dict[Face, dict[str, set[str]]] = {}
        for _, speaker in shown:
            if speaker.level in PROTECTED:
                said = faces.setdefault(_face(speaker), {})
                for column, value in zip(ATTRIBUTES, self._joined(speaker)[2:], strict=True):
                    said.setdefault(column, set()).update([value] if value is not None else [])
        return {face: {c: frozenset(values) for c, values in said.items()} for face, said in faces.items()}

    def _shown(self, speaker: SpeakerShown) -> Row:
        """What stands in the speaker's row after the id."""
        row = self._joined(self._as_here(speaker))
        if speaker.level not in PROTECTED:
            return row
        kept = self._fitting.columns[_face(speaker)]
        values = zip(ATTRIBUTES, row[2:], strict=True)
        return (*row[:2], *(value if column in kept else None for column, value in values))

    def _as_here(self, speaker: SpeakerShown) -> SpeakerShown:
        """The speaker, unnamed where their role is nobody else's in this data set."""
        if speaker.level is not Level.ROLE or _face(speaker) not in self._fitting.alone:
            return speaker
        bare = dict.fromkeys(ATTRIBUTES)
        return speaker.model_copy(update={**bare, "level": Level.UNNAMED, "label": UNNAMED_LABEL})

    def _joined(self, speaker: SpeakerShown) -> Row:
        """What a speaker's row says, without what would join two of their labels."""
        row = _row(speaker)
        joins = speaker.level is not Level.NAMED and len(self._labels.get(speaker.participant, ())) > 1
        return (*row[:2], *[None] * (len(row) - 2)) if joins else row


def _face(speaker: SpeakerShown) -> Face:
    return Face(speaker.participant, speaker.label, speaker.level is Level.ROLE)


def _is_public(session: Session) -> bool:
    """Whether these words can be read or heard elsewhere as they were said or written."""
    return session.public_unaltered or (session.kind == "writing" and bool(session.public_urls))


def _row(speaker: SpeakerShown) -> Row:
    """What a speaker's row says, before it is held against their other rows."""
    if speaker.level is Level.WITHHELD:
        raise CheckFailed(
            "words of a participant whose level is `withheld` were to be released",
            hint="Nothing was written. Run `chatham run` again; if it happens again, report it as a defect.",
        )
    if speaker.level is Level.UNNAMED:
        # Any attribute would join two sessions of the same person.
        return (UNNAMED_LABEL, speaker.level.value, *[None] * len(ATTRIBUTES))
    return (speaker.label, speaker.level.value, *(getattr(speaker, column) for column in ATTRIBUTES))


def same_id_twice() -> CheckFailed:
    """The error for two rows under one id: the odds of chance stand at `warehouse.ids.ID_DIGITS`."""
    return CheckFailed(
        "two different rows were given the same released id",
        hint="Nothing was written. If a session holds no utterance twice, report it as a defect.",
    )
