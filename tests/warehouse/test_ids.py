import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.consent import Level
from schemas.errors import MissingKey
from tests.warehouse.samples import IDS, SECRETS, STUDY_KEY, gap, said, speaker
from warehouse.ids import ReleaseIds, framed


def test_ids_are_sixteen_hexadecimal_digits():
    for identifier in (
        IDS.speaker_id(speaker(), "S1", public=False),
        IDS.utterance_id(said(1), "S1"),
        IDS.utterance_id(gap(1), "S1"),
        IDS.decision_id(said(1), "S1"),
        IDS.decision_id(gap(1), "S1"),
    ):
        assert re.fullmatch("[0-9a-f]{16}", identifier)


def test_a_pseudonym_joins_a_persons_sessions():
    assert IDS.speaker_id(speaker(), "S1", public=False) == IDS.speaker_id(speaker(), "S2", public=False)


def test_an_unnamed_speaker_has_another_id_in_each_session():
    unnamed = speaker(level=Level.UNNAMED)
    assert IDS.speaker_id(unnamed, "S1", public=False) != IDS.speaker_id(unnamed, "S2", public=False)


def test_an_unnamed_speaker_keeps_one_id_within_a_session():
    first, second = (speaker(level=Level.UNNAMED, label=label) for label in ("Participant", "Participant"))
    assert IDS.speaker_id(first, "S1", public=False) == IDS.speaker_id(second, "S1", public=False)


@pytest.mark.parametrize("level", [level for level in Level if level is not Level.PSEUDONYM])
def test_another_level_is_another_speaker(level):
    assert IDS.speaker_id(speaker(), "S1", public=False) != IDS.speaker_id(speaker(level=level), "S1", public=False)


def test_a_tightened_level_mints_every_id_anew():
    before, after = said(1), said(1, speaker=speaker(tightened=9))
    assert IDS.speaker_id(before.speaker, "S1", public=False) != IDS.speaker_id(after.speaker, "S1", public=False)
    assert IDS.utterance_id(before, "S1") != IDS.utterance_id(after, "S1")
    assert IDS.decision_id(before, "S1") != IDS.decision_id(after, "S1")


def test_a_public_source_has_another_speaker_id():
    assert IDS.speaker_id(speaker(), "S1", public=False) != IDS.speaker_id(speaker(), "S1", public=True)


def test_decision_ids_join_no_two_sessions():
    assert IDS.decision_id(said(1), "S1") == IDS.decision_id(said(2), "S1")
    assert IDS.decision_id(said(1), "S1") != IDS.decision_id(said(1), "S2")


def test_a_gap_is_joined_to_nothing_of_the_person_who_is_silent_there():
    ids = [IDS.decision_id(said(1), "S1"), *(IDS.decision_id(gap(number), "S1") for number in (1, 2, 3))]
    assert len(set(ids)) == 4


def test_a_gap_without_a_decision_has_no_decision_id():
    assert IDS.decision_id(gap(1, participant=None, decision=None), "S1") is None


def test_pieces_of_a_turn_have_their_own_ids():
    assert IDS.utterance_id(said(1), "S1") != IDS.utterance_id(said(1, piece=1), "S1")


def test_another_study_or_another_secret_gives_other_ids():
    other_study = ReleaseIds(bytes(32), SECRETS)
    other_secret = ReleaseIds(STUDY_KEY, {**SECRETS, "P01": "ff" * 32})
    minted = {ids.speaker_id(speaker(), "S1", public=False) for ids in (IDS, other_study, other_secret)}
    assert len(minted) == 3


def test_words_of_somebody_without_a_secret_get_no_id():
    with pytest.raises(MissingKey, match="holds no secret for participant P01"):
        ReleaseIds(STUDY_KEY, {}).utterance_id(said(1), "S1")


def test_a_gap_left_by_somebody_erased_still_has_its_ids():
    nobody = ReleaseIds(STUDY_KEY, {})
    assert nobody.utterance_id(gap(1), "S1") != IDS.utterance_id(gap(1), "S1")
    assert nobody.decision_id(gap(1), "S1") != IDS.decision_id(gap(1), "S1")


@pytest.mark.parametrize("secret", ["", "abc", "00" * 31, "no hexadecimal"])
def test_a_damaged_secret_is_refused_without_showing_it(secret):
    with pytest.raises(MissingKey, match="secret of participant P01 in the roster is not 32 bytes") as caught:
        ReleaseIds(STUDY_KEY, {"P01": secret})
    assert not secret or secret not in str(caught.value)


def test_a_study_key_of_the_wrong_length_is_refused():
    with pytest.raises(MissingKey, match="study key is not 32 bytes"):
        ReleaseIds(b"short", {})


def test_neither_key_nor_secrets_stand_in_a_repr():
    assert repr(IDS) == "ReleaseIds(19 people)"


@given(st.lists(st.text() | st.binary()), st.lists(st.text() | st.binary()))
def test_two_lists_of_parts_never_give_the_same_bytes(first, second):
    def as_bytes(parts):
        return [part if isinstance(part, bytes) else part.encode() for part in parts]

    same = framed(*first) == framed(*second)
    assert same == (as_bytes(first) == as_bytes(second))
