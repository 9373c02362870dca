"""Recording what people chose, all rows or none, and saying what each of them allows."""

from pathlib import Path

import pytest

from flows.consenting import Said, history_of, import_sheet, parse_at, parse_reach, record_one, show, what_changes
from flows.people import mark_passage
from flows.study import Study
from schemas.errors import BadInput, MissingKey, UsageError
from tests.flows.conftest import CONSENTS, NAMES, Chatham, open_as

HEAD = "participant,at,event,level"


def sheet(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "sheet.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return path


def level(study: Study, participant: str, reach: str = "session:S1") -> object:
    return show(study, participant, at=None, use="analysis", reach=reach).facts["level"]


def test_rows_are_recorded_once_however_often_the_file_is_imported(study: Study, tmp_path: Path) -> None:
    path = sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,unnamed", "P03,2026-03-01T10:00+13:00,decline,")
    first, again = import_sheet(study, path), import_sheet(study, path)
    assert (first.recorded, first.skipped) == (2, 0)
    assert (again.recorded, again.skipped) == (0, 2)
    assert level(study, "P01") == "unnamed"


def test_a_sheet_that_grew_records_only_its_new_rows(study: Study, tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text(CONSENTS + "P03,2026-02-03T10:00+13:00,consent,role,v1\n")
    result = import_sheet(study, tmp_path / "sheet.csv")
    assert (result.recorded, result.skipped) == (1, 2)


def test_a_preview_records_nothing(study: Study, tmp_path: Path) -> None:
    size = study.ledger.head()
    path = sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,unnamed")
    assert import_sheet(study, path, preview=True).recorded == 1
    assert study.ledger.head() == size


def test_one_bad_row_keeps_all_the_others_out(study: Study, tmp_path: Path) -> None:
    size = study.ledger.head()
    path = sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,unnamed", "P02,2026-03-01T10:00,change,named")
    with pytest.raises(BadInput, match="line 3, column at: has no time zone"):
        import_sheet(study, path)
    assert study.ledger.head() == size


def test_each_persons_rows_keep_their_order(study: Study, tmp_path: Path) -> None:
    rows = [f"P0{1 + n % 2},2026-03-01T10:{n:02d}+13:00,change,{'named' if n < 18 else 'role'}" for n in range(20)]
    import_sheet(study, sheet(tmp_path, *rows))
    events = [event for _, event in study.register().events if event.at.day == 1 and event.at.month == 3]
    for participant in ("P01", "P02"):
        mine = [event.at for event in events if event.participant == participant]
        assert mine == sorted(mine)
        assert len(mine) == 10


def test_a_withdrawal_in_a_sheet_takes_the_data_set_away_and_has_its_day(study: Study, tmp_path: Path) -> None:
    study.research.write_bytes(b"x")
    import_sheet(study, sheet(tmp_path, "P01,2026-03-05T10:00+13:00,withdraw,,erase", head=HEAD + ",data"))
    assert not study.research.exists()
    withdrawn = study.register().events[-1][1]
    assert withdrawn.destroy_on is not None


def test_evidence_is_a_file_beside_the_sheet_and_only_its_hash_is_recorded(study: Study, tmp_path: Path) -> None:
    (tmp_path / "signed.pdf").write_bytes(b"abc")
    path = sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,unnamed,signed.pdf", head=HEAD + ",evidence")
    import_sheet(study, path)
    digest = study.register().events[-1][1].evidence_sha256
    assert digest is not None and digest.startswith("ba7816bf")


def test_the_desk_can_import_a_sheet_and_cannot_read_what_people_chose(study: Study, tmp_path: Path) -> None:
    desk = open_as(study.folder, "desk")
    assert import_sheet(desk, sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,unnamed")).recorded == 1
    assert level(study, "P01") == "unnamed"
    for read in (lambda: show(desk, "P01", at=None, use="analysis", reach="study"), lambda: history_of(desk, "P01")):
        with pytest.raises(MissingKey, match="may record choices and not read them"):
            read()


def test_the_board_can_read_what_everybody_chose(study: Study) -> None:
    board = open_as(study.folder, "board")
    assert show(board, "P01", at=None, use="analysis", reach="session:S1").facts["level"] == "named"
    assert len(history_of(board, "P02")) == 1
    with pytest.raises(BadInput, match="not in the roster"):
        show(board, "P77", at=None, use="analysis", reach="study")


def test_one_choice_says_what_it_changes_before_and_after(study: Study) -> None:
    said = Said(participant="P01", event="change", level="unnamed", applies="all")
    preview = record_one(study, said, preview=True)
    assert (preview.recorded, preview.notes) == (0, ("S1: named becomes unnamed, employer generalised (not yet run)",))
    assert level(study, "P01") == "named"
    assert record_one(study, said).recorded == 1
    assert level(study, "P01") == "unnamed"


def test_a_choice_for_one_use_and_one_session_changes_nothing_else(study: Study) -> None:
    record_one(
        study,
        Said(participant="P01", event="change", levels=("practice=withheld",), reach="session:S1", applies="all"),
    )
    assert level(study, "P01") == "named"
    assert show(study, "P01", at=None, use="practice", reach="session:S1").facts["level"] == "withheld"
    assert show(study, "P01", at=None, use="practice", reach="study").facts["level"] == "named"


def test_a_choice_that_changes_no_session_says_so(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "record", "P02", "--level", "unnamed", study=study.folder)
    assert (said.code, "nothing in any session so far" in said.out or "other entries count" in said.out) == (0, True)


def test_what_changes_tells_the_sessions_and_never_a_name(study: Study) -> None:
    stopped = study.register().events[0][1].model_copy(update={"event": "decline", "choices": (), "form": None})
    lines = what_changes(study, stopped)
    assert all(line.startswith("S1: ") for line in lines)
    assert not any(name in line for line in lines for name in NAMES.values())


def test_what_a_person_allowed_at_an_earlier_time_can_be_asked(study: Study) -> None:
    record_one(study, Said(participant="P01", event="change", at="2026-03-10T10:00+13:00", level="unnamed"))
    then = show(study, "P01", at="2026-03-05T10:00+13:00", use="analysis", reach="study")
    assert (then.facts["level"], level(study, "P01", "study")) == ("named", "unnamed")


def test_somebody_who_was_never_asked_allows_nothing(study: Study, chatham: Chatham) -> None:
    shown = show(study, "P03", at=None, use="analysis", reach="study")
    assert (shown.facts["state"], shown.facts["level"]) == ("not_asked", "withheld")
    assert set(dict(shown.facts)["permissions"].values()) == {"no"}  # type: ignore[attr-defined]
    said = chatham("consent", "history", "P03", study=study.folder)
    assert said.out == "This person was never asked.\n"


def test_what_is_said_of_a_person_is_in_sentences_without_names(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "show", "P01", study=study.folder)
    history = chatham("consent", "history", "P01", study=study.folder)
    assert "P01" in said.out
    assert len(history.out.splitlines()) == 1
    assert not any(name in said.out + history.out for name in NAMES.values())


def test_a_reach_is_read_and_must_be_known(study: Study) -> None:
    marked = mark_passage(study, "S1", "0:01", "0:02", "not_mine")
    for text in ("study", "cycle:2", "session:S1", f"passage:{marked.passage}"):
        assert str(parse_reach(study, text)) == text
    for text in ("session:S9", "writing:S1", "passage:abcdefghijkl"):
        with pytest.raises(UsageError, match="that this study does not have"):
            parse_reach(study, text)
    for text in ("", "study:1", "session", "session:", "session:../S1", "passage:x", "town:S1"):
        with pytest.raises(UsageError, match="--reach is none of the known ones"):
            parse_reach(study, text)


def test_show_counts_what_was_said_of_a_cycle(study: Study, tmp_path: Path) -> None:
    head = "participant,at,event,level,reach"
    import_sheet(study, sheet(tmp_path, "P01,2026-03-01T10:00+13:00,change,pseudonym,cycle:2", head=head))
    assert level(study, "P01", "cycle:2") == "pseudonym"
    assert level(study, "P01", "cycle:1") != "pseudonym"
    head = "participant,at,event,data,reach"
    import_sheet(study, sheet(tmp_path, "P01,2026-03-02T10:00+13:00,withdraw,erase,cycle:2", head=head))
    assert show(study, "P01", at=None, use="analysis", reach="cycle:2").facts["state"] == "stopped"
    assert show(study, "P01", at=None, use="analysis", reach="cycle:1").facts["state"] == "consented"


def test_show_says_what_holds_in_a_cycle_and_in_a_passage(study: Study) -> None:
    marked = mark_passage(study, "S1", "0:01", "0:02", "off_the_record")
    assert show(study, "P01", at=None, use="analysis", reach="cycle:1").facts["reach"] == "cycle:1"
    assert show(study, "P01", at=None, use="analysis", reach=f"passage:{marked.passage}").facts["level"] == "withheld"


@pytest.mark.parametrize("text", ["2026-03-04T09:00-08:00", "2026-03-04T17:00:00Z", "20260304T170000+0000"])
def test_an_instant_is_read_with_its_zone(text: str) -> None:
    moment = parse_at(text)
    assert moment is not None
    assert moment.isoformat() in ("2026-03-04T09:00:00-08:00", "2026-03-04T17:00:00+00:00")


@pytest.mark.parametrize("text", ["", "today", "2026-03-04", "2026-03-04T09:00", "04/03/2026 09:00+13:00"])
def test_an_instant_without_a_zone_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--at is no time with its zone"):
        parse_at(text)
