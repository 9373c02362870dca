"""Holds the benchmark of name finding together: its data are what they say they are, and it counts what it says."""

import ast
import json
import sys
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification import words as known_words
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.roster_index import name_tokens
from deidentification.text import fold
from schemas.deidentified import Label
from tests.benchmarks import bench_names
from tests.benchmarks.names import other_python, tables
from tests.benchmarks.names.gold import Gold, Passage, as_heard, chance, hesitant, shouted
from tests.benchmarks.names.made_up import QUICK, absent, data_sets
from tests.benchmarks.names.misheard import WAYS, misheard
from tests.benchmarks.names.peers import AbsentError, OtherPython
from tests.benchmarks.names.people import GROUPS, everybody, many, strangers, table
from tests.benchmarks.names.scores import Mask, hidden_text, score
from tests.benchmarks.names.stacks import Ours, Remembering, ablations, index, installed, systems
from tests.conftest import ROOT

QUICKLY = data_sets(QUICK)


def named(passage: Passage) -> list[str]:
    return [passage.text[gold.start : gold.end] for gold in passage.gold]


def letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


# The data


def test_the_roster_holds_more_than_a_hundred_people_of_many_backgrounds() -> None:
    people = table(everybody()).people
    assert len({person.full_name for person in people}) == len(people) > 100
    assert len({person.participant for person in people}) == len(people)
    assert len(GROUPS) >= 15


def test_hardly_any_name_of_the_roster_stands_in_the_recognisers_own_lists() -> None:
    lists = known_words.GIVEN_NAMES | known_words.PROPER_WORDS
    listed = [one.full for one in everybody() if lists & set(name_tokens(one.full))]
    assert len(listed) <= len(everybody()) // 20, "figures would tell of a list, not of the recogniser"


@pytest.mark.parametrize("data", QUICKLY, ids=lambda data: data.name)
def test_every_gold_span_lies_snug_on_what_it_names(data) -> None:
    assert data.passages
    for passage in data.passages:
        for gold, text in zip(passage.gold, named(passage), strict=True):
            assert text and text == text.strip()
            before, after = passage.text[: gold.start][-1:], passage.text[gold.end :][:1]
            assert not before.isalnum() and not after.isalnum()


def test_a_name_of_the_roster_in_a_meeting_is_a_part_of_the_full_name_or_an_alias() -> None:
    people = {one.participant: one for one in everybody()}
    (meeting,) = [data for data in QUICKLY if data.name == "meetings-en"]
    spoken = [(gold, text) for p in meeting.passages for gold, text in zip(p.gold, named(p), strict=True)]
    for gold, text in spoken:
        if gold.participant:
            person = people[gold.participant]
            assert text in person.full or text in person.aliases
    assert any(gold.participant for gold, _text in spoken)
    assert any(gold.label == "PERSON" and not gold.participant for gold, _text in spoken)


def test_the_same_data_are_made_each_time() -> None:
    assert data_sets(QUICK) == QUICKLY
    assert absent(QUICK) == absent(QUICK)


def test_talk_of_nobody_names_nobody_of_the_roster() -> None:
    texts, rosters = absent(QUICK)
    assert all(gold.participant is None for passages in texts.values() for p in passages for gold in p.gold)
    assert {len(roster) for roster in rosters} == {20}
    assert all(sum(one.group == "word-like" for one in roster) == 4 for roster in rosters)


def test_sentences_of_another_program_keep_its_labels() -> None:
    sentences = [{"text": "Ana of Bank", "spans": [[7, 11, "ORGANIZATION"], [0, 3, "PERSON"]]}]
    (passage,) = data_sets(QUICK, sentences)[0].passages
    assert [(gold.label, text) for gold, text in zip(passage.gold, named(passage), strict=True)] == [
        ("PERSON", "Ana"),
        ("ORGANIZATION", "Bank"),
    ]


