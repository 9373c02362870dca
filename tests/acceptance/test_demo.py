"""`chatham demo`: what a newcomer sees, and what must be true of the data set it leaves."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Server
from tests.acceptance.laboratory import LONG, PASSPHRASE, Laboratory, Made, copied
from tests.acceptance.people import everybody, is_rare, levels_in, plain, stands_in
from tests.acceptance.reading import Rows, rows, said, tables
from warehouse.scan import release_text_scan

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

SESSIONS = ("S1", "S2", "S3")
QUICK_S = 90 if LONG else 240
"""What is promised on two idle cores; a test machine may be busy with other things."""


@pytest.fixture(scope="session")
def research(demo: Made) -> Path:
    return demo.study / "warehouse" / "research.duckdb"


@pytest.fixture(scope="session")
def before(first: Made) -> Path:
    """The data set before somebody withdrew."""
    return first.study / "warehouse" / "research.duckdb"


def shown(path: Path, session: str) -> Rows:
    """The words of a session that may be read, with how their speaker is shown."""
    return rows(
        path,
        "SELECT * FROM utterances JOIN speakers USING (speaker_id) WHERE session_id = ? ORDER BY start_s",
        (session,),
    )


def seconds(clock: str) -> float:
    return sum(float(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))


def test_the_demo_ends_well_and_soon(demo: Made):
    print(f"chatham demo: {demo.done.seconds:.1f} s")
    assert demo.done.code == 0
    assert demo.done.seconds < QUICK_S
    assert f"The passphrase of this made-up study is {PASSPHRASE}." in demo.done.out
    assert "Open next:" in demo.done.out


def test_it_prints_a_table_that_agrees_with_the_data_set(demo: Made, research: Path):
    header = "session  speakers  utterances  withheld  redactions  leaks"
    last = demo.done.out.rsplit(header, 1)[1]
    printed = {line.split()[0]: line.split()[1:] for line in last.strip().splitlines()[:3]}
    counted = rows(
        research,
        "SELECT session_id, count(DISTINCT speaker_id) AS speakers, count(*) AS utterances,"
        " count(*) FILTER (withheld) AS withheld, (SELECT count(*) FROM redactions JOIN utterances o"
        " USING (utterance_id) WHERE o.session_id = u.session_id) AS redactions FROM utterances u GROUP BY 1",
    )
    names = ("speakers", "utterances", "withheld", "redactions")
    assert {row["session_id"]: [*(str(row[name]) for name in names), "0"] for row in counted} == printed
    assert demo.done.out.count(header) == 2


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("later", [False, True], ids=["before", "after"])
def test_nobody_is_named_beyond_their_level(
    before: Path, research: Path, plan: dict[str, Any], session: str, later: bool
):
    """Full names, aliases, e-mails, former names and name parts, in every text, label and attribute of the session."""
    people, levels = everybody(), levels_in(plan, session, later=later)
    told = shown(research if later else before, session)
    assert told
    texts = [str(value) for row in told for value in row.values() if isinstance(value, str)]
    seen = {
        (participant, name)
        for participant, person in people.items()
        for name in person.forbidden(levels[participant])
        if any(stands_in(name, text) for text in texts)
    }
    assert {participant for participant, _ in seen} == set()


def test_no_column_of_any_table_names_somebody_whom_no_session_may_name(
    before: Path, research: Path, plan: dict[str, Any]
):
    people = everybody()
    for path, later in ((before, False), (research, True)):
        by_session = [levels_in(plan, session, later=later) for session in SESSIONS]
        terms = {
            name
            for participant, person in people.items()
            for name in set.intersection(*(person.forbidden(levels[participant]) for levels in by_session))
            if len(name) >= 5 and all(is_rare(part) for part in re.split(r"[ @.-]", name)[:1])
        }
        assert len(terms) > 12
        assert release_text_scan(path, terms) == []


def test_the_search_of_the_data_set_finds_what_is_there(before: Path):
    assert release_text_scan(before, ["Marisol Vega"]) != []


def test_what_must_appear_does_and_what_must_not_does_not(before: Path, research: Path, plan: dict[str, Any]):
    expected = plan["expected"]
    first, later = expected["first_run"], expected["after_later"]
    texts = "\n".join(said(before))
    assert [name for name in first["must_appear"] if name not in texts] == []
    assert [name for name in first["must_not_appear"] if name in texts] == []
    texts = "\n".join(said(research))
    gone = first["must_not_appear"] + later["must_not_appear"]
    assert [name for name in gone if name in texts] == []
    kept = [name for name in first["must_appear"] if not any(word in name for word in later["must_not_appear"])]
    assert len(kept) < len(first["must_appear"])
    assert [name for name in kept if name not in texts] == []


def test_every_level_shows_a_speaker_as_it_says(before: Path, plan: dict[str, Any]):
    people = everybody()
    for session, speakers in plan["expected"]["speakers"].items():
        levels = levels_in(plan, session, later=False)
        expected = defaultdict(int)
        for participant in speakers:
            if levels[participant] != "withheld":
                expected[levels[participant]] += 1
        found = rows(
            before,
            "SELECT level, label FROM speakers WHERE speaker_id IN"
            " (SELECT speaker_id FROM utterances WHERE session_id = ?)",
            (session,),
        )
        counted: dict[str, int] = defaultdict(int)
        for row in found:
            counted[row["level"]] += 1
        # a role that fits one person only is shown as unnamed; here two people share it
        assert counted == expected, session
        labels = {row["label"] for row in found}
        for participant in speakers:
            if levels[participant] == "named":
                assert people[participant].full_name in labels
            if levels[participant] == "first_name":
                assert people[participant].first_name in labels
        assert {row["label"] for row in found if row["level"] == "unnamed"} <= {"Participant"}
        assert all(re.fullmatch(r"\[.+\]", row["label"]) for row in found if row["level"] == "role")


def test_one_person_at_one_level_has_one_label_and_one_id_in_every_session(before: Path):
    for label in ("Ruth Abara", "Daniel", "Oscar Mensah"):
        found = rows(
            before,
            "SELECT speaker_id, count(DISTINCT session_id) AS sessions FROM speakers JOIN utterances USING (speaker_id)"
            " WHERE label = ? GROUP BY 1",
            (label,),
        )
        assert len(found) == 1, label
        assert found[0]["sessions"] >= 2, label


def test_a_pseudonym_is_the_same_wherever_the_level_is_the_same(demo: Made, before: Path, research: Path):
    """Sofia is mentioned in S1 and S3 and speaks in S2; Aroha chose her name herself."""
    for path in (before, research):
        labels = rows(path, "SELECT DISTINCT label FROM speakers WHERE level = 'pseudonym' ORDER BY label")
        drawn = [row["label"] for row in labels if row["label"] != "Kōwhai"]
        assert len(labels) == 2
        assert len(drawn) == 1
        spoken_of = {
            "S1": "trust comes before data",
            "S3": "accepterait de nous le montrer",
        }
        for session, words in spoken_of.items():
            texts = [row["text"] for row in shown(path, session) if words in row["text"]]
            assert len(texts) == 1, (session, words)
            assert drawn[0] in texts[0], session
        kowhai = [row["text"] for session in SESSIONS for row in shown(path, session) if "Kōwhai" in row["text"]]
        assert kowhai


def test_the_person_herself_and_others_speak_of_her_under_the_same_made_up_name(before: Path, demo: Made, first: Made):
    from flows.study import Study

    table = Study.open(first.study, user=None, passphrase=PASSPHRASE).table().by_id()
    labels = {row["label"] for row in rows(before, "SELECT label FROM speakers WHERE level = 'pseudonym'")}
    assert labels == {table["P05"].pseudonym, table["P09"].pseudonym}


def test_withheld_utterances_have_neither_words_nor_speaker(before: Path, research: Path):
    for path in (before, research):
        gaps = rows(path, "SELECT * FROM utterances WHERE withheld OR text IS NULL OR speaker_id IS NULL")
        assert gaps
        for gap in gaps:
            assert (gap["withheld"], gap["text"], gap["speaker_id"]) == (True, None, None)
            assert gap["withheld_reason"] is not None
        decisions = [gap["decision_id"] for gap in gaps if gap["decision_id"] is not None]
        assert len(set(decisions)) == len(decisions)
        ids = ", ".join(f"'{gap['utterance_id']}'" for gap in gaps)
        assert rows(path, f"SELECT * FROM redactions WHERE utterance_id IN ({ids})") == []  # noqa: S608


def test_the_guest_nobody_asked_and_the_passage_off_the_record_are_gaps(before: Path, plan: dict[str, Any]):
    gaps = rows(before, "SELECT * FROM utterances WHERE session_id = 'S2' AND withheld")
    mark = plan["marks"][0]
    begin, end = (
        sum(float(part) * 60**power for power, part in enumerate(reversed(mark[key].split(":"))))
        for key in ("from", "to")
    )
    assert any(gap["start_s"] < end and gap["end_s"] > begin for gap in gaps)
    heard = [row for row in shown(before, "S2") if row["start_s"] < end - 0.5 and row["end_s"] > begin + 0.5]
    assert [row["text"] for row in heard] == []
    assert not any("dropping in" in text for text in said(before))


def test_the_withdrawn_person_is_in_nothing(demo: Made, research: Path, before: Path):
    times = {row["start_s"] for row in shown(before, "S3") if row["label"] == "Oscar Mensah"}
    assert len(times) >= 2
    assert release_text_scan(research, ["Oscar", "Mensah", "Oskar", "Street Lab"]) == []
    assert times.isdisjoint(row["start_s"] for row in shown(research, "S3"))
    gaps = rows(research, "SELECT start_s FROM utterances WHERE session_id = 'S3' AND withheld")
    assert times <= {gap["start_s"] for gap in gaps}
    assert [path.name for path in research.parent.iterdir()] == ["research.duckdb"]


def test_no_file_name_and_no_readable_file_of_the_study_names_anybody(demo: Made, first: Made):
    names = {
        name
        for person in everybody().values()
        for name in (person.full_name, *person.aliases, *person.parts, person.email, *person.former_names)
        if len(name) >= 5
    }
    for made in (demo, first):
        files = [path for path in made.study.rglob("*") if path.is_file()]
        paths = [plain(str(path.relative_to(made.study))) for path in files]
        assert [path for path in paths if any(plain(name).replace(" ", "") in path for name in names)] == []
        readable = [path for path in files if path.suffix in (".toml", ".json", ".yaml", ".txt", ".pub")]
        assert made.study / "chatham.toml" in readable
        for path in readable:
            text = plain(path.read_text(encoding="utf-8", errors="replace"))
            assert not any(plain(name) in text for name in names), path.name


def test_the_demo_says_nobodys_words_while_it_runs(demo: Made):
    written = demo.done.out + demo.done.err
    people = everybody()
    assert [p for p, person in people.items() if any(stands_in(n, written) for n in person.forbidden("unnamed"))] == []


@pytest.fixture(scope="module")
def unnamed(lab: Laboratory, first: Made, server: Server) -> Path:
    """The data set after Daniel, who speaks in two sessions, chose to be unnamed."""
    study = copied(first.study, lab.root / "unnamed")
    recorded = lab.run("consent", "record", "P02", "--level", "unnamed", study=study)
    assert recorded.code == 0, recorded.err
    done = lab.run("run", "--json", study=study, env=lab.environment(PREFECT_API_URL=server.url))
    assert done.code == 0, done.err
    return study / "warehouse" / "research.duckdb"


def daniels_rows(path: Path, before: Path) -> list[list[Rows]]:
    """For each session in which Daniel speaks: the rows of his utterances, of their speaker, of their redactions.

    They are told by session and time, as they stood in ``before``, when he went by his first name.
    """
    his = rows(
        before, "SELECT session_id, start_s FROM utterances JOIN speakers USING (speaker_id) WHERE label = 'Daniel'"
    )
    everything = tables(path)
    found = []
    for session in sorted({row["session_id"] for row in his}):
        times = {row["start_s"] for row in his if row["session_id"] == session}
        mine = [row for row in everything["utterances"] if row["session_id"] == session and row["start_s"] in times]
        assert len(mine) == len(times) >= 2
        speakers, ids = {row["speaker_id"] for row in mine}, {row["utterance_id"] for row in mine}
        found.append(
            [
                mine,
                [row for row in everything["speakers"] if row["speaker_id"] in speakers],
                [row for row in everything["redactions"] if row["utterance_id"] in ids],
            ]
        )
    return found


def joins(path: Path, before: Path) -> dict[str, set[object]]:
    """Columns whose values stand in the rows of both of Daniel's sessions, with these values."""
    one, other = daniels_rows(path, before)
    shared: dict[str, set[object]] = {}
    for mine, theirs in zip(one, other, strict=True):
        for column in {name for row in mine for name in row}:
            both = {row[column] for row in mine} & {row.get(column) for row in theirs}
            if both - {None}:
                shared[column] = both - {None}
    return shared


def test_no_column_joins_two_sessions_of_an_unnamed_speaker(unnamed: Path, before: Path):
    shared = joins(unnamed, before)
    words = {"label", "level", "withheld", "quote_state", "action", "start_char", "end_char"}
    assert set(shared) <= words, shared
    assert shared["level"] == {"unnamed"}
    named_alike = rows(unnamed, "SELECT DISTINCT label FROM speakers WHERE level = 'unnamed'")
    assert named_alike == [{"label": "Participant"}]
    assert "speaker_id" in joins(before, before)  # the same search sees the join that a named speaker has


def test_an_unnamed_speaker_has_no_attributes(unnamed: Path):
    found = rows(unnamed, "SELECT * FROM speakers WHERE level = 'unnamed'")
    assert len(found) >= 2
    for row in found:
        kept = {name for name, value in row.items() if value is not None}
        assert kept == {"speaker_id", "label", "level"}
