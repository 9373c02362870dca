"""The one door through which a person sees identities, words or recordings. The register is told first, and why.

If the register cannot take the entry, nothing is opened. What a run does with the same things no person sees; that is
recorded by its results.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from consent.decision import decide, decide_session, refuses_recording
from flows.facts import StageFacts, current
from flows.roles import refuse_service, require
from flows.settings import utc_now
from flows.showing import GONE, Showing, ShownTurn, Stretches, merged, outside
from flows.study import Study
from schemas.consent import SessionDecisions, Use
from schemas.deidentified import NamesFound
from schemas.errors import MissingKey, RefusedByConsent, UsageError
from schemas.identifiers import by_number
from schemas.ledger import EventKind, LedgerEvent
from schemas.purposes import PURPOSES, permitted
from schemas.recording import Track
from schemas.roster import Contact, Person
from schemas.speech import Attributed
from vault.sessions import SessionStore

IDENTITIES, WORDS, RECORDING = "identities", "words", "recording"
COPY = "data_set_copy"
"""Type of the entry that tells of a copy of what a data set shows, of which it says nobody in particular."""
SHORTEST, LONGEST = 3, 200
"""Characters of a reason."""


@dataclass(frozen=True)
class Identity:
    """Who a participant is, as far as the role of whoever asks allows; the last two are the investigator's."""

    participant: str
    full_name: str
    aliases: tuple[str, ...]
    organisation: str | None
    role: str | None
    place: str | None
    former_names: tuple[str, ...] | None = None
    email: str | None = None


class Recording:
    """One recording of a session, as far as it may be heard.

    Attributes:
        track: ``t1``, ``t2``, ...
        quiet: Stretches in which it is silent; None: it is not handed out at all.
    """

    def __init__(self, store: SessionStore, track: str, quiet: Stretches | None) -> None:
        self.track = track
        self.quiet = quiet
        self._store = store

    def write(self, sink: BinaryIO) -> None:
        """Write it as FLAC, silent where it must be.

        Raises:
            RefusedByConsent: it is not handed out.
        """
        from transcription.audio import silence

        if self.quiet is None:
            raise RefusedByConsent(
                f"recording {self.track[1:]} may not be heard",
                hint="It is the voice of somebody who does not allow it.",
            )
        with self._store.open_audio(self.track) as stream:
            silence(stream, sink, self.quiet)


def open_identities(study: Study, participants: Sequence[str], reason: str) -> list[Identity]:
    """Who people are; everybody in the roster where none is named.

    Args:
        reason: Why, in one line; it stands in the register.
    Raises:
        MissingKey: this user's role may not. UsageError: no reason, or somebody who is not in the roster.
    """
    require(study, "roster show")
    investigator = "investigator" in study.keyring.roles
    if not participants and not investigator:
        raise MissingKey(
            "your role may look up people one by one, and not the whole roster",
            hint="Name them, such as P07, or ask an investigator of this study.",
        )
    known = study.participants()
    _refuse_unknown(participants, known)
    wanted = list(dict.fromkeys(participants)) or known
    _record(study, IDENTITIES, None, wanted, reason)
    people = study.table().by_id()
    _refuse_unknown(participants, people)  # of somebody whose words stay without their name, there is only the id
    contacts = {one.participant: one for one in study.vault.roster.contacts()} if investigator else None
    return [_identity(people[one], contacts) for one in wanted if one in people]


def _refuse_unknown(participants: Sequence[str], known: Iterable[str]) -> None:
    if unknown := set(participants) - set(known):
        raise UsageError(
            f"{len(unknown)} of those are not in the roster",
            hint="An id is P and digits; check them as you typed them.",
        )


def open_words(study: Study, session: str, reason: str) -> list[ShownTurn]:
    """Who said what in a session, by name, as far as everybody in it allows it today.

    Of somebody who was not asked, only what tells who it is; of somebody who withdrew or declined, nothing.

    Raises:
        MissingKey: this user's role may not. UsageError: no reason, no such session, or one that was never run.
        LedgerDamaged: entries of the register are missing.
    """
    store, facts = _session(study, session)
    _record(study, WORDS, session, _people(study, session, facts), reason)
    showing, names = _showing(study, session, store, facts)
    return showing.turns(study.table(), names)


def open_recordings(study: Study, session: str, reason: str) -> list[Recording]:
    """A session's recordings, silent wherever somebody speaks or is named who may not be heard today.

    Raises:
        As for ``open_words``. UsageError: also where the session has no recording.
    """
    from transcription.attribution import track_owners

    store, facts = _session(study, session)
    if not store.audio_tracks():
        raise UsageError("this session has no recordings", hint="It was added as a transcript, or they were erased.")
    _record(study, RECORDING, session, _people(study, session, facts), reason)
    showing, names = _showing(study, session, store, facts)
    intake, there = store.intake(), store.audio_tracks()
    owners = track_owners(intake, study.table(), study.config.policy)
    shut = {owner for owner in owners.values() if not _may_be_heard(study, session, owner)}
    silent, found = showing.silent(names), []
    for track in intake.tracks:
        owner, quiet = owners.get(track.track), silent
        nobodys = owner is None and (len(intake.tracks) > 1 or not showing.some_open)
        if quiet is not None and nobodys:
            quiet = _excerpts_alone(track, quiet, showing.excerpts())
        if track.track in there:
            found.append(Recording(store, track.track, None if owner in shut else quiet))
    return found


