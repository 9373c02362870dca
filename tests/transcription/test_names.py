import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.roster import MatchingTable
from tests.transcription.people import TABLE, person
from transcription.names import fold, is_placeholder, match_name, name_hint


@pytest.mark.parametrize(
    ("label", "participant", "method"),
    [
        ("Jane Doe", "P01", "exact"),
        ("JANE  DOE", "P01", "exact"),
        ("Jane\u00a0Doe", "P01", "exact"),
        ("Doe, Jane", "P01", "exact"),
        ("zoe lefevre", "P03", "exact"),
        ("Jean Luc OBrien", "P04", "exact"),
        ("Jane Doe (UBC)", "P01", "exact"),
        ("Jane Doe UBC", "P01", "exact"),
        ("Jane Doe's iPhone", "P01", "exact"),
        ("iPhone de Jane Doe", "P01", "exact"),
        ("Jane Doe (she/her)", "P01", "exact"),
        ("Jane (Janie) Doe", "P01", "exact"),
        ("Prof. Jane Doe", "P01", "exact"),
        ("Dr Jane Doe, PhD", "P01", "exact"),
        ("Jane Doe | Ministry of Things", "P01", "exact"),
        ("Johnny", "P02", "alias"),
        ("jsmith", "P02", "alias"),
        ("Zoë Martin", "P03", "alias"),
        ("Cristine Bettencourt", "P06", "fuzzy"),
        ("Christine Betencourt (UBC)", "P06", "fuzzy"),
        ("Amara", "P07", "first"),
        ("John S.", "P02", "first"),
        ("Adams", "P05", "last"),
    ],
)
def test_a_display_name_is_the_person_it_names(label, participant, method):
    found, confidence, how = match_name(label, TABLE)
    assert (found, how) == (participant, method)
    assert confidence >= 0.85


MANY = MatchingTable(
    people=(
        person("P1", "Jane Doe", organisation="UBC"),
        person("P2", "Thomas MacAllister", aliases=("Tommy",)),
        person("P3", "Jane-Marie O'Neil"),
        person("P4", "J. R. Okafor"),
        person("P5", "Tariq Al-Rashid"),
        person("P6", "अनिल कुमार"),
        person("P7", "田中 太郎"),
    )
)


@pytest.mark.parametrize(
    ("label", "participant"),
    [
        ("Dr. Jane Doe", "P1"),
        ("Doe, Jane", "P1"),
        ("Doe, Jane (UBC)", "P1"),
        ("Jane Doe - UBC", "P1"),
        ("Jane Doe / She, her", "P1"),
        ("JANE DOE", "P1"),
        ("jane.doe", "P1"),
        ("Jane Doe (she/her) 🌱", "P1"),
        ("Jane Doe ❤️\u200e", "P1"),
        ("J. Doe", "P1"),
        ("tommy macallister", "P2"),
        ("Mac Allister, Tommy", None),
        ("Thomas Mac Allister", "P2"),
        ("Jane-Marie O Neil", "P3"),
        ("J.R. Okafor", "P4"),
        ("Dr. T. Al-Rashid, MD", "P5"),
        ("Tariq Al-Rashid, Ph.D.", "P5"),
        ("S. Al-Rashid", None),
        ("अनिल कुमार", "P6"),
        ("अनील कुमार", None),
        ("田中太郎", "P7"),
    ],
)
def test_names_as_people_write_them_on_meeting_platforms(label, participant):
    assert match_name(label, MANY)[0] == participant


def test_a_nickname_with_the_surname_is_nobodys_where_two_people_have_it():
    table = MatchingTable(people=(*MANY.people, person("P8", "Theodore MacAllister", aliases=("Tommy",))))
    assert match_name("Tommy MacAllister", table)[0] is None


@pytest.mark.parametrize(
    "label", ["JohnSmith", "johnsmith", "ProfJohnSmith", "JohnSmithsiPhone", "ZoeLefevre", "JeanLucOBrien"]
)
def test_a_track_name_that_lost_its_spaces_is_the_person_it_names(label):
    assert match_name(label, TABLE)[0] in ("P02", "P03", "P04")


@pytest.mark.parametrize(
    "label",
    [
        "John",  # two of them
        "Jane Doe and John Smith",
        "Jane Doe & Bob",
        "Jane Doe + 2",
        "Jane Doe Smith",
        "JaneDoeSmith",
        "Jane Doe (interpreter)",
        "Jane Doe - Boardroom",
        "Assistant to Jane Doe",
        "Amara (guest)",
        "Notetaker Amara",
        "Boardroom 2",
        "Joan Smith",  # near to John Smith, but a name of its own
        "Speaker 1",
        "SPEAKER_00",
        "Unknown Speaker",
        "S01",
        "A",
        "+1 604 555 0142",
        "iPhone",
        "Bob Somebody",
        "",
        "…",
    ],
)
def test_a_label_that_could_be_another_or_several_people_is_nobody(label):
    assert match_name(label, TABLE) == (None, 0.0, "none")


def test_two_people_of_one_name_are_told_apart_by_nobody():
    table = MatchingTable(people=(person("P1", "Sam Lee"), person("P2", "Sam Lee")))
    for label in ("Sam Lee", "SamLee", "Sam Lee (she/her)", "Sam", "Lee"):
        assert match_name(label, table)[0] is None


def test_a_nickname_that_is_another_persons_first_name_is_nobody():
    table = MatchingTable(people=(person("P1", "Robert Hall", aliases=("Bob",)), person("P2", "Bob Stone")))
    assert match_name("Bob", table)[0] is None


def test_a_misspelling_between_two_people_is_nobody():
    table = MatchingTable(people=(person("P1", "Christina Rossington"), person("P2", "Christine Rossington")))
    assert match_name("Christinn Rossington", table)[0] is None


@given(st.text(max_size=40))
def test_any_text_at_all_gets_an_answer(label):
    participant, confidence, method = match_name(label, TABLE)
    assert (participant is None) == (method == "none")
    assert 0 <= confidence <= 1


@given(st.sampled_from(TABLE.people), st.sampled_from([str.upper, str.lower, str.title, lambda name: f"  {name}. "]))
def test_case_and_punctuation_never_change_whose_name_it_is(one, change):
    assert match_name(change(one.full_name), TABLE)[0] == one.participant


def test_accents_apostrophes_and_hyphens_fold_away():
    assert fold("Zoë  O’Brien-Lefèvre") == "zoe obrien lefevre"


@pytest.mark.parametrize("label", ["Speaker 3", "speaker_03", "Participant 2", "Intervenant 1", "Guest", "", "12"])
def test_numbered_labels_are_placeholders(label):
    assert is_placeholder(label)


@pytest.mark.parametrize(
    ("file_name", "hint"),
    [
        ("audioJohnSmith98796876.m4a", "JohnSmith"),
        ("audio_only_2_Jane Doe.m4a", "Jane Doe"),
        ("Jane Doe.wav", "Jane Doe"),
        ("Jane_Doe_2.wav", "Jane Doe"),
        ("audio_only.m4a", None),
        ("audio1.m4a", None),
        ("GMT20260114-170012_Recording.m4a", None),
        ("zoom_0.mp4", None),
        ("track 3.flac", None),
        ("recording.opus", None),
    ],
)
def test_a_file_name_says_whose_track_it_is(file_name, hint):
    assert name_hint(file_name) == hint
