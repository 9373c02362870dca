from datetime import date

import pytest

from schemas.consent import Level
from schemas.deidentified import RedactedSession
from schemas.errors import CheckFailed
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse.load import ReleasedSession
from warehouse.rows import tables

UNNAMED = speaker(level=Level.UNNAMED)
FRENCH_UNNAMED = speaker(level=Level.UNNAMED, label="Jeanne Tremblay", tier="constellation", language="fr")


def rows(table, *sessions):
    return tables(sessions, IDS, PROVENANCE)[table].to_pylist()


def test_a_withheld_utterance_keeps_its_place_and_its_reason_and_nothing_else():
    (row,) = rows("utterances", session("S1", gap(2)))
    assert (row["session_id"], row["start_s"], row["end_s"]) == ("S1", 20.0, 28.0)
    assert (row["withheld"], row["withheld_reason"]) == (True, "level")
    assert (row["text"], row["speaker_id"], row["quote_state"]) == (None, None, None)


def test_a_released_utterance_has_words_and_a_speaker_and_no_reason():
    built = tables([session("S1", said(1, "Hello [PERSON]."))], IDS, PROVENANCE)
    (row,), (shown,) = built["utterances"].to_pylist(), built["speakers"].to_pylist()
    assert (row["text"], row["withheld"], row["withheld_reason"]) == ("Hello [PERSON].", False, None)
    assert row["speaker_id"] == shown["speaker_id"]
    assert shown["label"] == "Rowan Ashdown"


def test_nothing_but_their_own_session_joins_the_rows_of_an_unnamed_speaker():
    first, second = session("S1", said(1, speaker=UNNAMED)), session("S2", said(1, "Bonjour.", speaker=UNNAMED))
    built = tables([first, second], IDS, PROVENANCE)
    for table, same in (
        ("speakers", {"label", "level"}),
        ("utterances", {"start_s", "end_s", "withheld", "quote_state"}),
        ("cases", set()),
    ):
        one, two = built[table].to_pylist()
        assert {name for name in one if one[name] is not None and one[name] == two[name]} <= same


def test_an_unnamed_speaker_is_a_participant_without_attributes_whatever_the_record_says():
    (row,) = rows("speakers", session("S1", said(1, speaker=FRENCH_UNNAMED)))
    assert {name: value for name, value in row.items() if value is not None} == {
        "speaker_id": row["speaker_id"],
        "label": "Participant",
        "level": "unnamed",
    }


def test_one_speaker_has_one_row_in_all_sessions():
    assert len(rows("speakers", session("S1", said(1), said(2)), session("S2", said(1)))) == 1


def test_an_employer_named_in_one_session_and_generalised_in_another_gives_two_speakers():
    other = speaker("P02", label="Juniper")
    here, there = (
        [who.model_copy(update={"organisation_as": name}) for who in (speaker(), other)]
        for name in ("City of Elmsford", "a municipal government in Canada")
    )
    sessions = [
        session(name, *(said(number, speaker=who) for number, who in enumerate(people)))
        for name, people in (("S1", here), ("S2", there))
    ]
    built = tables(sessions, IDS, PROVENANCE)
    assert {row["organisation_as"] for row in built["speakers"].to_pylist()} == {
        "City of Elmsford",
        "a municipal government in Canada",
    }
    assert len({row["speaker_id"] for row in built["utterances"].to_pylist()}) == 4, "two for each of the two people"


@pytest.mark.parametrize(
    "public", [{"public_unaltered": True}, {"kind": "writing", "public_urls": ("https://example.org/post",)}]
)
def test_a_label_does_not_cross_into_a_public_source(public):
    drawn = speaker(label="Robin Fairweather")
    built = rows("speakers", session("S1", said(1)), session("W1", said(1, speaker=drawn), **public))
    assert sorted(row["label"] for row in built) == ["Robin Fairweather", "Rowan Ashdown"]


def test_a_public_source_has_its_own_speaker_even_under_the_same_label():
    assert len(rows("speakers", session("S1", said(1)), session("S2", said(1), public_unaltered=True))) == 2


def test_sessions_stand_by_day_and_utterances_by_time():
    late = session("A", said(3), gap(1), said(2), day=date(2026, 5, 1))
    early = session("Z", said(1), day=date(2026, 4, 1))
    built = tables([late, early], IDS, PROVENANCE)
    assert built["sessions"]["session_id"].to_pylist() == ["Z", "A"]
    assert built["utterances"]["start_s"].to_pylist() == [10.0, 10.0, 20.0, 30.0]


def test_who_came_first_in_the_vault_cannot_be_told_from_utterances_at_one_time():
    together = [said(number, start_s=5.0, end_s=6.0) for number in range(1, 9)]
    forwards = rows("utterances", session("S1", *together))
    assert forwards == rows("utterances", session("S1", *reversed(together)))
    assert [row["utterance_id"] for row in forwards] == sorted(row["utterance_id"] for row in forwards)


def test_redactions_point_into_the_released_text():
    text = "Thanks [PERSON], and [PERSON] 🙂."
    said_so = said(1, text, redactions=(masked(7, 15), masked(21, 29)))
    found = rows("redactions", session("S1", said_so, gap(2)))
    assert [text[row["start_char"] : row["end_char"]] for row in found] == ["[PERSON]", "[PERSON]"]
    assert {(row["label"], row["action"]) for row in found} == {("PERSON", "masked")}
    assert {row["utterance_id"] for row in found} == {IDS.utterance_id(said_so, "S1")}


def test_provenance_names_every_model_apart():
    found = {row["key"]: row["value"] for row in rows("provenance")}
    assert found["model:en-core-web-sm"] == "3.8.0"
    assert found["ledger_size"] == "12"
    assert set(found) >= {"purpose", "ledger_root", "made_at", "code_version", "policy_sha256", "decisions_sha256"}


def test_words_at_level_withheld_are_refused():
    with pytest.raises(CheckFailed, match="level is `withheld`"):
        rows("speakers", session("S1", said(1, speaker=speaker(level=Level.WITHHELD))))


def test_a_session_given_twice_is_refused():
    with pytest.raises(CheckFailed, match="session S1 stands twice"):
        rows("sessions", session("S1", said(1)), session("S1", said(2)))


def test_words_of_another_session_are_refused():
    strange = RedactedSession(session="S2", purpose="analyse", utterances=(said(1),))
    with pytest.raises(CheckFailed, match=r"session S1 .* holds the words of another session"):
        rows("sessions", ReleasedSession(session("S1").session, 60.0, strange))


def test_an_utterance_given_twice_is_refused():
    with pytest.raises(CheckFailed, match="the same released id"):
        rows("utterances", session("S1", said(1), said(1)))


def test_a_released_session_shows_its_id_alone():
    assert repr(session("S1", said(1, "secret words"))) == "ReleasedSession(S1)"


def test_no_attribute_joins_the_labels_of_one_person():
    named = speaker(level=Level.NAMED, label="Mark Brown")
    made_up = speaker(level=Level.PSEUDONYM, label="Driama")
    built = rows("speakers", session("S1", said(1, speaker=named)), session("S2", said(1, speaker=made_up)))
    by_label = {row["label"]: row for row in built}
    attributes = ("tier", "role_as", "organisation_as", "place_as", "language")
    assert all(by_label["Driama"][name] is None for name in attributes)
    assert by_label["Mark Brown"]["role_as"] is not None
