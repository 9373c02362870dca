"""A person reads a sample of the data set: drawn by chance, kept as they answer, told to the register in counts."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deidentification.evaluation import Passage, Speaker
from flows.cli import main
from flows.evaluated import evaluations, findings
from flows.evaluating import Reading, begin, keep, note_seen, resume
from flows.evaluation_words import marked
from flows.study import Study
from flows.users import add_user
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Reach
from schemas.errors import BadInput, DiskFull, UsageError
from schemas.ledger import EventKind
from tests.flows.cascade import PEOPLE, cheaply, copy_of, destroy, find_few_names, run
from tests.flows.conftest import PASSPHRASE, Chatham, Said, contents, make_keys_cheap, open_as
from tests.flows.evaluated import READ, TURNS, answered, change, made, read_all, stored
from vault.store import Vault

WORDS = ("ferry", "council", "boats", "harbour", "SUM")
"""Of the passages; what is kept of an answer holds none of them."""


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        yield made(tmp_path_factory.mktemp("evaluated"))


@pytest.fixture
def study(template: Study, tmp_path: Path) -> Study:
    return copy_of(template, tmp_path)


def of(session: str, second: float) -> Callable[[Passage], bool]:
    return lambda passage: (passage.session, passage.start_s) == (session, second)


def place(passage: Passage) -> tuple[str, float]:
    return passage.session, passage.start_s


def withdrawn(study: Study, participant: str) -> int:
    """Somebody withdraws: the data set goes in the same moment."""
    event = withdrawal_event(study, participant, data="erase", reach=Reach(), days=7, at=None, method="oral")
    return stop_use(study, event).index


def said_of(reading: Reading) -> dict[str, Speaker]:
    """Answered passages to what was said of the speaker."""
    return {one.passage: one.answer.speaker for one in reading.sample.passages if one.answer}


# ---------------------------------------------------------------- which data set


def test_without_a_data_set_nothing_is_drawn(study: Study) -> None:
    study.research.unlink()
    with pytest.raises(UsageError, match="no data set to read") as refused:
        begin(study)
    assert "chatham run" in refused.value.hint
    assert stored(study) is None


def test_a_data_set_that_todays_choices_would_not_make_is_not_read(study: Study) -> None:
    change(study, "P03", "unnamed")
    with pytest.raises(UsageError, match="not the one that today's choices") as refused:
        begin(study)
    assert "chatham run" in refused.value.hint
    run(study)
    assert len(begin(study).sample.passages) == READ


def test_a_data_set_that_somebody_put_there_by_hand_is_not_read(study: Study) -> None:
    study.research.write_bytes(study.research.read_bytes() + b"\0")
    with pytest.raises(UsageError, match="not the one"):
        begin(study)


def test_a_machine_reads_and_judges_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    add_user(study, "nightly", role="assistant", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    from schemas.errors import MissingKey

    with pytest.raises(MissingKey, match="a service user never reads a sample"):
        begin(open_as(study.folder, "nightly"))


# ---------------------------------------------------------------- the draw


def test_what_is_shown_is_drawn_and_what_is_withheld_is_not(study: Study) -> None:
    change(study, "P03", "withheld")
    run(study)
    reading = begin(study)
    shown = {reading.text(one) for one in reading.sample.passages}
    assert len(shown) == reading.sample.data_set.shown == READ - 2
    assert not any("boats" in text or "twice" in text for text in shown)


def test_a_sample_has_the_size_asked_for_and_stays_the_same(study: Study) -> None:
    first = begin(study, 3)
    assert len(first.sample.passages) == 3
    assert begin(open_as(study.folder, "pi"), 3).sample == first.sample == begin(study).sample
    with pytest.raises(UsageError, match="cannot be made larger or smaller"):
        begin(study, 4)


def test_a_sample_that_was_only_looked_at_counts_as_given_up(study: Study) -> None:
    note_seen(begin(study, 3))
    assert begin(study, 3, new=True).sample.given_up == 1


def test_another_sample_has_another_seed_and_the_one_given_up_is_counted(study: Study) -> None:
    first = answered(begin(study, 3), most=1)
    second = begin(study, 5, new=True)
    assert second.sample.seed != first.sample.seed
    assert (second.sample.read, second.sample.given_up) == (0, 1)
    assert begin(study, 5, new=True).sample.given_up == 1, "of the second nothing was read"
    assert [one.given_up for _, one in evaluations(study.ledger.entries())] == []
    assert read_all(study).sample.measured.given_up == 1  # type: ignore[union-attr]
    assert begin(study, new=True).sample.given_up == 0, "one that was finished is not given up"


@pytest.mark.parametrize("size", [0, -1, 100_001])
def test_a_sample_of_no_sensible_size_is_refused(size: int, study: Study) -> None:
    with pytest.raises(UsageError, match="--sample is no number"):
        begin(study, size)


def test_a_reader_sees_what_stands_for_something_else(study: Study) -> None:
    reading = begin(study)
    texts = {reading.text(one): reading.label(one) for one in reading.sample.passages}
    assert texts["Tobias Renwick and {[PERSON 1]} wrote the harbour report with me."] == "Maribel Quist"
    assert texts["We counted eleven boats that week."] == "Mirla"
    assert reading.named == ("Maribel Quist", "Tobias Renwick")


def test_braces_stand_where_the_masks_are() -> None:
    assert marked("a bc d", [(2, 4), (0, 1)]) == "{a} {bc} d"
    assert marked("a", []) == "a"


# ---------------------------------------------------------------- answers


def test_answers_are_kept_one_by_one_and_go_on_where_they_stopped(study: Study) -> None:
    first = answered(begin(study), most=3)
    again = begin(open_as(study.folder, "pi"))
    assert said_of(again) == said_of(first)
    assert again.sample.waiting == first.sample.waiting
    assert len(again.sample.waiting) == READ - 3


def test_two_readers_share_one_sample(study: Study) -> None:
    mine, theirs = begin(study), begin(open_as(study.folder, "pi"))
    mine = answered(mine, most=2)
    other = theirs.sample.waiting[4]
    theirs = keep(theirs, {other.passage: theirs.answer(other, identifiable=False, speaker=None, needless=0)})
    assert theirs.sample.read == 3
    assert set(said_of(theirs)) >= set(said_of(mine))


def test_what_is_kept_holds_no_word(study: Study) -> None:
    reading = read_all(study)
    kept = reading.sample.model_dump_json()
    told = json.dumps([entry.payload for entry in study.ledger.entries() if entry.kind is EventKind.ACCESS])
    assert reading.sample.passages[0].utterance in kept
    for word in (*WORDS, *(part for person in PEOPLE.values() for part in person.full_name.split())):
        assert word not in kept + told


def test_an_unnamed_speaker_is_not_asked_about(study: Study) -> None:
    reading = read_all(study, wrong=lambda _: True)
    (unnamed,) = [one.answer for one in reading.sample.passages if one.session == "S2" and one.start_s == 20]
    assert unnamed is not None and unnamed.speaker is Speaker.NOT_ASKED
    tally = reading.sample.measured.tally  # type: ignore[union-attr]
    assert (tally.wrong, tally.not_asked) == (READ - 1, 1)


# ---------------------------------------------------------------- the end


def test_the_register_keeps_counts_and_no_place(study: Study) -> None:
    reading = read_all(study, identifiable=of("S2", 10))
    [(entry, measured)] = evaluations(study.ledger.entries())
    assert entry.kind is EventKind.ACCESS
    assert measured == reading.sample.measured
    assert (measured.tally.read, measured.tally.identifiable) == (READ, 1)
    assert (measured.languages["en"].read, measured.languages["fr"].identifiable) == (4, 1)
    told = json.dumps(entry.payload)
    assert not any(one.passage in told or one.utterance in told for one in reading.sample.passages)
    assert reading.sample.seed not in told
    assert findings(reading.sample) == [{"session": "S2", "start_s": 10.0, "at": "0:10", "found": ["identifiable"]}]


def test_a_finished_sample_is_shown_again_and_recorded_once(study: Study) -> None:
    read_all(study)
    before = study.ledger.head()
    again = begin(study)
    assert again.sample.measured is not None and again.present
    assert study.ledger.head() == before


def test_what_changed_since_makes_it_one_of_an_earlier_data_set(study: Study) -> None:
    read_all(study)
    withdrawn(study, "P02")
    assert not begin(study).present
    run(study)
    assert not begin(study).present
    assert begin(study, new=True).sample.measured is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_command_killed_at_the_end_is_ended_by_the_next(
    when: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = answered(begin(study), most=READ - 1)

    def full(*_: object) -> None:
        raise DiskFull("no room", hint="Make room.")

    with monkeypatch.context() as patch:
        if when == "before":
            patch.setattr(Study, "record", full)
        else:
            put = Vault.put_study
            patch.setattr(Vault, "put_study", lambda self, name, one: full() if one.measured else put(self, name, one))
        with pytest.raises(DiskFull, match="no room"):
            answered(reading)
    again = begin(open_as(study.folder, "pi"))
    assert again.sample.measured is not None
    assert [one for _, one in evaluations(study.ledger.entries())] == [again.sample.measured]


def test_a_register_that_cannot_be_written_to_leaves_every_answer(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise DiskFull("no room", hint="Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(Study, "record", full)
        with pytest.raises(DiskFull, match="no room"):
            read_all(study)
    sample = stored(study)
    assert sample is not None and sample.waiting == [] and sample.measured is None


# ---------------------------------------------------------------- a withdrawal in between


def test_a_withdrawal_ends_the_reading_and_their_answers_fall_away(study: Study) -> None:
    reading = answered(begin(study), only=lambda one: place(one) not in {("S1", 30.0), ("S2", 20.0)})
    assert reading.sample.read == READ - 2
    withdrawn(study, "P02")
    with pytest.raises(UsageError, match="taken away or built anew meanwhile"):
        answered(reading, most=1)
    with pytest.raises(UsageError, match="no data set"):
        begin(study)
    run(study)
    again = begin(study)
    texts = [again.text(one) for one in again.sample.passages]
    assert len(texts) == READ - 2, "two passages of seven were theirs"
    assert not any("council" in text or "late every winter" in text for text in texts)
    still = {one.passage for one in again.sample.passages}
    assert said_of(again) == {one: said for one, said in said_of(reading).items() if one in still}
    assert again.dropped == 4, "their two passages, and two in which they were named"
    assert answered(again).sample.measured is not None


def test_words_masked_meanwhile_are_read_again(study: Study) -> None:
    reading = answered(begin(study), most=READ - 1)
    change(study, "P01", "unnamed")  # who speaks at 0:00 and 0:20 of S1, and is named at 0:10
    run(study)
    again = begin(study)
    touched = {("S1", 0.0), ("S1", 10.0), ("S1", 20.0)}
    answered_before = {place(one) for one in reading.sample.passages if one.answer}
    assert {place(one) for one in again.sample.passages if one.answer} == answered_before - touched
    assert not any("Maribel" in again.text(one) for one in again.sample.passages)


@pytest.mark.parametrize("found", [{"identifiable": True, "speaker": Speaker.YES}, {"speaker": Speaker.NO}])
def test_who_mends_what_the_sample_found_draws_another(found: dict[str, Any], study: Study) -> None:
    reading = begin(study)
    (bad,) = [one for one in reading.sample.passages if place(one) == ("S1", 20.0)]
    keep(reading, {bad.passage: reading.answer(bad, **{"identifiable": False, "needless": 0, **found})})
    assert begin(study).sample.read == 1
    change(study, "P02", "unnamed")  # whom that passage names
    run(study)
    with pytest.raises(UsageError, match="changed since") as refused:
        begin(study)
    assert "--new" in refused.value.hint
    again = begin(study, new=True)
    assert (again.sample.read, again.sample.given_up) == (0, 1)


def test_a_destruction_takes_the_answers_along(study: Study) -> None:
    answered(begin(study), most=5)
    destroy(study, "P02", withdrawn(study, "P02"))
    assert stored(study) is None
    run(study)
    assert begin(study).sample.read == 0


def test_what_was_measured_outlives_a_destruction_as_counts(study: Study) -> None:
    read_all(study)
    destroy(study, "P02", withdrawn(study, "P02"))
    [(_, measured)] = evaluations(study.ledger.entries())
    assert measured.tally.read == READ


def test_a_sample_drawn_anew_by_somebody_else_is_noticed(study: Study) -> None:
    reading = begin(study)
    begin(study, new=True)
    with pytest.raises(UsageError, match="another sample was drawn meanwhile"):
        answered(reading, most=1)


# ---------------------------------------------------------------- at a terminal


def typed(study: Study, text: str, *words: str) -> Any:
    environment = {"CHATHAM_STUDY": str(study.folder), "CHATHAM_USER": "pi", "CHATHAM_PASSPHRASE": PASSPHRASE}
    return CliRunner().invoke(main.app, ["evaluate", *words], input=text, env=environment)


def keys_of(passage: Passage) -> str:
    """What a reader types who finds nothing in a passage."""
    return "n\n" + ("y\n" if passage.level != "unnamed" else "") + ("0\n" if passage.masks else "")


def keys_for(study: Study) -> str:
    """What a reader types who finds nothing in all that waits."""
    return "".join(map(keys_of, begin(study).sample.waiting))


def half(passage: Passage) -> str:
    """A first answer, where more are asked of the passage."""
    return "n\n" if keys_of(passage) != "n\n" else ""


def test_a_round_at_the_terminal_ends_with_the_rates(study: Study) -> None:
    said = typed(study, keys_for(study))
    assert said.exit_code == 0, said.output
    assert "We read all 7 passages; none still named anyone; in other material made the same way" in said.output
    assert "level unnamed" in said.output and "language fr" in said.output
    assert "Maribel Quist: Tobias Renwick and {[PERSON 1]} wrote the harbour report with me." in said.output


@pytest.mark.parametrize("halfway", [True, False])
@pytest.mark.parametrize("leaving", ["q\n", ""])
def test_who_leaves_goes_on_where_they_were(leaving: str, halfway: bool, study: Study) -> None:
    first, second, third, *_ = begin(study).sample.waiting
    done = keys_of(first) + keys_of(second)
    keys = keys_for(study).removeprefix(done)
    left = typed(study, done + (half(third) if halfway else "") + leaving)
    assert left.exit_code == 0, left.output
    assert "2 of 7 passages are read." in left.output
    said = typed(study, keys)
    assert "3 of 7 · " in said.output and "2 of 7 · " not in said.output
    assert "We read all 7 passages" in said.output


def test_ctrl_c_keeps_what_was_answered(study: Study, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    class Typist(io.StringIO):
        def readline(self, *_: Any) -> str:  # type: ignore[override]
            line = super().readline()
            if not line:
                raise KeyboardInterrupt
            return line

    first, second, *_ = begin(study).sample.waiting
    keys = keys_of(first) + half(second)
    for name, value in {"STUDY": str(study.folder), "USER": "pi", "PASSPHRASE": PASSPHRASE}.items():
        monkeypatch.setenv(f"CHATHAM_{name}", value)
    monkeypatch.setattr(sys, "argv", ["chatham", "evaluate"])
    monkeypatch.setattr(sys, "stdin", Typist(keys))
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 130
    assert "what was finished is kept" in capsys.readouterr().err
    assert begin(study).sample.read == 1


def test_an_answer_can_be_given_again(study: Study) -> None:
    rest = keys_of(begin(study).sample.waiting[0]).removeprefix("n\n")
    said = typed(study, f"b\ny\n{rest}b\nn\n{rest}q\n")
    assert said.output.count("1 of 7 · ") == 3
    sample = stored(study)
    assert sample is not None and sample.read == 1
    assert sample.passages[0].answer is not None and not sample.passages[0].answer.identifiable


def test_what_is_no_answer_is_asked_again(study: Study) -> None:
    said = typed(study, "maybe\n\n7\nq\n")
    assert said.output.count("Answer y or n.") == 3
    assert begin(study).sample.read == 0


def test_whoever_finds_somebody_is_told_what_to_do_at_once_and_at_the_end(study: Study) -> None:
    first = begin(study).sample.waiting[0]
    rest = ("?\n" if first.level != "unnamed" else "") + ("0\n" if first.masks else "")
    said = typed(study, f"y\n{rest}q\n")
    place = f"{first.session} at 0:{int(first.start_s):02}"
    assert f"Noted. To mend {place}: put the name" in said.output
    assert f"  {place}: somebody can be told" in said.output
    assert "roster import" in said.output and "chatham evaluate --new" in said.output


def test_the_reading_stops_before_a_passage_of_a_data_set_that_is_gone(
    study: Study, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    class Withdraws(io.StringIO):
        lines = 0

        def readline(self, *_: Any) -> str:  # type: ignore[override]
            self.lines += 1
            if self.lines == 1:
                withdrawn(open_as(study.folder, "pi"), "P02")
            return super().readline()

    for name, value in {"STUDY": str(study.folder), "USER": "pi", "PASSPHRASE": PASSPHRASE}.items():
        monkeypatch.setenv(f"CHATHAM_{name}", value)
    monkeypatch.setattr(sys, "argv", ["chatham", "evaluate"])
    monkeypatch.setattr(sys, "stdin", Withdraws(keys_for(study)))
    with pytest.raises(SystemExit) as end:
        main.main()
    told = capsys.readouterr()
    assert end.value.code == 2
    assert "taken away or built anew" in told.err
    assert "2 of 7 · " not in told.out


def test_no_control_character_of_a_transcript_reaches_the_terminal(study: Study) -> None:
    reading = begin(study)
    one = reading.sample.passages[0]
    evil = reading.words[one.passage]._replace(text="a\x1b[2Jb\nc", label="x\r\x07y", masks=())
    changed = Reading(study, reading.sample, {**reading.words, one.passage: evil})
    assert (changed.text(one), changed.label(one)) == ("a [2Jb c", "x y")


def test_json_asks_nothing_and_tells_no_rate_before_the_end(study: Study, chatham: Chatham) -> None:
    said = json.loads(chatham("evaluate", "--json", study=study.folder).out)
    assert (said["state"], said["drawn"], said["left"], said["read"]) == ("open", READ, READ, 0)
    assert "identifiable" not in said
    read_all(study, identifiable=of("S1", 0))
    told = json.loads(chatham("evaluate", "--json", study=study.folder).out)
    assert (told["state"], told["present_data_set"]) == ("finished", True)
    assert told["identifiable"]["found"] == 1 and told["identifiable"]["of"] == READ
    assert told["strata"]["language"]["en"]["read"] + told["strata"]["language"]["fr"]["read"] == READ
    assert told["findings"] == [{"session": "S1", "start_s": 0.0, "at": "0:00", "found": ["identifiable"]}]
    assert told["masks"] == 2 and told["masks_per_1000_words"] == round(2000 / told["words"], 1)
    assert told["withheld_for_doubt"]["utterances"] == READ


def test_what_is_withheld_for_doubt_is_told_by_its_reason(study: Study) -> None:
    from flows.evaluation_words import whole_of
    from warehouse.shown import Contents

    withheld = {"leak": 2, "level": 5, "speaker_unknown": 1, "no_consent": 4}
    whole = whole_of(Contents(shown=(), named=(), withheld=withheld, provenance={}))
    assert whole.utterances == 12
    assert whole.doubt == {"speaker_unknown": 1, "near_other_voice": 0, "leak": 2, "failed": 0}


# ---------------------------------------------------------------- as a table


def written(study: Study, chatham: Chatham, path: Path) -> list[dict[str, str]]:
    import csv

    said = chatham("evaluate", "--out", path, study=study.folder)
    assert said.code == 0, said.err
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def rewritten(path: Path, rows: list[dict[str, str]]) -> None:
    import csv

    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def filled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows as somebody answers them who finds nothing."""
    return [
        {
            **row,
            "identifiable": "No",
            "speaker_right": row["speaker_right"] or "yes",
            "needless_masks": row["needless_masks"] or "0",
        }
        for row in rows
    ]


