"""The gate finds every name that no decision allows, by position, and nothing that one does."""

import pytest

import deidentification.redact as redact_module
from deidentification.api import find_names, leaks, redact, unite
from deidentification.terms import Terms
from schemas.consent import Level
from schemas.deidentified import (
    DeidentifiedUtterance,
    NamesFound,
    RedactedSession,
    SourceSpan,
    SpeakerShown,
    UtteranceFinds,
)
from schemas.errors import CheckFailed
from schemas.roster import MatchingTable
from tests.deidentification.support import (
    POLICY,
    SESSION,
    TABLE,
    decisions,
    person,
    recognisers,
    redacted,
    said,
    session_of,
    turn,
)


def released(
    text: str, *spans: SourceSpan, label: str = "Participant", level: Level = Level.UNNAMED
) -> RedactedSession:
    speaker = SpeakerShown(participant="P01", level=level, label=label, tightened=-1)
    whole = SourceSpan(start_char=0, end_char=len(text), source_start_char=0, source_end_char=len(text), kept=True)
    shown = DeidentifiedUtterance(
        utterance="u1", piece=0, start_s=0, end_s=1, speaker=speaker, text=text, redactions=(),
        spans=spans or (whole,), decision="0" * 64,
    )  # fmt: skip
    return RedactedSession(session="s1", purpose="analyse", utterances=(shown,))


def kept(start: int, end: int, who: str | None, **fields: bool) -> SourceSpan:
    return SourceSpan(
        start_char=start, end_char=end, source_start_char=start, source_end_char=end, kept=True, kept_for=who, **fields
    )


def hits(session: RedactedSession, **levels: Level) -> list[str]:
    (shown,) = session.utterances
    assert isinstance(shown, DeidentifiedUtterance)
    return [shown.text[leak.start_char : leak.end_char] for leak in leaks(session, TABLE, decisions(levels))]


@pytest.mark.parametrize(
    "name",
    [
        "Aroha Ngata",
        "aroha",
        "NGATA",
        "áróha",
        "Siobhan",
        "O’Brien",
        "mark white",
        "Bellweather",
        "mwhite_7",
        "jean luc",
        "x@y.org",
        "Aroha\u200bNgata",
    ],
)
def test_names_addresses_and_former_names_are_found_in_any_spelling(name: str) -> None:
    assert hits(released(f"so {name} left"))


@pytest.mark.parametrize("text", ["so Mark left", "I told Will", "a brown Mark"])
def test_word_like_parts_count_with_a_capital_inside_a_sentence(text: str) -> None:
    assert hits(released(text))


@pytest.mark.parametrize(
    "text", ["mark the white paper", "Will you come? Mark it.", "brown and white", "WILL YOU MARK IT", "on May 3"]
)
def test_ordinary_words_are_no_hits(text: str) -> None:
    assert hits(released(text)) == []


def test_a_name_kept_for_somebody_whose_level_allows_it_is_no_hit() -> None:
    text = "so Mark White left"
    spans = (kept(0, 3, None), kept(3, 13, "P02"), kept(13, 18, None))
    assert hits(released(text, *spans), P02=Level.NAMED) == []
    assert hits(released(text, *spans), P02=Level.FIRST_NAME) == ["Mark White", "White"]
    assert hits(released(text, *spans), P02=Level.UNNAMED) == ["Mark", "Mark White", "White"]


def test_a_name_kept_for_somebody_else_is_a_hit() -> None:
    assert hits(released("so Ngata", kept(0, 3, None), kept(3, 8, "P02")), P02=Level.NAMED, P01=Level.NAMED) == [
        "Ngata"
    ]


def test_a_shared_last_name_may_stand_for_the_one_who_allows_it() -> None:
    spans = (kept(0, 6, None), kept(6, 11, "P05"))
    assert hits(released("so Mr Brown"[:6] + "Brown", *spans), P05=Level.NAMED) == []


