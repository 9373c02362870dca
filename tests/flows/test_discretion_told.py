"""A run says where somebody asks for discretion, and counts it as no doubtful name."""

import pytest

from flows.published import PURPOSE
from flows.run import rows
from flows.study import Study
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from tests.flows.cascade import PEOPLE, find_few_names, make, run
from tests.flows.conftest import make_keys_cheap

SESSIONS = {
    "S1": (
        ("P02", "The ferry was late."), ("P02", "Off the record, the ferry was sold."), ("P04", "Petronella Vasquez?"),
    ),
    "S2": (("P02", "The ferry was late."),),
    "S3": tuple(("P04", "Between us, it was late.") for _ in range(14)),
}  # fmt: skip


@pytest.fixture
def study(tmp_path, monkeypatch) -> Study:
    make_keys_cheap(monkeypatch)
    find_few_names(monkeypatch)
    return make(tmp_path, SESSIONS, {p: PEOPLE[p] for p in ("P02", "P04")})


def test_a_run_says_where_somebody_asks_for_discretion(study: Study) -> None:
    told = {str(row["session"]): row for row in rows(run(study))}
    assert told["S1"]["notes"] == ["somebody asks for discretion at 0:10"]
    assert told["S1"]["doubtful"] == 1, "a name that is nobody's; the phrase is no name"
    assert told["S2"]["notes"] == []
    (many,) = told["S3"]["notes"]  # type: ignore[misc]
    assert many.endswith("1:50 and in 2 more turns"), "14 turns, of which a dozen are told"


def test_nothing_is_hidden_for_it(study: Study) -> None:
    run(study)
    redacted = study.vault.session("S1").latest(f"redacted-{PURPOSE}", RedactedSession)
    assert redacted is not None
    shown = [u.text for u in redacted.utterances if isinstance(u, DeidentifiedUtterance)]
    assert shown[1] == "Off the record, the ferry was sold."
