"""Decides how each speaker stands in a data set: one row and one id for each way of showing them."""

import json
from collections.abc import Iterable
from typing import Any

from schemas.consent import Level
from schemas.deidentified import SpeakerShown
from schemas.errors import CheckFailed
from schemas.recording import Session
from warehouse.ids import ReleaseIds

Row = tuple[Any, ...]

UNNAMED_LABEL = "Participant"


class Speakers:
    """Gives each way of showing a speaker its id, so that one id never stands for two different rows.

    Where one person is shown in two ways at one level (their employer named in one session and generalised in
    another), a common id would join the two sessions and undo the choice; each way then has an id of its own. And
    where one person stands under several labels, the same role, place and tier beside each would join the labels: they
    then stand beside none but their real name.

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
        for session, speaker in shown:
            common = ids.speaker_id(speaker, session.session, public=_is_public(session))
            self._ways.setdefault(common, set()).add(self._shown(speaker))

    def id_of(self, speaker: SpeakerShown, session: Session) -> str:
        """The released id of ``speaker`` in ``session``."""
        known = self._known.get((speaker, session.session))
        if known is None:
            known = self._known[speaker, session.session] = self._mint(speaker, session)
        return known

    def rows(self) -> list[Row]:
        """One row for each id given out, by id."""
        return [(identifier, *shown) for identifier, shown in sorted(self._rows.items())]

    def _mint(self, speaker: SpeakerShown, session: Session) -> str:
        public, shown = _is_public(session), self._shown(speaker)
        identifier = self._ids.speaker_id(speaker, session.session, public=public)
        if len(self._ways[identifier]) > 1:
            way = json.dumps(shown)
            identifier = self._ids.speaker_id(speaker, session.session, public=public, shown=way)
        if self._rows.setdefault(identifier, shown) != shown:
            raise same_id_twice()
        return identifier

    def _shown(self, speaker: SpeakerShown) -> Row:
        """What stands in the speaker's row after the id."""
        row = _row(speaker)
        joins = speaker.level is not Level.NAMED and len(self._labels.get(speaker.participant, ())) > 1
        return (*row[:2], *[None] * (len(row) - 2)) if joins else row


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
        return (UNNAMED_LABEL, speaker.level.value, None, None, None, None, None)
    attributes = (speaker.tier, speaker.role_as, speaker.organisation_as, speaker.place_as, speaker.language)
    return (speaker.label, speaker.level.value, *attributes)


def same_id_twice() -> CheckFailed:
    """The error for two rows under one id: the odds of chance stand at `warehouse.ids.ID_DIGITS`."""
    return CheckFailed(
        "two different rows were given the same released id",
        hint="Nothing was written. If a session holds no utterance twice, report it as a defect.",
    )