def test_a_table_goes_out_and_comes_back(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    path = tmp_path / "read.csv"
    rows = written(study, chatham, path)
    assert len(rows) == READ
    assert path.stat().st_mode & 0o777 == 0o600
    assert {row["speaker_right"] for row in rows if row["speaker"] == "Participant"} == {"not asked"}
    rewritten(path, filled(rows))
    said = chatham("evaluate", "--import", path, study=study.folder)
    assert said.code == 0, said.err
    assert "7 passages answered" in said.out and "We read all 7 passages" in said.out
    assert "Delete the file now" in said.out
    assert len(evaluations(open_as(study.folder, "pi").ledger.entries())) == 1


def test_no_spreadsheet_takes_a_passage_for_a_calculation_or_a_number(
    study: Study, chatham: Chatham, tmp_path: Path
) -> None:
    rows = written(study, chatham, tmp_path / "read.csv")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert any("=SUM(A1)" in row["text"] for row in rows)
    assert all(row["passage"].startswith("p") for row in rows)


def test_rows_without_an_answer_wait(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    rows = written(study, chatham, tmp_path / "read.csv")
    rewritten(tmp_path / "read.csv", [*filled(rows[:3]), *rows[3:]])
    said = chatham("evaluate", "--import", tmp_path / "read.csv", study=study.folder)
    assert "3 passages answered; 4 rows have no answer yet." in said.out
    again = written(study, chatham, tmp_path / "rest.csv")
    assert [row["passage"] for row in again] == [row["passage"] for row in rows[3:]]


def test_every_bad_row_is_listed_and_none_is_kept(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    rows = filled(written(study, chatham, tmp_path / "read.csv"))
    (unnamed,) = [place for place, row in enumerate(rows) if row["speaker"] == "Participant"]
    others = [place for place in range(READ) if place != unnamed]
    rows[unnamed]["speaker_right"] = "yes"
    rows[others[0]]["identifiable"] = "Maribel"
    rows[others[1]]["speaker_right"] = ""
    rows[others[2]]["needless_masks"] = "99"
    rows[others[3]]["passage"] = "1.2E+15"
    rows[others[4]]["passage"] = rows[others[5]]["passage"]
    rewritten(tmp_path / "read.csv", rows)
    before = contents(study.folder)
    said = chatham("evaluate", "--import", tmp_path / "read.csv", study=study.folder)
    assert (said.code, said.out) == (3, "")
    lines = said.err.splitlines()
    assert lines[0] == "chatham: the answers are not right; none was kept:"
    wanted = {
        (unnamed, "speaker_right"),
        (others[0], "identifiable"),
        (others[1], "speaker_right"),
        (others[2], "needless_masks"),
        (others[3], "passage"),
        (max(others[4], others[5]), "passage"),
    }
    told = {line.partition(":")[0] for line in lines[1:-1]}
    assert told == {f"line {place + 2}, column {column}" for place, column in wanted}
    assert "Maribel" not in said.err
    assert contents(study.folder) == before


def test_answers_about_words_that_changed_meanwhile_are_left_out(
    study: Study, chatham: Chatham, tmp_path: Path
) -> None:
    rows = filled(written(study, chatham, tmp_path / "read.csv"))
    rewritten(tmp_path / "read.csv", rows)
    withdrawn(study, "P02")
    run(study)
    said = chatham("evaluate", "--import", tmp_path / "read.csv", study=study.folder)
    assert said.code == 0, said.err
    sample = stored(study)
    assert sample is not None
    assert f"{READ - sample.read} answers left out" in said.out
    now = {f"p{one.passage}" for one in sample.passages}
    assert sample.read == len(now & {row["passage"] for row in rows})


def test_answers_to_no_sample_are_refused(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sample is being read"):
        resume(study)
    rewritten(tmp_path / "a.csv", [dict.fromkeys(("passage", "identifiable", "speaker_right", "needless_masks"), "x")])
    assert chatham("evaluate", "--import", tmp_path / "a.csv", study=study.folder).code == 2
    read_all(study)
    assert chatham("evaluate", "--import", tmp_path / "a.csv", study=study.folder).code == 2
    assert chatham("evaluate", "--out", tmp_path / "b.csv", study=study.folder).code == 2
    assert not (tmp_path / "b.csv").exists()


@pytest.mark.parametrize("place", ["consent", "vault", "warehouse", "."])
def test_no_words_are_written_into_the_study(place: str, study: Study, chatham: Chatham) -> None:
    before = contents(study.folder)
    said = chatham("evaluate", "--out", study.folder / place / "read.csv", study=study.folder)
    assert (said.code, "inside the study" in said.err) == (2, True)
    assert contents(study.folder) == before


def test_a_file_that_is_there_is_not_written_over(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    (tmp_path / "read.csv").write_text("mine")
    said: Said = chatham("evaluate", "--out", tmp_path / "read.csv", study=study.folder)
    assert (said.code, "already there" in said.err) == (2, True)
    assert chatham("evaluate", "--out", tmp_path / "read.txt", study=study.folder).code == 2
    assert (tmp_path / "read.csv").read_text() == "mine"
    assert stored(study) is None, "nothing is drawn for a file that cannot be written"


def test_import_stands_alone(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    said = chatham("evaluate", "--import", tmp_path / "a.csv", "--new", study=study.folder)
    assert (said.code, "--import stands with none" in said.err) == (2, True)


def test_a_table_of_something_else_is_told(study: Study, tmp_path: Path) -> None:
    from flows.evaluation_sheet import read_answers

    (tmp_path / "a.csv").write_text("participant,full_name\nP01,x\n")
    with pytest.raises(BadInput, match="column passage is missing"):
        read_answers(begin(study), tmp_path / "a.csv")


def test_the_study_has_the_turns_that_these_tests_speak_of() -> None:
    assert sum(map(len, TURNS.values())) == READ
