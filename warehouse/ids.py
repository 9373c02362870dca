"""Mints the ids that stand in released tables: keyed hashes that say nothing and join no more than a level allows."""

import hmac
from collections.abc import Mapping, Sequence

from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, SpeakerShown, WithheldUtterance
from schemas.errors import MissingKey
from schemas.identifiers import ParticipantId, SessionId

ID_DIGITS = 16
"""Hexadecimal digits shown. Of a million ids, two are equal by chance with odds of about 1 in 37 million; a build that
meets such a pair stops (`warehouse.load`)."""

NOBODY = b""
"""Stands for the secret where nobody is known, so that a gap still has an id."""


class ReleaseIds:
    """Released ids of one study.

    An id is HMAC-SHA256 under the study key, so that without the key nobody can try out participant ids; the person's
    own secret is in it, so that erasing their roster entry unlinks every id they ever had.

    Args:
        study_key: 32 bytes, kept with the roster.
        secrets: Participant to their 32 random bytes, in hexadecimal.

    Raises:
        MissingKey: A key or secret is not 32 bytes.
    """

    def __init__(self, study_key: bytes, secrets: Mapping[ParticipantId, str]) -> None:
        if len(study_key) != 32:
            raise MissingKey("the study key is not 32 bytes long", hint="Restore the roster from a backup.")
        self._key = study_key
        self._secrets = {participant: _secret_bytes(participant, text) for participant, text in secrets.items()}
        self._begun: dict[tuple[ParticipantId, Level, int, SessionId], bytes] = {}

    def __repr__(self) -> str:
        return f"ReleaseIds({len(self._secrets)} people)"

    def speaker_id(self, speaker: SpeakerShown, session: SessionId, *, public: bool, shown: str = "") -> str:
        """The id of a speaker as shown, the same in every session where one label may join them.

        Args:
            speaker: Whose id; level and last tightening are part of it.
            session: Part of the id of an unnamed speaker only.
            public: Whether the words are public as they are; a label never crosses into a public source.
            shown: Tells apart two ways of showing one speaker at one level (see `warehouse.rows`); mostly empty.

        Returns:
            16 hexadecimal digits.

        Raises:
            MissingKey: The roster holds no secret for the participant.
        """
        return self._mint("speaker", *self._person(speaker, session), "public" if public else "", shown)

    def utterance_id(self, utterance: DeidentifiedUtterance | WithheldUtterance, session: SessionId) -> str:
        """The id of one utterance, or of one gap; it keeps nothing of the vault's numbering.

        Returns:
            16 hexadecimal digits.

        Raises:
            MissingKey: Somebody's words are shown for whom the roster holds no secret.
        """
        place = (session, utterance.utterance, str(utterance.piece))
        if isinstance(utterance, WithheldUtterance):
            return self._mint("gap", self._secret_or_nobody(utterance), *place)
        return self._keyed(self._beginning(utterance.speaker, session) + framed(*place[1:]))

    def decision_id(self, utterance: DeidentifiedUtterance | WithheldUtterance, session: SessionId) -> str | None:
        """The id of the choices an utterance is used under.

        Shown words under one decision in one session have one id. A gap's id has the utterance in it, so that it joins
        neither the gaps of one person nor a gap to the words of the person who is silent there.

        Returns:
            16 hexadecimal digits; None where no decision is known.

        Raises:
            MissingKey: Somebody's words are shown for whom the roster holds no secret.
        """
        if isinstance(utterance, DeidentifiedUtterance):
            return self._mint("decision", *self._person(utterance.speaker, session), session, utterance.decision)
        if utterance.decision is None:
            return None
        place = (session, utterance.utterance, str(utterance.piece))
        return self._mint("gap decision", self._secret_or_nobody(utterance), *place, utterance.decision)

    def case_id(self, speaker_id: str) -> str:
        """The id of the case that a speaker is; 16 hexadecimal digits."""
        return self._mint("case", speaker_id)

    def coding_id(self, coding: str, utterances: Sequence[str]) -> str:
        """The id of a coding on utterances: another where one of them has another id; 16 hexadecimal digits."""
        return self._mint("coding", coding, *utterances)

    def _person(self, speaker: SpeakerShown, session: SessionId) -> tuple[bytes, str, str, str]:
        """What every id of a shown person begins with."""
        within = session if speaker.level is Level.UNNAMED else ""
        return self._secret(speaker.participant), speaker.level.value, str(speaker.tightened), within

    def _beginning(self, speaker: SpeakerShown, session: SessionId) -> bytes:
        """What the ids of all utterances of one speaker in one session begin with: there may be a million."""
        who = (speaker.participant, speaker.level, speaker.tightened, session)
        begun = self._begun.get(who)
        if begun is None:
            begun = self._begun[who] = framed("utterance", *self._person(speaker, session), session)
        return begun

    def _secret(self, participant: ParticipantId) -> bytes:
        secret = self._secrets.get(participant)
        if secret is None:
            raise MissingKey(
                f"the roster holds no secret for participant {participant}",
                hint="Import the roster again, or withhold this participant's words.",
            )
        return secret

    def _secret_or_nobody(self, gap: WithheldUtterance) -> bytes:
        """A gap may be left by somebody whose roster entry has been erased; it still has an id."""
        return NOBODY if gap.participant is None else self._secrets.get(gap.participant, NOBODY)

    def _mint(self, kind: str, *parts: str | bytes) -> str:
        return self._keyed(framed(kind, *parts))

    def _keyed(self, message: bytes) -> str:
        return hmac.digest(self._key, message, "sha256").hex()[:ID_DIGITS]


def framed(*parts: str | bytes) -> bytes:
    """Each part after its length in bytes, so that no two lists of parts give the same bytes."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join([b"%d:%b" % (len(part), part) for part in raw])


def _secret_bytes(participant: ParticipantId, text: str) -> bytes:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise MissingKey(
            f"the secret of participant {participant} in the roster is not 32 bytes in hexadecimal",
            hint="Restore the roster from a backup.",
        )
    return secret
