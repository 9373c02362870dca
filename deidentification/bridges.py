"""Bridges between two labels of one person: sentences by which a reader can tell that the labels are one person's.

Somebody stands under a made-up name in one session and under another label in the next. "As [made-up name] said in
March" sends a reader to March, where the other label stands; so does "as I said last time" in the person's own words.
What is found is looked at by a person. Until then the label is hidden where others name them; of their own words, only
those go that lead elsewhere, because their label stands beside all they say.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from deidentification.company import Company
from deidentification.elsewhere import OWN_WORDS, OWN_WORK, PLACES, SESSIONS, THEIR_WORK, TITLE, is_title
from deidentification.hiding import meets
from deidentification.levels import mention_level
from deidentification.names import Names
from deidentification.offsets import Stretch
from deidentification.spoken import Spoken
from deidentification.text import View, joined
from schemas.consent import LEVEL_ORDER, Level, SessionDecisions
from schemas.deidentified import DeidentifiedUtterance, Label, RedactedSession, SourceSpan
from schemas.identifiers import ParticipantId, SessionId, UtteranceId
from schemas.recording import Session

Called = Mapping[ParticipantId, str]
"""What people are called where others name them."""


class Bridge(NamedTuple):
    """A sentence that may join two labels of one person.

    Attributes:
        own: Whether it stands in the person's own words; else somebody names them.
        labels: Every label that the person stands under in the data set.
        says: The words that lead elsewhere, folded; vault only.
        hidden: What is to be hidden until somebody has looked at it.
    """

    session: SessionId
    utterance: UtteranceId
    piece: int
    start_s: float
    participant: ParticipantId
    own: bool
    labels: tuple[str, ...]
    says: str
    hidden: tuple[Stretch, ...]

    def __repr__(self) -> str:
        return f"Bridge({self.session}, {self.utterance})"

    @property
    def marked(self) -> list[tuple[Stretch, Label]]:
        """What is to be hidden, as what: a label of somebody, or words of their own that lead elsewhere."""
        return [(stretch, Label.OTHER if self.own else Label.PERSON) for stretch in self.hidden]


def called(decisions: SessionDecisions, session: Session, company: Company, kept: Collection[ParticipantId]) -> Called:
    """What everybody with a decision is called in a session where others name them; those who are masked are left out.

    Args:
        decisions: Of all who speak or are named in it, and of who shares their roles.
    """
    names = Names(company, decisions, session, frozenset(kept))
    found = {}
    for participant, decision in decisions.decisions.items():
        person = names.person(participant)
        level = names.level(person, mention_level(decision)) if person else Level.WITHHELD
        if person and LEVEL_ORDER.index(level) < LEVEL_ORDER.index(Level.UNNAMED):
            found[participant] = names.label(person, level)
    return found


def find_bridges(
    sessions: Sequence[RedactedSession], called_in: Mapping[SessionId, Called], works: Iterable[str] = ()
) -> list[Bridge]:
    """Every sentence of a data set that may join two labels of somebody, in order.

    Args:
        sessions: All of the data set's.
        called_in: By session; see ``called``.
        works: Titles that a reviewed list lets stand: whoever is named beside one may be its author.
    """
    labels = labels_of(sessions, called_in)
    several = {who: tuple(sorted(found)) for who, found in labels.items() if len(found) > 1}
    titles = frozenset(joined(work) for work in works)
    return [
        bridge
        for session in sessions
        for piece in session.utterances
        if isinstance(piece, DeidentifiedUtterance) and several
        for bridge in _in_piece(session.session, piece, several, titles)
    ]


def labels_of(
    sessions: Iterable[RedactedSession], called_in: Mapping[SessionId, Called]
) -> dict[ParticipantId, set[str]]:
    """Every label under which somebody stands, as a speaker or where others name them."""
    found: dict[ParticipantId, set[str]] = defaultdict(set)
    for session in sessions:
        for piece in session.utterances:
            if isinstance(piece, DeidentifiedUtterance):
                found[piece.speaker.participant].add(piece.speaker.label)
                for who in {span.kept_for for span in piece.spans} - {None}:
                    label = called_in.get(session.session, {}).get(str(who))
                    found[str(who)].update([label] if label else [])
    return found


def _in_piece(
    session: SessionId,
    piece: DeidentifiedUtterance,
    several: Mapping[ParticipantId, tuple[str, ...]],
    titles: frozenset[str],
) -> Iterator[Bridge]:
    speaker = piece.speaker
    own = speaker.participant in several
    named = {span.kept_for for span in piece.spans if span.kept_for in several} - {speaker.participant}
    if not own and not named:
        return
    view = View(piece.text)
    for start, end in view.sentences:
        mine = _own_words(view, piece, start, end, titles) if own else []
        if mine:
            yield _bridge(session, piece, view, speaker.participant, several, mine, mine)
        for who in sorted(str(one) for one in named):
            mentions = [_stretch(span) for span in piece.spans if span.kept_for == who and meets(span, start, end)]
            leading = _leading(view, piece, start, end, titles) if mentions else []
            if leading:
                yield _bridge(session, piece, view, who, several, leading, mentions)


def _bridge(
    session: SessionId,
    piece: DeidentifiedUtterance,
    view: View,
    who: ParticipantId,
    several: Mapping[ParticipantId, tuple[str, ...]],
    leading: Sequence[Stretch],
    hidden: Sequence[Stretch],
) -> Bridge:
    says = " / ".join(" ".join(view.words(start, end)) for start, end in leading)
    own = who == piece.speaker.participant
    place = (session, piece.utterance, piece.piece, piece.start_s)
    return Bridge(*place, who, own, several[who], says, tuple(hidden))


def _own_words(view: View, piece: DeidentifiedUtterance, start: int, end: int, titles: frozenset[str]) -> list[Stretch]:
    """Where a speaker sends the reader to what they said or made elsewhere."""
    spoken = Spoken(view, start, end)
    works = list(spoken.find(OWN_WORK))
    if any(True for _ in spoken.find(OWN_WORDS)):
        works += [*spoken.find(SESSIONS), *_listed(view, piece, start, end, titles)]
    return _united([*works, *spoken.find(PLACES)]) if works else []


def _leading(view: View, piece: DeidentifiedUtterance, start: int, end: int, titles: frozenset[str]) -> list[Stretch]:
    """Where a sentence sends the reader to another session, or to something that somebody made."""
    spoken = Spoken(view, start, end)
    quoted = [match.span(1) for match in TITLE.finditer(view.text, start, end) if is_title(match.group(1))]
    links = [
        (one.start_char, one.end_char)
        for one in piece.redactions
        if one.label is Label.LINK and start <= one.start_char < end
    ]
    listed = _listed(view, piece, start, end, titles)
    return _united([*spoken.find(SESSIONS), *spoken.find(THEIR_WORK), *quoted, *links, *listed])


def _listed(view: View, piece: DeidentifiedUtterance, start: int, end: int, titles: frozenset[str]) -> list[Stretch]:
    """Works that stand because a reviewed list says so."""
    return [
        _stretch(span)
        for span in piece.spans
        if span.listed and meets(span, start, end) and joined(view.text[span.start_char : span.end_char]) in titles
    ]


def _stretch(span: SourceSpan) -> Stretch:
    return span.start_char, span.end_char


def _united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order, those that touch or overlap as one."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
