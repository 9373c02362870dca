"""Codings from outside lie on the words that they lay on, on fewer of them, or nowhere: never on others."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.coding import (
    Code,
    Codebook,
    CodedProject,
    Coder,
    ExchangedCoding,
    ExchangedText,
    Fitted,
    Stretch,
    UtteranceStretch,
)
from schemas.consent import Level
from tests.warehouse.exchange.projects import BOOK, CODER, FEAR, FERRIES, TIMES, data, example, made, placed
from tests.warehouse.samples import gap, said, session, speaker
from warehouse.exchange.carrying import MOST_WORDS, agreed
from warehouse.exchange.fitting import NO_HEADINGS, NO_TEXT, NO_TURN, NO_WORDS, OTHER_WORDS, TOO_LONG, fit, fit_to
from warehouse.exchange.guids import guid
from warehouse.exchange.layout import LaidOut, Words, lay_out
from warehouse.exchange.refi_qda import read_project, write_project
from warehouse.exchange.wording import heading

TEXT, OTHERS = guid("text", "ours"), guid("text", "theirs")


def laid_out(*turns: str, name: str = "S1") -> LaidOut:
    """Turns of one session, laid out."""
    text, words = "", []
    for number, turn in enumerate(turns):
        text += ("\n\n" if text else "") + heading(f"Speaker {number % 3}", number * 7) + "\n"
        words.append(Words(f"u{number}", len(text), len(text) + len(turn)))
        text += turn
    texts = (ExchangedText(guid=TEXT, name=name, text=text),)
    return LaidOut(CodedProject(title="P", texts=texts, codebook=BOOK), {TEXT: tuple(words)}, {})


def from_outside(text: str, *places: tuple[int, int], name: str = "S1", book: Codebook = BOOK) -> CodedProject:
    codings = tuple(
        ExchangedCoding(
            guid=guid("coding", str(number)),
            code=book.codes[0].code,
            coder=CODER,
            stretch=Stretch(text=OTHERS, start=start, end=end),
        )
        for number, (start, end) in enumerate(places)
    )
    texts = (ExchangedText(guid=OTHERS, name=name, text=text),)
    return CodedProject(title="P", texts=texts, codebook=book, codings=codings)


def on(laid: LaidOut, fitted: Fitted) -> list[tuple[str, ...]]:
    """The words of each coding that fits."""
    shown = {one.utterance: (text, one.start) for text, listed in laid.words.items() for one in listed}
    texts = {text.guid: text.text for text in laid.project.texts}

    def words(part: UtteranceStretch) -> str:
        text, start = shown[part.utterance_id]
        return texts[text][start + part.start_char : start + part.end_char]

    return [tuple(words(part) for part in one.stretches) for one in fitted.codings]


def found(laid: LaidOut, text: str, words: str) -> tuple[list[tuple[str, ...]], Fitted]:
    """A coding of ``words`` where they stand first in ``text``, fitted."""
    at = text.index(words)
    fitted = fit_to(from_outside(text, (at, at + len(words))), laid)
    return on(laid, fitted), fitted


TURNS = (
    "The ferries run late again.",
    "Ask the people on the quay first.",
    "Nobody reads the timetable, naïve or not.",
)


@given(data())
def test_whatever_goes_out_comes_back_to_the_same_utterances_and_codepoints(given_data):
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder), *given_data)
        laid = lay_out(path)
        write_project(laid.project, Path(folder) / "x.qdpx")
        fitted = fit(read_project(Path(folder) / "x.qdpx").project, path)
        assert fitted.unfit == ()
        assert all(one.whole for one in fitted.codings)
        assert {
            laid.parts[one.guid]: sorted((at.utterance_id, at.start_char, at.end_char) for at in one.stretches)
            for one in fitted.codings
        } == placed(path)


def test_a_project_comes_back_with_our_names_titles_and_no_codes_of_speakers(tmp_path):
    path = example(tmp_path)
    laid = lay_out(path)
    write_project(laid.project, tmp_path / "x.qdpx")
    book = fit(read_project(tmp_path / "x.qdpx").project, path).codebook
    assert {code.code: code for code in book.codes} == {code.code: code for code in laid.project.codebook.codes}
    assert sorted(book.memos, key=lambda memo: memo.memo) == sorted(
        laid.project.codebook.memos, key=lambda memo: memo.memo
    )


def test_a_line_end_more_at_the_end_is_the_same_text():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text
    assert found(laid, text + "\n", "Ask the people")[0] == [("Ask the people",)]
    assert found(laid, text + "\n", "k the pe")[0] == [("k the pe",)]


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("Speaker 0", "Participant 12"),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: text.replace(" ", "  ").replace("\n", "\n\n"),
        lambda text: "A title that was not there\n\n" + text,
        lambda text: text.replace("The ferries run late again.", "Gone."),
        lambda text: text.upper(),
        lambda text: text.replace("naïve", "nai\u0308ve").replace("late", "láte"),
    ],
    ids=["labels", "blank lines", "white space", "title", "another turn", "capitals", "accents"],
)
def test_words_are_found_again_in_a_text_that_was_changed_elsewhere(changed):
    laid = laid_out(*TURNS)
    text = changed(laid.project.texts[0].text)
    words = "people on the quay" if "people on the quay" in text else None
    words = words or next(one for one in ("PEOPLE ON THE QUAY", "people  on  the  quay") if one in text)
    assert found(laid, text, words)[0] == [("people on the quay",)]


def test_a_coding_whose_words_were_changed_in_part_is_shortened_and_says_so():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text.replace("quay first", "harbour wall")
    words, fitted = found(laid, text, "the people on the harbour wall.")
    assert words == [("the people on the",)]
    assert [one.whole for one in fitted.codings] == [False]


def test_words_put_in_between_are_left_out_of_a_coding_and_words_that_only_we_have_stay_uncoded():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text
    added, fitted = found(laid, text.replace("people on", "people who wait on"), "Ask the people who wait on the quay")
    assert added == [("Ask the people on the quay",)]
    assert [one.whole for one in fitted.codings] == [False]
    gone, fitted = found(
        laid, text.replace("Nobody reads the timetable, ", "Nobody reads the "), "Nobody reads the naïve"
    )
    assert gone == [("Nobody reads the", "naïve")]
    assert [one.whole for one in fitted.codings] == [True]


def test_headings_that_changed_within_a_coding_do_not_shorten_it():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text.replace("Speaker 1", "Kim Otherwise")
    start, end = text.index("run late"), text.index(" first.")
    fitted = fit_to(from_outside(text, (start, end)), laid)
    assert on(laid, fitted) == [("run late again.", "Ask the people on the quay")]
    assert [one.whole for one in fitted.codings] == [True]


def test_words_that_are_no_longer_there_do_not_fit():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text.replace("people on the quay", "mayor in her office")
    words, fitted = found(laid, text, "mayor in her office")
    assert words == []
    assert [one.why for one in fitted.unfit] == [OTHER_WORDS]


def test_headings_and_gaps_do_not_fit():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text
    for changed in (text, text.replace("late", "early")):
        _, fitted = found(laid, changed, "Speaker 1 00:07")
        assert [one.why for one in fitted.unfit] == [NO_WORDS]


def test_words_that_may_be_one_of_several_do_not_fit():
    laid = laid_out("Yes yes yes yes yes yes.", "No.")
    text = laid.project.texts[0].text
    at = text.index("Yes")
    shorter = text.replace("Yes yes yes ", "")
    fitted = fit_to(from_outside(shorter, (at, at + 7)), laid)
    assert fitted.codings == () and len(fitted.unfit) == 1


def test_a_text_of_another_name_is_known_by_its_lines():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text.replace("late", "early")
    at = text.index("people")
    fitted = fit_to(from_outside(text, (at, at + 6), name="text-0001"), laid)
    assert on(laid, fitted) == [("people",)]
    strange = fit_to(from_outside("Some other text.\nAnd people in it.", (4, 9), name="text-0002"), laid)
    assert [one.why for one in strange.unfit] == [NO_TEXT]


def test_a_text_that_may_be_one_of_two_is_neither():
    laid = laid_out(*TURNS)
    [one] = laid.project.texts
    twin = one.model_copy(update={"guid": guid("text", "twin"), "name": "S2"})
    both = LaidOut(laid.project.model_copy(update={"texts": (one, twin)}), laid.words, {})
    fitted = fit_to(from_outside(one.text, (20, 26), name="text-0001"), both)
    assert [one.why for one in fitted.unfit] == [NO_TEXT]


def test_a_changed_text_that_is_too_long_to_compare_says_so():
    laid = laid_out("word " * (MOST_WORDS + 1))
    fitted = fit_to(from_outside("Changed. " + laid.project.texts[0].text, (60, 64)), laid)
    assert [one.why for one in fitted.unfit] == [TOO_LONG]


def test_nothing_that_was_said_stands_in_what_is_reported():
    laid = laid_out(*TURNS)
    _, fitted = found(laid, laid.project.texts[0].text.replace("people", "Kimberley"), "Kimberley")
    assert "Kimberley" not in repr(fitted) + str([one.model_dump() for one in fitted.unfit])


# Words that two people say, and one of them is not shown.

SAME = "We should all stop the work on the pier now, because nobody told the families beside it."


def state(folder: Path, *turns: tuple[float, str | None, str]) -> LaidOut:
    """A data set of turns of P01, P02, ...: when each begins, what is said or None where withheld, and the label."""
    placed = (
        (number, {"start_s": start_s, "end_s": start_s + number}, text, label)
        for number, (start_s, text, label) in enumerate(turns, start=1)
    )
    listed = [
        gap(number, participant=f"P{number:02d}", **times)
        if text is None
        else said(number, text, speaker=speaker(f"P{number:02d}", Level.UNNAMED, label=label), **times)
        for number, times, text, label in placed
    ]
    folder.mkdir()
    return lay_out(made(folder, [session("S1", *listed)], ()))


def coded_in(old: LaidOut, utterance: str) -> CodedProject:
    """A project with all words of one utterance coded, as it comes back from another program."""
    [listed] = old.words.values()
    one = next(one for one in listed if one.utterance == utterance)
    return from_outside(old.project.texts[0].text, (one.start, one.end))


@pytest.mark.parametrize("seconds", [10.0, 0.25], ids=["later", "in the same second"])
@pytest.mark.parametrize("label", ["Ann", "Participant"], ids=["named", "unnamed"])
def test_a_coding_is_never_put_on_the_same_words_of_somebody_else(tmp_path, seconds, label):
    other = "Ben" if label == "Ann" else label
    last = (40.0, "The gulls took every sandwich.", "Cy")
    old = state(tmp_path / "old", (10.0, SAME, label), (10.0 + seconds, None, ""), last)
    new = state(tmp_path / "new", (10.0, None, ""), (10.0 + seconds, SAME, other), last)
    for before, after in ((old, new), (new, old)):
        [[mine, _]] = before.words.values()
        fitted = fit_to(coded_in(before, mine.utterance), after)
        assert fitted.codings == ()
        assert [one.why for one in fitted.unfit] == [OTHER_WORDS if seconds > 1 else NO_TURN]


TURNS_OF_ANY = st.tuples(
    st.sampled_from((0.0, 0.25, 0.5, 1.0, 4.0)),  # after the turn before
    st.sampled_from(
        (SAME, "Yes.", "Yes indeed.", "Yes indeed. And more of it, yes.", "That\nis so 00:05\n\nNo 00:09\nYes.")
    ),
    st.sampled_from(("Participant", "Ann", "Ben Roe 00:04")),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(TURNS_OF_ANY, min_size=2, max_size=6), st.data())
def test_whoever_is_withheld_in_either_state_a_coding_stays_in_its_own_turn(turns, draw):
    starts = [sum(turn[0] for turn in turns[: number + 1]) for number in range(len(turns))]
    with tempfile.TemporaryDirectory() as folder:
        old, new = (
            state(
                Path(folder) / str(which),
                *((at, one[1] if one[which] else None, one[2]) for at, one in zip(starts, turns, strict=True)),
            )
            for which in (3, 4)
        )
    shown = [one.utterance for listed in old.words.values() for one in listed]
    if not shown:
        return
    mine = draw.draw(st.sampled_from(shown))
    fitted = fit_to(coded_in(old, mine), new)
    assert {at.utterance_id for one in fitted.codings for at in one.stretches} <= {mine}
    assert len(fitted.codings) + len(fitted.unfit) == 1


def test_a_changed_text_without_its_headings_fits_nowhere_and_says_so():
    laid = laid_out(*TURNS)
    fitted = found(laid, "\n\n".join(TURNS), "people on the quay")[1]
    assert fitted.codings == ()
    assert [one.why for one in fitted.unfit] == [NO_HEADINGS]


def test_words_before_the_first_heading_or_after_one_without_its_blank_line_are_in_no_known_turn():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text
    joined = text.replace("\n\nSpeaker 1", "\nSpeaker 1")
    headed = text.removeprefix("Speaker 0 00:00\n")
    for changed, words in ((joined, "people on the quay"), (headed, "ferries run late")):
        fitted = found(laid, changed, words)[1]
        assert [one.why for one in fitted.unfit] == [NO_TURN]
        assert found(laid, changed, "reads the timetable")[0] == [("reads the timetable",)]


def test_a_coding_of_a_turn_that_began_at_another_time_does_not_fit():
    laid = laid_out(*TURNS)
    text = laid.project.texts[0].text.replace("00:07", "00:08")
    assert [one.why for one in found(laid, text, "people on the quay")[1].unfit] == [OTHER_WORDS]


# Codes and coders that are known again.


def known(book: Codebook) -> Codebook:
    return fit_to(from_outside("x", book=book), laid_out(*TURNS)).codebook


def reminted(*codes: tuple[str, str, str | None]) -> Codebook:
    return Codebook(
        codes=tuple(
            Code(code=guid("new", known_by), name=name, parent=guid("new", above) if above else None)
            for known_by, name, above in codes
        )
    )


def test_codes_of_other_guids_are_known_by_the_names_from_the_top_down():
    book = known(reminted(("1", "Ferries", None), ("2", "Timetables", "1"), ("3", "New", "1")))
    assert {code.code: (code.name, code.parent) for code in book.codes} == {
        FERRIES: ("Ferries", None),
        TIMES: ("Timetables", FERRIES),
        guid("new", "3"): ("New", FERRIES),
    }


def test_codes_are_known_by_the_names_that_only_a_file_has():
    for name in ("Timetables (2)", "Ferries.Timetables"):
        [code] = known(reminted(("1", name, None))).codes
        assert (code.code, code.name, code.parent) == (TIMES, "Timetables", FERRIES)


def test_a_name_that_several_have_is_known_as_none():
    [one, two] = known(reminted(("1", "Ferries", None), ("2", "Ferries", None))).codes
    assert {one.code, two.code} == {guid("new", "1"), guid("new", "2")}


def test_a_code_that_was_renamed_or_moved_outside_keeps_that():
    codes = tuple(
        code.model_copy(update={"name": "Dread", "parent": FERRIES}) if code.code == FEAR else code
        for code in BOOK.codes
    )
    assert [(code.name, code.parent) for code in known(Codebook(codes=codes)).codes if code.code == FEAR] == [
        ("Dread", FERRIES)
    ]


def test_a_description_that_was_only_trimmed_is_as_it_was():
    laid = laid_out(*TURNS)
    spaced = Codebook(codes=(Code(code=FEAR, name=" Fear", description="When.\n"),))
    ours = LaidOut(laid.project.model_copy(update={"codebook": spaced}), laid.words, {})
    trimmed = Codebook(codes=(Code(code=FEAR, name="Fear", description="When."),))
    assert fit_to(from_outside("x", book=trimmed), ours).codebook.codes == spaced.codes


def test_coders_are_known_by_name():
    book = Codebook(
        codes=BOOK.codes, coders=(Coder(coder=guid("x", "1"), name="RA1"), Coder(coder=guid("x", "2"), name="Kim"))
    )
    assert {one.name: one.coder for one in known(book).coders} == {"RA1": CODER, "Kim": guid("x", "2")}


def test_codes_of_speakers_are_not_taken_though_they_have_other_guids(tmp_path):
    path = made(tmp_path, [session("S1", said(1, "We asked."), gap(2))], ())
    project = lay_out(path).project
    [case] = project.cases
    holder = Code(code=guid("x", "holder"), name="Speakers", codable=False)
    speaker = Code(code=guid("x", "speaker"), name=case.name, parent=holder.code)
    book = Codebook(codes=(speaker, holder))
    outside = from_outside(project.texts[0].text, (20, 22), book=book)
    fitted = fit(outside, path)
    assert fitted == Fitted()
    mine = Code(code=guid("x", "mine"), name="Mine", parent=holder.code)
    kept = fit(outside.model_copy(update={"codebook": Codebook(codes=(*book.codes, mine))}), path)
    assert {code.name for code in kept.codebook.codes} == {"Speakers", "Mine"}


# Whatever is done to a text elsewhere.

VOCABULARY = st.sampled_from(("yes", "no", "the", "ferry", "ferry,", "Quay", "quay", "être", "😀", "ש", "and"))
SAID = st.lists(VOCABULARY, min_size=1, max_size=12).map(" ".join)
STRANGE = st.sampled_from(("qqq", "xxx xxx", "Zzz.", "—", "été!"))


@settings(max_examples=200)
@given(st.lists(SAID, min_size=1, max_size=6), st.data())
def test_after_any_change_elsewhere_a_coding_is_on_the_same_words_or_fewer_or_reported(turns, draw):
    """Words that are said again and again: which of them it was may be told by what stands around."""
    laid = laid_out(*turns)
    coded, fitted, _ = fitted_after_changes(laid, draw, VOCABULARY)
    for words in on(laid, fitted):
        assert is_part(" ".join(words).casefold().split(), coded.casefold().split())


@settings(max_examples=200)
@given(st.integers(1, 5), st.integers(1, 8), st.data())
def test_after_any_change_elsewhere_a_coding_is_where_it_was_or_on_part_of_it_or_reported(turns, length, draw):
    """Words of which none is said twice, and none is put in."""
    laid = laid_out(*(" ".join(f"w{turn}x{number}" for number in range(length)) for turn in range(turns)))
    _, fitted, own = fitted_after_changes(laid, draw, STRANGE)
    for coding in fitted.codings:
        assert {(one.utterance_id, at) for one in coding.stretches for at in range(one.start_char, one.end_char)} <= own


def fitted_after_changes(laid: LaidOut, draw: st.DataObject, words: st.SearchStrategy[str]):
    """What was coded, what became of it after changes before and after it, and where it was."""
    text = laid.project.texts[0].text
    starts = [at for at in range(len(text)) if not text[at].isspace() and (at == 0 or text[at - 1].isspace())]
    start = draw.draw(st.sampled_from(starts), "start")
    end = draw.draw(st.sampled_from([at for at in (*starts, len(text) + 1) if at > start]), "end") - 1
    before, after = changed(draw, text[:start], words), changed(draw, text[end:], words)
    outside = from_outside(before + text[start:end] + after, (len(before), len(before) + end - start))
    fitted = fit_to(outside, laid)
    assert len(fitted.codings) + len(fitted.unfit) == 1
    own = laid.utterances(Stretch(text=TEXT, start=start, end=end))
    return (
        text[start:end],
        fitted,
        {(one.utterance_id, at) for one in own for at in range(one.start_char, one.end_char)},
    )


def changed(draw: st.DataObject, text: str, words: st.SearchStrategy[str]) -> str:
    """The text with some words gone, others put in, or put otherwise."""
    parts = text.split(" ")
    for _ in range(draw.draw(st.integers(0, 4), "changes")):
        at = draw.draw(st.integers(0, len(parts) - 1), "where")
        kind = draw.draw(st.sampled_from(("gone", "put in", "otherwise", "line")), "what")
        if kind == "put in" and at:
            parts.insert(at, draw.draw(words, "word"))
        elif 0 < at < len(parts) - 1:
            parts[at : at + 1] = {"gone": [], "otherwise": [draw.draw(words, "word")]}.get(kind, [parts[at] + "\n"])
    return " ".join(parts)


def is_part(words: list[str], of: list[str]) -> bool:
    """Whether the words stand in ``of``, in this order."""
    left = iter(of)
    return all(word in left for word in words)


@pytest.mark.parametrize(
    ("old", "new", "sure"),
    [
        ("abcd", "abcd", {0: 0, 1: 1, 2: 2, 3: 3}),
        ("aaa", "aa", {}),
        ("xnn", "xn", {0: 0}),
        ("nnx", "nx", {2: 1}),
        ("aba", "aab", {0: 0}),
        ("abcabc", "abc", {}),
        ("", "abc", {}),
    ],
)
def test_a_word_that_may_be_one_of_several_is_none(old, new, sure):
    found = agreed(list(old), list(new))
    assert found.items() <= sure.items()


@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=7))
def test_words_that_are_the_same_are_spelt_so_and_in_order(old, new):
    found = agreed(old, new)
    assert all(old[before] == new[after] for before, after in found.items())
    assert list(found.values()) == sorted(set(found.values()))
