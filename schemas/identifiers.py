"""Identifiers that cross rooms, each with its own type and its own form."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import StringConstraints

PARTICIPANT_PATTERN = r"P[0-9]{1,6}"
SESSION_PATTERN = r"[A-Za-z0-9_-]{1,32}"
COMMUNITY_PATTERN = r"[A-Za-z0-9_-]{1,32}"

ParticipantId = Annotated[str, StringConstraints(pattern=rf"^{PARTICIPANT_PATTERN}$")]
"""``P`` and digits, as the roster gives it."""

SessionId = Annotated[str, StringConstraints(pattern=rf"^{SESSION_PATTERN}$")]
"""The id given at ``session add`` (also the id of a writing). Public: it stands in released tables."""

PassageId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{12}$")]
"""Drawn at random when a passage is marked."""

TrackId = Annotated[str, StringConstraints(pattern=r"^t[0-9]{1,4}$")]
"""One recorded file of a session, ``t1``, ``t2``, ... in the order they were added."""

UtteranceId = Annotated[str, StringConstraints(pattern=r"^u[0-9]{1,7}$")]
"""One turn within a session, in the vault's own numbering (released ids are keyed hashes of it)."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal."""


def is_participant_id(text: str) -> bool:
    """Whether ``text`` has the form of a participant id."""
    return re.fullmatch(PARTICIPANT_PATTERN, text) is not None


def by_number(participants: Iterable[str]) -> list[str]:
    """Participant ids in order as people count: P2 before P10."""
    return sorted(participants, key=lambda one: (int(one[1:]), one))


def is_session_id(text: str) -> bool:
    """Whether ``text`` has the form of a session or writing id."""
    return re.fullmatch(SESSION_PATTERN, text) is not None
