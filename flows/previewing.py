"""What a withdrawal would touch, in a few words, before anything is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.choosing.reach import Target
from flows.audit.words import count
from flows.scoping import marked
from flows.sending import Output, public_recordings, touched_outputs
from flows.study import Study
from flows.withdrawal import doomed
from schemas.consent import ConsentEvent, Passage
from schemas.recording import Session
from schemas.speech import Attributed, Utterance
from vault.sessions import SessionStore

_MEDIA = {
    "paper": ("published paper", "published papers"),
    "post": ("published post", "published posts"),
    "recording": ("published recording", "published recordings"),
    "talk": ("talk", "talks"),
    "other": ("other output", "other outputs"),
}


@dataclass(frozen=True)
class Impact:
    """What a withdrawal would touch.

    Attributes:
        data_sets: Names of those that would go.
        passages: How many turns of the person lie within its reach; None for a user who may not open sessions.
        outputs: What was published and names the person or rests on a data set that holds them.
        public: Sessions within its reach whose recording is public, with the addresses.
    """

    data_sets: tuple[str, ...]
    passages: int | None
    outputs: tuple[Output, ...]
    public: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        passages = [] if self.passages is None else [count(self.passages, "passage")]
        media = [output.medium for output in self.outputs]
        published = [count(media.count(one), *words) for one, words in _MEDIA.items() if one in media]
        public = [count(len(self.public), "public recording")] if self.public else []
        return ", ".join([count(len(self.data_sets), "data set"), *passages, *published, *public])


def impact(study: Study, event: ConsentEvent) -> Impact:
    """What a withdrawal would touch, were it recorded now. Nothing is recorded.

    Raises:
        MissingKey: this user may not read what people chose.
    """
    study.require_consent()
    research = (study.research.name,) if study.research.is_file() else ()
    within = {one.session for one in _within(study, event)}
    entries = study.ledger.entries()
    sessions = None if event.reach.kind == "study" else within
    return Impact(
        data_sets=(*research, *doomed(study, event)),
        passages=_passages(study, event, within) if study.may_run else None,
        outputs=tuple(touched_outputs(entries, event.participant, sessions)),
        public=tuple(public_recordings(study.register(), event.participant, within)),
    )


def _within(study: Study, event: ConsentEvent) -> list[Session]:
    """Sessions that a withdrawal reaches, wholly or in part."""
    register = study.register()
    partly = {mark.session for mark in marked(study, event.reach)}
    return [
        one
        for one in register.sessions.values()
        if one.session in partly or Target(one).narrowness(event.reach) is not None
    ]


def _passages(study: Study, event: ConsentEvent, within: Iterable[str]) -> int:
    marks = marked(study, event.reach)
    stores = (study.vault.session(session) for session in within)
    return sum(_turns(store, event.participant, marks) for store in stores if store.exists())


def _turns(store: SessionStore, participant: str, marks: list[Passage]) -> int:
    attributed = store.latest("attributed", Attributed)
    if attributed is None:
        return 0
    own = {number for number, voice in enumerate(attributed.voices) if voice.participant == participant}
    turns = [turn for turn in attributed.utterances if turn.voice in own and turn.words]
    return sum(not marks or any(_meets(turn, mark) for mark in marks) for turn in turns)


def _meets(turn: Utterance, mark: Passage) -> bool:
    return not turn.timed or (turn.start_s < mark.end_s and mark.start_s < turn.end_s)