passages = st.builds(
    lambda before, name, after: Passage(
        f"{before} {name} {after}", "en", (Gold(len(before) + 1, len(before) + 1 + len(name)),)
    ),
    st.text("aB ,.é-'", max_size=20),
    st.text("Zoé-O'ñß", min_size=1, max_size=8).filter(lambda name: letters(name) != ""),
    st.text("cD !?ø’", max_size=20),
)


@given(passages)
def test_gold_stays_on_its_name_when_a_recogniser_writes_the_text(passage: Passage) -> None:
    heard = as_heard(passage)
    assert letters(named(heard)[0]) == letters(named(passage)[0])
    assert heard.text == heard.text.lower()
    assert [letters(name) for name in named(shouted(passage))] == [letters(name) for name in named(passage)]


@given(passages, st.integers())
def test_hesitation_goes_around_names_never_into_them(passage: Passage, seed: int) -> None:
    assert named(hesitant(passage, chance(seed), share=1.0)) == named(passage)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_mishearing_changes_some_names_and_never_gives_one_back_unchanged(way: str) -> None:
    heard = [misheard(one.full, way, chance(3)) for one in everybody()]
    assert sum(name is not None for name in heard) > 20
    assert all(name != one.full for name, one in zip(heard, everybody(), strict=True))


def test_names_are_misheard_by_sound_in_pieces_and_run_together() -> None:
    rng = chance(1)
    assert misheard("Siobhán", "near-homophone", rng) in ("Shivon", "Chevonne")
    assert misheard("Élodie Gagnon-Roy", "accents lost", rng) == "Elodie Gagnon-Roy"
    assert misheard("Aroha Ngata", "run together", rng) == "Arohangata"
    assert " " in str(misheard("Wiremu", "split in two", rng))
    assert misheard("Ngozi", "near-homophone", rng) in ("Gozi", "Engozi")
    assert misheard("Tenzin", "run together", rng) is None


def test_a_big_roster_has_no_two_people_of_one_name() -> None:
    people = many(3_000)
    assert len({fold(one.full) for one in people}) > 2_900
    assert len({one.full for one in people}) == len({one.participant for one in people}) == 3_000
    assert len({one.group for one in islice(strangers(1), 300)}) > 20


# What is counted

PASSAGES = (
    Passage("Thank you, Layla bint Nasser, said the de la Vega family.", "en", (Gold(11, 28), Gold(39, 49))),
    Passage("Mr. O'Rourke's note, and Jean-Luc.", "en", (Gold(4, 12), Gold(25, 33))),
    Passage("Nobody is named on the First Street.", "en", ()),
)
MASKS = (
    [Mask(11, 28, True), Mask(45, 49, True)],
    [Mask(0, 14, True), Mask(25, 29, True)],
    [Mask(0, 6, True), Mask(23, 35, True)],
)


def test_tokens_are_counted_as_presidio_evaluator_counts_them() -> None:
    """Its own answer to these three sentences is .75, 1 and .7894736842105263: small words do not count as wrong."""
    figures = score(PASSAGES, MASKS)
    assert (figures.precision, figures.recall) == (1.0, 0.75)
    assert figures.f2 == pytest.approx(0.7894736842105263)


def test_a_name_is_covered_only_when_no_letter_of_it_can_be_read() -> None:
    figures = score(PASSAGES, MASKS).figures()
    assert (figures["names"], figures["covered"], figures["touched"]) == (4, 0.5, 1.0)
    apart = [[Mask(11, 16, True), Mask(17, 21, False), Mask(22, 28, True)]]
    one = Passage(PASSAGES[0].text, "en", (Gold(11, 28),))
    assert score([one], apart).figures()["covered"] == 1.0, "hidden is hidden, whatever it is called"


