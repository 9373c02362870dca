"""Display names of voices are names to search for in that session."""

import pytest

from deidentification.api import find_names, redact, unite
from deidentification.recognizers.roster_index import RosterIndex
from deidentification.voices import with_voices
from schemas.consent import Level
from schemas.speech import Attributed, Voice
from tests.deidentification.support import POLICY, SESSION, TABLE, VOICES, decisions, recognisers, said, turn


def shown(label: str, *texts: str, participant: str | None = None, level: Level = Level.UNNAMED) -> list[str]:
    """What the first participant says in a session where one more voice has ``label``."""
    method = "map" if participant else "none"
    voice = Voice(label=label, participant=participant, confidence=1.0, method=method)
    attributed = Attributed(
        voices=(*VOICES, voice), utterances=tuple(turn(n, 0, text) for n, text in enumerate(texts, start=1))
    )
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    given = decisions({"P02": level})
    return said(redact(attributed, found, unite([found]), given, SESSION, TABLE, POLICY))


def test_a_guests_display_name_is_hidden_in_everybodys_words() -> None:
    texts = ("As Quibbleton agreed, and Quibbleton Vast too.", "Vast, you said.", "so i asked quibbleton again")
    assert shown("Quibbleton Vast", *texts) == [
        "As [PERSON 1] agreed, and [PERSON 1] too.",
        "[PERSON 1], you said.",
        "so i asked [PERSON 1] again",
    ]


def test_a_guests_word_like_name_hides_no_ordinary_word() -> None:
    assert shown("Wren Ash", "We planted ash. The vast wood burned to ash.") == [
        "We planted ash. The vast wood burned to ash."
    ]


def test_a_mapped_label_is_one_more_name_of_that_participant() -> None:
    assert shown("Zorrow42", "As Zorrow42 said, and zorrow42 too.", participant="P02", level=Level.PSEUDONYM) == [
        "As Sorrel said, and Sorrel too."
    ]
    assert shown("Quibbleton Vast", "I asked Quibbleton.", participant="P02") == ["I asked [PERSON]."]


@pytest.mark.parametrize(
    "label",
    [
        "Speaker 2", "SPEAKER_00", "Room 4", "Guest", "+16045550199", "iPhone", "unknown", "", "Call-In User_1", "🎉",
        "Mark B (Riverside)", "Aroha's iPhone", "Mark & Siobhán", "White", "Chair", "Voice 3", "[Aroha Ngata]", "Dr.",
    ],
)  # fmt: skip
def test_a_label_that_is_no_new_name_makes_nobody(label: str) -> None:
    table, guests = with_voices(TABLE, [Voice(label=label)])
    assert table == TABLE and guests.people == ()


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("Beatrixa Hollowayne (she/her)", ["Beatrixa Hollowayne"]), ("Beatrixa's iPhone", ["Beatrixa"]),
        ("Dr. Beatrixa Hollowayne, PhD", ["Beatrixa Hollowayne"]), ("Room 2 - Beatrixa", ["Beatrixa"]),
        ("Wren Ash and Tuva Lund", ["Wren Ash", "Tuva Lund"]), ("Mark Hollowayne", ["Hollowayne"]),
        ("tuva.lund@example.org", ["tuva lund"]), ("Wren | Riverside Council", ["Wren"]),
    ],
)  # fmt: skip
def test_the_names_in_a_label_are_told_from_what_stands_beside_them(label: str, names: list[str]) -> None:
    _table, guests = with_voices(TABLE, [Voice(label=label)])
    assert [person.full_name for person in guests.people] == names
    assert RosterIndex.of(guests).exact


def test_a_label_that_only_resembles_a_participant_is_no_further_name_of_theirs() -> None:
    table, guests = with_voices(TABLE, [Voice(label="Marcus Whiteley", participant="P02", method="fuzzy")])
    assert table == TABLE and guests.people == ()
