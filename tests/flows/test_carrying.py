"""After an erasure a run redoes only what the person was in, and everything else stays as it was, on the same words."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from consent.register import to_ledger_event
from flows import steps
from flows.carrying import carry_over, fresh
from flows.intake import NewSession, add_session
from flows.keeping import keep_words
from flows.settings import utc_now
from flows.study import Study
from flows.worker import Worker
from schemas.consent import ConsentEvent, Level, Reach
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.errors import CheckFailed
from schemas.ledger import EventKind, LedgerEvent
from schemas.roster import Person
from schemas.speech import Attributed, KeptWords
from tests.flows.cascade import (
    PEOPLE,
    QUIET,
    SESSIONS,
    Coding,
    cheaply,
    copy_of,
    destroy,
    find_few_names,
    make,
    run,
    shown,
    withdraw,
)
from tests.flows.conftest import make_keys_cheap
from tests.flows.listening import Says
from tests.flows.test_errors import sound
from transcription.whisper import Heard
from vault.register import Scope, register
from vault.sessions import SessionStore


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that cost nothing to make."""
    make_keys_cheap(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        study = make(tmp_path_factory.mktemp("cascade"))
        run(study)
        yield study


@pytest.fixture
def study(made: Study, tmp_path: Path) -> Study:
    return copy_of(made, tmp_path)


def test_after_an_erasure_only_sessions_the_person_was_in_are_redacted_again(study: Study):
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    assert run(study).remade == {"S1": ["redact"], "S3": ["redact"]}


def test_a_second_run_after_an_erasure_has_nothing_to_do(study: Study):
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    before = study.research.read_bytes()
    assert run(study).remade == {}
    assert study.research.read_bytes() == before


def test_what_is_left_of_an_erased_person_are_gaps_and_masks(study: Study):
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    assert shown(study, "S1") == [
        "no_consent",
        "Thanks [PERSON], the ferry is late every winter morning.",
        "no_consent",
        "We counted eleven boats that week.",
    ]
    assert shown(study, "S3")[1] == "[PERSON] said the buses were empty."


def test_a_session_without_the_person_keeps_its_very_result(study: Study):
    before = study.vault.session("S2").latest("redacted-analyse", RedactedSession)
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    assert study.vault.session("S2").latest("redacted-analyse", RedactedSession) == before


def test_a_session_whose_hot_words_alone_held_the_name_keeps_its_result_too(study: Study):
    store = study.vault.session("S2")
    store.save_intake(store.intake().model_copy(update={"hotwords": ("Maribel Quist", "Tobias Renwick")}))
    run(study)
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    assert store.intake().hotwords == ("Tobias Renwick",)
    assert run(study).remade == {"S1": ["redact"], "S3": ["redact"]}


def test_without_carrying_over_everything_is_made_again(study: Study):
    """The control: these are the steps that carrying over saves."""
    destroy(study, "P01", withdraw(study, "P01", "erase"), carry=False)
    assert set(run(study).remade) == {"S1", "S2", "S3"}
    assert "attribute" in run_again_of(study)


def run_again_of(study: Study) -> str:
    study.vault.session("S2").drop_stage("facts")
    study.vault.session("S2").drop_stage("attributed")
    return " ".join(run(study).remade["S2"])


def test_carrying_over_twice_is_carrying_over_once(study: Study):
    withdrawal = withdraw(study, "P01", "erase")
    held = fresh(Worker(study, QUIET))
    for store in register(study.vault):
        store.erase("P01")
    assert carry_over(Worker(study, QUIET), held, "P01") == 3
    assert carry_over(Worker(study, QUIET), held, "P01") == 0
    study.record(LedgerEvent(kind=EventKind.ERASE, payload={"type": "erasure"}, refs=(withdrawal,)))
    assert run(study).remade == {"S1": ["redact"], "S3": ["redact"]}


@pytest.mark.parametrize("reached", range(12))
def test_killed_while_carrying_over_it_goes_on_to_the_same_end(
    reached: int, study: Study, monkeypatch: pytest.MonkeyPatch
):
    withdrawal = withdraw(study, "P01", "keep_deidentified")
    held = fresh(Worker(study, QUIET))
    worker = Worker(study, QUIET)
    for store in register(study.vault, keep=lambda one, who: keep_words(worker, one, who)):
        store.erase("P01", KEPT)
    with monkeypatch.context() as patch, suppress(Killed):
        kill_after(patch, reached)
        carry_over(Worker(study, QUIET), held, "P01")
    carry_over(Worker(study, QUIET), held, "P01")
    study.record(LedgerEvent(kind=EventKind.ERASE, payload={"type": "erasure"}, refs=(withdrawal,)))
    assert run(study).remade == {"S1": ["redact"], "S3": ["redact"]}
    assert shown(study, "S1") == KEPT_S1


class Killed(BaseException):
    """The process ended here."""


def kill_after(patch: pytest.MonkeyPatch, steps_left: int) -> None:
    left = [steps_left]

    def dying(name: str) -> Callable[..., object]:
        real = getattr(SessionStore, name)

        def call(self: SessionStore, *args: object) -> object:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return real(self, *args)

        return call

    for name in ("put_stage", "refile_stage"):
        patch.setattr(SessionStore, name, dying(name))


def test_other_programs_since_then_make_everything_again(study: Study, monkeypatch: pytest.MonkeyPatch):
    withdrawal = withdraw(study, "P01", "erase")
    destroy(
        study, "P01", withdrawal, between=lambda: monkeypatch.setattr("flows.carrying.code_digest", lambda room: room)
    )
    assert "S2" in run(study).remade


def test_another_entry_of_the_roster_changed_meanwhile_makes_everything_again(study: Study):
    def rename() -> None:
        study.vault.roster.import_people([PEOPLE["P02"].model_copy(update={"aliases": ("Tobi",)})])

    assert destroy(study, "P01", withdraw(study, "P01", "erase"), between=rename) == 0


def test_a_role_that_now_fits_one_person_is_hidden_though_that_person_was_elsewhere(tmp_path: Path, cheap: None):
    """Carrying a redaction over would show somebody by a role that nobody shares any more."""
    clerk = {"role": "Clerk", "role_as": "a clerk", "organisation_as": "a council"}
    people = {p: person.model_copy(update=clerk if p in ("P01", "P02") else {}) for p, person in PEOPLE.items()}
    sessions = {"S1": SESSIONS["S1"][:1], "S2": SESSIONS["S2"]}
    study = make(tmp_path, sessions, people)
    change(study, "P02", "role")
    run(study)
    assert "[a clerk, a council] asked" in shown(study, "S2")[1]
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    assert "redact" in run(study).remade["S2"]
    assert "clerk" not in " ".join(shown(study, "S2"))


# ---------------------------------------------------------------- codings


def test_every_coding_of_other_peoples_words_sits_on_the_same_words(study: Study):
    before = coded(study, code_everything(study))
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    assert before
    assert coded(study, before) == before


def test_codings_stay_when_somebody_joins_after_an_erasure(study: Study):
    """A new entry of the roster lays every session out anew; an erased turn is then no longer there to be counted."""
    before = coded(study, code_everything(study))
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    study.vault.roster.import_people([Person(participant="P09", full_name="Zebedee Ullathorne", secret="")])
    assert run(study).remade["S1"] == ["attribute", "names", "redact"]
    assert coded(study, before) == before


def code_everything(study: Study) -> list[tuple[str, str, int, int, str]]:
    """A coding of the last two words of every turn."""
    made = []
    for store in study.sessions():
        for turn in turns(store).utterances:
            start = len(turn.text) - len(" ".join(turn.text.split()[-2:]))
            store.append_entry(
                "coding", Coding(utterance=turn.utterance, start_char=start, end_char=len(turn.text), code="late")
            )
            who = turns(store).voices[turn.voice].participant
            if who != "P01":
                made.append((store.opaque, turn.utterance, start, len(turn.text), turn.text[start:]))
    return made


def coded(study: Study, wanted: Sequence[tuple[str, str, int, int, str]]) -> list[tuple[str, str, int, int, str]]:
    """Every coding of the study as it is stored, with the words it sits on."""
    del wanted
    found = []
    for store in study.sessions():
        text = {turn.utterance: turn.text for turn in turns(store).utterances}
        who = {t.utterance: turns(store).voices[t.voice].participant for t in turns(store).utterances}
        for entry in store.entries("coding", Coding):
            one = entry.record
            if who[one.utterance] != "P01":
                words = text[one.utterance][one.start_char : one.end_char]
                found.append((store.opaque, one.utterance, one.start_char, one.end_char, words))
    return sorted(found)


def turns(store: SessionStore) -> Attributed:
    found = store.latest("attributed", Attributed)
    assert found is not None
    return found


# ---------------------------------------------------------------- kept words


KEPT = Scope(keep=True)
KEPT_S1 = [
    "I am [PERSON] from [a harbour town] and I told Mirla about the ferry timetable.",
    "Thanks [PERSON], the ferry is late every winter morning.",
    "Tobias Renwick and [PERSON] wrote the harbour report with me.",
    "We counted eleven boats that week.",
]


@pytest.fixture
def kept(study: Study) -> Study:
    destroy(study, "P01", withdraw(study, "P01", "keep_deidentified"), KEPT)
    return study


def test_kept_words_stand_without_a_name_and_others_are_shown_as_they_allow(kept: Study):
    assert run(kept).remade == {"S1": ["redact"], "S3": ["redact"]}
    assert shown(kept, "S1") == KEPT_S1
    assert run(kept).remade == {}


def test_nothing_kept_in_the_vault_names_anybody(kept: Study):
    store = kept.vault.session("S1")
    words = store.latest("kept", KeptWords)
    assert words is not None
    assert [" ".join(word.text for word in turn.words) for turn in words.turns] == [
        "I am [PERSON] from [a harbour town] and I told [P03] about the ferry timetable.",
        "[P02] and [PERSON] wrote the harbour report with me.",
    ]


def test_a_kept_speaker_is_unnamed_and_nothing_else(kept: Study):
    run(kept)
    redacted = kept.vault.session("S1").latest("redacted-analyse", RedactedSession)
    assert redacted is not None
    first = redacted.utterances[0]
    assert isinstance(first, DeidentifiedUtterance)
    assert (first.speaker.label, first.speaker.level, first.speaker.tier, first.speaker.role_as, first.verbatim) == (
        "Participant", Level.UNNAMED, None, None, False,
    )  # fmt: skip


def test_a_later_change_of_somebody_named_in_kept_words_is_followed(kept: Study):
    run(kept)
    change(kept, "P02", "unnamed")
    change(kept, "P03", "first_name")
    run(kept)
    assert shown(kept, "S1")[0] == "I am [PERSON] from [a harbour town] and I told Aurélie about the ferry timetable."
    assert shown(kept, "S1")[2] == "[PERSON] and [PERSON] wrote the harbour report with me."


@pytest.mark.parametrize("level", [level for level in Level if level is not Level.WITHHELD])
def test_a_placeholder_is_never_shown_whatever_the_level(level: Level, kept: Study):
    for participant in ("P02", "P03"):
        change(kept, participant, level.value)
    run(kept)
    assert not re.search(r"P\d\d", " ".join(shown(kept, "S1")))


def test_somebody_named_in_kept_words_who_is_erased_later_is_a_person(kept: Study):
    run(kept)
    destroy(kept, "P02", withdraw(kept, "P02", "erase"))
    run(kept)
    assert shown(kept, "S1")[2] == "[PERSON] and [PERSON] wrote the harbour report with me."
    assert run(kept).remade == {}
    words = kept.vault.session("S1").latest("kept", KeptWords)
    assert words is not None
    assert "P02" not in words.model_dump_json()


def test_a_later_full_erasure_takes_the_kept_words_too(kept: Study):
    run(kept)
    destroy(kept, "P01", withdraw(kept, "P01", "erase"))
    run(kept)
    assert shown(kept, "S1")[0] == "no_consent"
    assert shown(kept, "S1")[2] == "no_consent"
    assert kept.vault.roster.kept() == {}


def test_kept_words_stand_again_where_turns_are_laid_out_anew(kept: Study):
    run(kept)
    kept.vault.roster.import_people([Person(participant="P09", full_name="Zebedee Ullathorne", secret="")])
    assert run(kept).remade["S1"] == ["attribute", "names", "redact"]
    assert shown(kept, "S1") == KEPT_S1
    assert run(kept).remade == {}


def test_words_that_were_withheld_are_not_kept(study: Study):
    change(study, "P01", "withheld")
    run(study)
    destroy(study, "P01", withdraw(study, "P01", "keep_deidentified"), KEPT)
    run(study)
    assert study.vault.session("S1").latest("kept", KeptWords) is None
    assert shown(study, "S1")[0] in ("no_consent", "level")


def test_words_of_one_session_can_be_kept_while_the_person_stays(study: Study):
    reach = Reach(kind="session", id="S1")
    withdrawal = withdraw(study, "P01", "keep_deidentified", reach)
    destroy(study, "P01", withdrawal, Scope(sessions=("S1",), keep=True))
    assert run(study).remade == {"S1": ["redact"]}
    assert shown(study, "S1")[0] == KEPT_S1[0]
    assert shown(study, "S3")[1] == "Maribel Quist said the buses were empty."


def test_words_are_kept_only_where_names_were_looked_for(study: Study):
    study.vault.session("S1").drop_stage("names")
    with pytest.raises(CheckFailed, match="did not reach the names"):
        keep_words(Worker(study, QUIET), study.vault.session("S1"), "P01")


# ---------------------------------------------------------------- after an erasure, searched again


def test_a_block_is_a_masked_name_even_where_turns_are_searched_again(study: Study):
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    for session in ("S1", "S3"):
        for stage in ("facts", "names"):
            study.vault.session(session).drop_stage(stage)
    run(study)
    assert shown(study, "S3")[1] == "[PERSON] said the buses were empty."
    assert shown(study, "S1")[1] == "Thanks [PERSON], the ferry is late every winter morning."


def test_a_role_beside_an_erased_name_stays_hidden(tmp_path: Path, cheap: None):
    sessions = {"S1": (("P02", "Maribel Quist, the Ferry Commissioner, came late."), ("P01", "So I did."))}
    study = make(tmp_path, sessions)
    run(study)
    assert "Ferry Commissioner" in shown(study, "S1")[0]
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(study)
    assert "Ferry Commissioner" not in shown(study, "S1")[0]
    study.vault.roster.import_people([Person(participant="P09", full_name="Zebedee Ullathorne", secret="")])
    run(study)
    assert "Ferry Commissioner" not in shown(study, "S1")[0]


def test_a_session_from_which_everybody_was_erased_still_runs(tmp_path: Path, cheap: None):
    study = make(tmp_path, {"S1": SESSIONS["S1"][:1], "S2": SESSIONS["S2"]})
    run(study)
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    study.vault.roster.import_people([Person(participant="P09", full_name="Zebedee Ullathorne", secret="")])
    worker = run(study)
    assert [one.state.intake.session.session for one in worker.ready] == ["S1", "S2"]
    assert shown(study, "S1") == []


class HearsOnlyTheFirst(Says):
    """Hears words in the first recording it is given, and nothing in the others."""

    settings: ClassVar[dict[str, str]] = {}

    def fit_hotwords(self, names: Sequence[str]) -> tuple[tuple[str, ...], int]:
        return tuple(names), 0

    def transcribe(self, audio: Sequence[float], **how: Any) -> Heard:
        heard = super().transcribe(audio, **how)
        self._text = ""
        return heard


@pytest.fixture
def hears_one(monkeypatch: pytest.MonkeyPatch) -> None:
    steps._recogniser.cache_clear()
    recogniser = HearsOnlyTheFirst("we met Tobias there")
    monkeypatch.setattr("transcription.whisper.recogniser", lambda *_: recogniser)
    monkeypatch.setattr("transcription.models.find_model", lambda _name: recogniser_file())


def recogniser_file() -> SimpleNamespace:
    return SimpleNamespace(sha256="0" * 64)


def test_a_recorded_session_whose_only_speaker_was_erased_still_runs(tmp_path: Path, cheap: None, hears_one: None):
    study = make(tmp_path, {"S2": SESSIONS["S2"]})
    tracks = [
        sound(tmp_path / f"{name}.wav", seconds=5, level=level)
        for name, level in (("Maribel Quist", 9000), ("Tobias Renwick", 1))
    ]
    add_session(study, NewSession("S9", "2026-03-05T09:00+13:00", recordings=tuple(tracks)), QUIET)
    run(study)
    assert shown(study, "S9") == ["we met Tobias there"]
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    assert "transcribe" not in str(run(study).remade)
    assert shown(study, "S9") == ["no_consent"]
    study.vault.roster.import_people([Person(participant="P09", full_name="Zebedee Ullathorne", secret="")])
    worker = run(study)
    assert len(worker.ready) == 2
    assert shown(study, "S9") == []
    assert "transcribe" not in str(worker.remade)


def change(study: Study, participant: str, level: str) -> None:
    event = ConsentEvent.model_validate(
        {"participant": participant, "event": "change", "at": utc_now(), "applies": "all",
         "choices": [{"dimension": "level", "value": level}], "recorded_by": "pi"}
    )  # fmt: skip
    study.record(to_ledger_event(event))