def test_bare_words_under_a_mask_are_false_words_and_gold_of_other_kinds_is_not() -> None:
    text = "Open Policy Lab will meet."
    masks = [[Mask(0, 15, True), Mask(16, 20, True)]]
    figures = score([Passage(text, "en", (Gold(0, 15, "ORG"),))], masks).figures()
    assert (figures["false_words_per_1000"], figures["other_masks_per_1000"]) == (200.0, 400.0)
    assert score([Passage(text)], masks).figures()["false_words_per_1000"] == 800.0


def test_the_right_person_is_one_who_is_named_surely() -> None:
    passage = Passage("Ana met Bo.", "en", (Gold(0, 3, participant="P1"), Gold(8, 10, participant="P2")))
    sure = [[Mask(0, 3, True, ("P1", "P9"), True), Mask(8, 10, True, ("P1",), True)]]
    figures = score([passage], sure).figures()
    assert (figures["right_person"], figures["wrong_person"]) == (0.5, 0.5)
    doubtful = [[Mask(0, 3, True, ("P1",)), Mask(8, 10, True, ("P1",))]]
    figures = score([passage], doubtful).figures()
    assert (figures["right_person"], figures["wrong_person"]) == (0.0, 0.0)
    assert score([passage], [[Mask(0, 3, True)]]).figures()["right_person"] is None


def test_a_mask_that_names_somebody_of_whom_nobody_spoke_is_an_alarm_of_the_roster() -> None:
    masks = [[Mask(0, 4, True, ("P1",)), Mask(5, 9, True)]]
    figures = score([Passage("Will Mark stay here?", "en", ())], masks).figures()
    assert (figures["roster_masks_per_1000"], figures["other_masks_per_1000"]) == (250.0, 500.0)


def test_nothing_to_count_is_no_figure() -> None:
    figures = score([Passage("Good morning.")], [[]]).figures()
    assert figures["covered"] is figures["precision"] is figures["f2"] is None
    assert figures["false_words_per_1000"] == 0.0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=6))
def test_no_masked_letter_is_left_in_the_released_text(spans: list[tuple[int, int]]) -> None:
    text = "".join(chr(0x4E00 + place) for place in range(40))
    masks = [Mask(start, start + length, True) for start, length in spans]
    left = hidden_text(text, masks)
    hidden = {text[place] for mask in masks for place in range(mask.start, mask.end)}
    assert {c for c in left if c >= "\u4e00"} == set(text) - hidden


# Systems


def test_a_peer_that_is_not_installed_is_told_as_not_measured() -> None:
    system = {"Presidio": {"absent": "it is not there"}}
    drawn = tables.terminal(*tables.tables({"systems": {"social": system}})[0])
    assert "Presidio: NOT MEASURED (it is not there)" in drawn
    with pytest.raises(AbsentError, match="no Python with the peers was named"):
        OtherPython().find("presidio-sm", [("en", "Hello")])


def test_another_python_says_what_it_lacks() -> None:
    other = OtherPython(Path(sys.executable))
    with pytest.raises(AbsentError, match="presidio_evaluator"):
        other.ask("sentences", "3", "1")


@pytest.mark.models
def test_another_python_reads_each_text_once_and_knows_its_models() -> None:
    other = OtherPython(Path(sys.executable), expected=(("en", "My name is Wiremu Parata."),))
    (found,) = other.find("spacy-sm", [("en", "My name is Wiremu Parata.")])
    assert [label for _start, _end, label in found] == ["PERSON"]
    other.path = None
    assert other.find("spacy-sm", [("en", "My name is Wiremu Parata.")]) == [found]