def note_copy(study: Study, release: str | None, kind: str) -> None:
    """Tell the register that a data set is about to be written to a file for another program.

    Args:
        release: The data set; None: the one for analysis.
        kind: The file's ending.
    Raises:
        MissingKey: a user for unattended runs may not.
    """
    refuse_service(study, "hands out words")
    payload = {
        "type": COPY,
        "what": f"a copy of the data set {release or 'for analysis'}",
        "reason": f"to code it in another program ({kind})",
        "by": study.keyring.user,
        "at": utc_now().isoformat(),
    }
    study.record(LedgerEvent(kind=EventKind.ACCESS, payload=payload))


def checked_reason(reason: str) -> str:
    """A reason as it is recorded: one line, neither too short to be one nor too long to be read.

    Raises:
        UsageError: it is none.
    """
    said = " ".join(reason.split())
    if not SHORTEST <= len(said) <= LONGEST or not said.isprintable():
        raise UsageError(
            f"--reason is no reason of {SHORTEST} to {LONGEST} characters",
            hint="Say in one line what you need it for; it stands in the consent register.",
        )
    return said


def _record(study: Study, what: str, session: str | None, participants: Iterable[str], reason: str) -> None:
    """Tell the register that a person is about to see something. If this raises, nothing is opened."""
    refuse_service(study, "sees names, words or recordings")
    payload = {
        "type": "access",
        "what": what,
        "session": session,
        "participants": by_number(participants),
        "reason": checked_reason(reason),
        "by": study.keyring.user,
        "at": utc_now().isoformat(),
    }
    study.record(LedgerEvent(kind=EventKind.ACCESS, payload=payload))


def _session(study: Study, session: str) -> tuple[SessionStore, StageFacts]:
    """A session that was run, and which participants are in it; of its words nothing is opened yet."""
    require(study, "session show")
    study.require_whole_register()
    store = study.vault.session(session)
    if session not in study.register().sessions or not store.exists():
        raise UsageError("this study has no session of that id", hint="Check the id; nothing was opened.")
    facts = store.get_stage("facts", current(StageFacts), StageFacts)
    if facts is None:
        raise _not_run()
    return store, facts


def _not_run() -> UsageError:
    return UsageError(
        "nobody knows yet who speaks in that session, and so what may be shown of it",
        hint="Run it first: chatham run.",
    )


def _people(study: Study, session: str, facts: StageFacts) -> set[str]:
    """Whose words or names somebody who opens the session sees."""
    people = {*facts.people, *facts.mentioned}
    decisions = decide_session(study.register(), session, people, "analyse").decisions
    return {person for person in people if decisions[person].state not in GONE}


def _showing(study: Study, session: str, store: SessionStore, facts: StageFacts) -> tuple[Showing, NamesFound]:
    """The session as it may be shown by what the register says now, the entry about it included."""
    attributed = store.get_stage("attributed", facts.attributed_key, Attributed)
    names = store.get_stage("names", facts.names_key, NamesFound)
    if attributed is None or names is None or (attributed.digest(), names.digest()) != (facts.attributed, facts.names):
        raise _not_run()
    people = {*facts.people, *facts.mentioned, *(voice.participant for voice in attributed.voices if voice.participant)}
    decisions = [decide_session(study.register(), session, people, purpose) for purpose in PURPOSES]
    unheard = {person for person in people if _unheard(study, session, person)}
    return Showing(attributed, decisions, study.config.policy, unheard=unheard), names


def _unheard(study: Study, session: str, person: str) -> bool:
    recorded = study.register().sessions[session]
    return refuses_recording(decide(study.register(), person, session=recorded, use=Use.RECORDING))


def _excerpts_alone(track: Track, quiet: Stretches, excerpts: Stretches) -> Stretches:
    """When a track that is nobody's yet must be silent: all but what tells whose it is, pauses included."""
    return merged([*quiet, *outside(excerpts, track.duration_s + 1)], 0.0)


def _may_be_heard(study: Study, session: str, owner: str) -> bool:
    decided: list[SessionDecisions] = [decide_session(study.register(), session, [owner], one) for one in PURPOSES]
    some_use = any(permitted(one.decisions[owner], one.purpose) for one in decided)
    return some_use and not _unheard(study, session, owner)


def _identity(person: Person, contacts: dict[str, Contact] | None) -> Identity:
    seen = Identity(
        person.participant, person.full_name, person.aliases, person.organisation, person.role, person.place
    )
    if contacts is None:
        return seen
    contact = contacts.get(person.participant)
    return Identity(**{**vars(seen), "former_names": person.former_names, "email": contact.email if contact else None})
