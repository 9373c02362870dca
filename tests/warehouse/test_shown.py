"""What a data set shows is read back whole: every utterance with words, its masks, and why others have none."""

from pathlib import Path

import pytest

from schemas.consent import Level
from schemas.deidentified import WithheldReason
from schemas.errors import BadInput
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse.load import build
from warehouse.shown import read_contents

SESSIONS = (
    session(
        "S1",
        said(1, "I am Ada.", speaker=speaker("P03", Level.NAMED, label="Ada Lark")),
        gap(2),
        said(3, "Thanks [PERSON] and [PERSON].", redactions=(masked(20, 28), masked(7, 15))),
    ),
    session(
        "S2",
        said(1, speaker=speaker("P02", Level.UNNAMED)),
        gap(2, WithheldReason.SPEAKER_UNKNOWN),
        gap(3, WithheldReason.LEAK),
        gap(4, WithheldReason.LEAK),
        language="fr",
    ),
)


def test_every_shown_utterance_comes_with_how_it_is_shown(tmp_path: Path) -> None:
    build(tmp_path / "a.duckdb", SESSIONS, IDS, PROVENANCE)
    shown = read_contents(tmp_path / "a.duckdb").shown
    found = {(one.session, one.start_s): (one.language, one.label, one.level, one.text, one.masks) for one in shown}
    assert found == {
        ("S1", 10.0): ("en", "Ada Lark", "named", "I am Ada.", ()),
        ("S1", 30.0): ("en", "Rowan Ashdown", "pseudonym", "Thanks [PERSON] and [PERSON].", ((7, 15), (20, 28))),
        ("S2", 10.0): ("fr", "Participant", "unnamed", "We named the pain points.", ()),
    }
    assert len({one.utterance for one in shown}) == 3


def test_the_rest_is_counted(tmp_path: Path) -> None:
    build(tmp_path / "a.duckdb", SESSIONS, IDS, PROVENANCE)
    contents = read_contents(tmp_path / "a.duckdb")
    assert contents.withheld == {"leak": 2, "level": 1, "speaker_unknown": 1}
    assert (contents.words, contents.masks) == (3 + 4 + 5, 2)
    assert contents.named == ("Ada Lark",)
    assert contents.provenance["ledger_size"] == "12"


def test_words_stand_in_no_representation(tmp_path: Path) -> None:
    build(tmp_path / "a.duckdb", SESSIONS, IDS, PROVENANCE)
    contents = read_contents(tmp_path / "a.duckdb")
    assert not any(word in repr(contents) + repr(contents.shown) for word in ("Ada", "Thanks", "pain"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not there"):
        read_contents(tmp_path / "a.duckdb")