def test_what_another_python_runs_imports_nothing_of_this_project() -> None:
    tree = ast.parse(Path(other_python.__file__).read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported.isdisjoint({"schemas", "deidentification", "flows", "consent", "vault", "tests"})


class Counting:
    name, version = "spacy-en", "0"

    def __init__(self) -> None:
        self.read: list[str] = []

    def serves(self, language: str) -> bool:
        return language == "en"

    def find(self, texts) -> list[list[ModelSpan]]:
        self.read.extend(texts)
        return [[ModelSpan(0, 3, Label.PERSON, "spacy")] for _ in texts]


def test_a_model_that_remembers_reads_each_text_once() -> None:
    model = Counting()
    remembering = Remembering(model)
    assert (
        remembering.find(["Ana", "Bo"]) + remembering.find(["Bo", "Ana"])
        == [[ModelSpan(0, 3, Label.PERSON, "spacy")]] * 4
    )
    assert model.read == ["Ana", "Bo"]


def test_parts_that_are_taken_out_are_out() -> None:
    (meeting,) = [data for data in QUICKLY if data.name == "misspelt"]
    (social,) = [data for data in QUICKLY if data.name == "social"]

    def hidden(data, **parts) -> int:
        return sum(mask.end - mask.start for masks in Ours((), **parts)(data) for mask in masks)

    assert hidden(meeting, roster=False) < hidden(meeting, fuzzy=False) < hidden(meeting)
    for part in ("find_patterns", "find_called"):
        assert hidden(social, without=(part,)) < hidden(social)
    assert index(everybody(), fuzzy=False).index.exact == index(everybody()).index.exact


# The whole


@pytest.mark.models
def test_a_quick_run_gives_tables_and_says_what_it_lacked(capsys: pytest.CaptureFixture[str]) -> None:
    bench_names.main(["--quick", "--only", "peers", "ablations", "classes", "social", "meetings-fr"])
    drawn = capsys.readouterr().out
    assert "Peers on: social" in drawn and "Peers on: meetings-fr" in drawn and "Parts taken out" in drawn
    assert "NOT MEASURED (no Python with the peers was named (--peers))" in drawn
    assert "sentences" in drawn and "NOT MADE" in drawn


def test_figures_saved_as_json_are_drawn_as_the_tables_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench_names.main(["--quick", "--only", "rosters", "--json"])
    saved = capsys.readouterr().out
    assert [row["people"] for row in json.loads(saved)["rosters"]] == [10, 100]
    (tmp_path / "figures.json").write_text(saved, encoding="utf-8")
    bench_names.main(["--draw", str(tmp_path / "figures.json"), "--markdown"])
    assert "| people | index, s | words/s |" in capsys.readouterr().out


@pytest.mark.models
def test_memory_is_measured_in_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    bench_names.main(["--quick", "--only", "memory", "--json"])
    (row,) = json.loads(capsys.readouterr().out)["memory"]
    assert row["exit"] == 0 and not row["ended"]
    assert row["peak_mb"] > 50 and row["written_mb"] > 0


@pytest.mark.models
def test_a_memory_run_that_takes_too_long_is_ended_and_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    bench_names.main(["--quick", "--only", "memory", "--memory-limit", "0.5"])
    assert "0.01 MB (ended early)" in capsys.readouterr().out


def test_new_tables_take_the_place_of_old_ones_in_a_page_and_nothing_else_changes(tmp_path: Path) -> None:
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text(f"Before\n{tables.BEGIN}\nold\n{tables.END}\nAfter\n", encoding="utf-8")
    figures.write_text(json.dumps({"speed": {"full stack": 1234}}), encoding="utf-8")
    for _twice in range(2):
        bench_names.main(["--draw", str(figures), "--page", str(page)])
        text = page.read_text(encoding="utf-8")
        assert text.startswith("Before\n") and text.endswith("\nAfter\n") and "old" not in text
        assert text.count("| full stack | 1,234 |") == 1


def test_the_page_has_figures_of_every_system_and_of_every_part_taken_out() -> None:
    text = (ROOT / "docs" / "explanation" / "how-names-are-found.md").read_text(encoding="utf-8")
    figures = text[text.index(tables.BEGIN) : text.index(tables.END)]
    wanted = [*systems((), OtherPython()), *ablations(()), *installed((), OtherPython())]
    assert [name for name in wanted if f"\n| {name}" not in figures] == []