def test_two_names_kept_for_different_people_may_not_form_a_third() -> None:
    spans = (kept(0, 3, None), kept(3, 8, "P06"), kept(8, 15, "P05"))
    levels = {"P06": Level.FIRST_NAME, "P05": Level.NAMED}
    assert hits(released("so Chris Nguyen", *spans), **levels) == ["Chris Nguyen", "Nguyen"]


def test_our_own_tags_neither_hit_nor_hide_hits() -> None:
    assert hits(released("so [PERSON] met Will")) == ["Will"]


def test_what_a_reviewed_list_allows_is_no_hit() -> None:
    assert hits(released("so Ngata 2021", kept(0, 3, None), kept(3, 13, None, listed=True))) == []


@pytest.mark.parametrize(
    ("label", "level", "leaking"),
    [
        ("Participant", Level.UNNAMED, False), ("Aroha Ngata", Level.NAMED, False), ("Aroha", Level.FIRST_NAME, False),
        ("Aroha Ngata", Level.FIRST_NAME, True), ("Aroha", Level.PSEUDONYM, True), ("Mark", Level.PSEUDONYM, True),
        ("[adviser to Aroha Ngata]", Level.ROLE, True), ("Siobhán O'Brien", Level.NAMED, True),
    ],
)  # fmt: skip
def test_speaker_labels_are_checked_too(label: str, level: Level, leaking: bool) -> None:
    found = leaks(released("hello", label=label, level=level), TABLE, decisions())
    assert [leak.start_char for leak in found] == ([-1] if leaking else [])


def test_a_name_that_finding_missed_is_withheld_and_queued() -> None:
    attributed = session_of(turn(1, 1, "so Aroha left"), turn(2, 1, "so we stayed"))
    blind = NamesFound(
        session="s1",
        language="en",
        recognisers={},
        utterances=tuple(UtteranceFinds(utterance=u, finds=()) for u in ("u1", "u2")),
    )
    session = redact(attributed, blind, unite([]), decisions(), SESSION, TABLE, POLICY)
    assert said(session) == ["leak", "so we stayed"]
    assert session.gate_hits == 1
    assert [r.utterance for r in session.review] == ["u1"]


def test_nothing_is_released_if_names_still_stand_after_withholding(monkeypatch: pytest.MonkeyPatch) -> None:
    attributed = session_of(turn(1, 1, "so Aroha left"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    blind = found.model_copy(update={"utterances": (UtteranceFinds(utterance="u1", finds=()),)})
    monkeypatch.setattr(redact_module, "withhold", lambda piece: piece)
    with pytest.raises(CheckFailed, match="still stand after the leak gate"):
        redact(attributed, blind, unite([]), decisions(), SESSION, TABLE, POLICY)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Li-Na Wu", "notes of Li-Na"), ("Li-Na Wu", "notes of Lina"), ("Bo-Yi Chan", "les notes de Bo-Yi"),
        ("Sean O'Fe", "a letter of O’Fe"), ("Jo-An d'Ys", "selon d'Ys"),
    ],
)  # fmt: skip
def test_a_hyphenated_name_of_two_short_pieces_is_a_name(name: str, text: str) -> None:
    terms = Terms.of(MatchingTable(people=(person(1, name),)))
    assert terms.holds_name(text) and terms.holds_name(text, strict=True)
    assert not terms.holds_name("na li, and yi, and o, and the fee of it", strict=True)


def test_a_footnote_at_a_name_that_its_owner_allows_is_no_leak() -> None:
    assert said(redacted("so Mark White3 left", levels={"P02": Level.NAMED})) == ["so Mark White3 left"]
    assert said(redacted("so Mark White3 left")) == ["so [PERSON]3 left"]
    assert said(redacted("it is W-H-I-T-E", levels={"P02": Level.FIRST_NAME}))[0] in ("it is [PERSON]", "it is Mark")
