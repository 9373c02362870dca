"""Tokens, sentences and capitals, in any script."""

from hypothesis import given
from hypothesis import strategies as st

from deidentification.text import View, fold, is_ordinary, tokens_of


@given(st.text(max_size=300))
def test_tokens_are_in_order_inside_the_text_and_never_empty(text: str) -> None:
    position = 0
    for token in tokens_of(text):
        assert position <= token.start < token.end <= len(text)
        assert token.folded
        position = token.end


@given(st.text(st.characters(max_codepoint=127), max_size=300))
def test_plain_text_has_the_same_tokens_read_the_quick_way(text: str) -> None:
    longer = tokens_of(f"{text} é")
    assert tokens_of(text) == longer[:-1]


@given(st.text(max_size=300))
def test_sentences_together_are_the_whole_text(text: str) -> None:
    sentences = View(text).sentences
    assert "".join(text[start:end] for start, end in sentences) == text


def test_accents_case_apostrophes_and_invisible_characters_do_not_hide_a_name() -> None:
    assert fold("Siobhán") == fold("SIOBHA\u0301N") == fold("sio\u200bbhan") == "siobhan"
    assert fold("Łukasz") == "lukasz"
    assert fold("O’Brien") == fold("O'Brien")


def test_decomposed_accents_stay_inside_their_word() -> None:
    text = "Jose\u0301 spoke"
    assert [text[t.start : t.end] for t in tokens_of(text)] == ["Jose\u0301", "spoke"]


def test_a_capital_counts_inside_a_sentence_only() -> None:
    view = View('Will you ask Will? Will it do. "Mark my words," Mr. Brown said.')
    assert [view.word(i) for i in range(len(view.tokens)) if view.capital_inside(i)] == ["Will", "Brown"]


def test_shouted_words_say_nothing_by_their_capitals() -> None:
    view = View("WILL YOU MARK THE PAPER")
    assert not any(view.capital_inside(i) for i in range(5))


def test_titles_and_initials_do_not_end_a_sentence() -> None:
    assert len(View("I met Dr. Ngata and J. White. Then we left.").sentences) == 2


def test_english_and_french_words_are_ordinary_and_rare_names_are_not() -> None:
    assert is_ordinary("white") and is_ordinary("blanche") and is_ordinary("Été")
    assert not is_ordinary("Ngata")
