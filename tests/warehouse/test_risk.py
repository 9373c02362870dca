"""Nothing said beside a label fits one person alone, in the file as it is built; small groups are told."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.consent import Level
from schemas.deidentified import ATTRIBUTES_GO, SpeakerShown
from tests.warehouse.samples import IDS, PROVENANCE, said, session, speaker
from warehouse.alone import Face, fitting
from warehouse.load import build, create_schema
from warehouse.opened import opened
from warehouse.risk import SmallCells, small_cells, small_groups, told

ROLE = {"level": Level.ROLE, "label": "[policy adviser, a municipal government in Canada]"}
BARE = dict.fromkeys(ATTRIBUTES_GO)


def built(path, *sessions):
    """The rows of ``speakers`` by label and place in the data set, and its small cells."""
    build(path, sessions, IDS, PROVENANCE)
    with opened(path) as connection:
        rows = connection.table("speakers").project(", ".join(("label", "level", *ATTRIBUTES_GO))).fetchall()
        return sorted(rows, key=repr), small_cells(connection)


def talk(name, *people, **changes):
    """A session in which everybody speaks once."""
    return session(name, *(said(number, speaker=one) for number, one in enumerate(people, 1)), **changes)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "research.duckdb"


def test_attributes_that_two_protected_people_of_the_data_set_share_stand(path):
    rows, cells = built(path, talk("S1", speaker(), speaker("P02", label="Juniper")))
    assert {row[2:] for row in rows} == {tuple(getattr(speaker(), column) for column in ATTRIBUTES_GO)}
    assert [cell.people for cell in cells.cells] == [2]


def test_somebody_named_hides_nobody(path):
    rows, cells = built(path, talk("S1", speaker(), speaker("P02", Level.NAMED, label="Mark Brown")))
    assert rows[0][2:] == (speaker().place_as, *(getattr(speaker(), column) for column in ATTRIBUTES_GO[1:]))
    assert rows[1][:2] == ("Rowan Ashdown", "pseudonym")
    assert set(rows[1][2:]) == {None}
    assert cells == SmallCells(())


def test_columns_go_one_by_one_until_what_is_left_is_shared(path):
    rows, cells = built(path, talk("S1", speaker(), speaker("P02", label="Juniper", place_as="the north")))
    assert all(row[2] is None and None not in row[3:] for row in rows)
    assert cells.alone == 0


def test_a_role_that_is_one_persons_in_the_data_set_is_not_said(path):
    alone = speaker(**ROLE)
    rows, cells = built(path, talk("S1", alone, speaker("P02", label="Juniper")), talk("S2", alone))
    assert rows == [("Juniper", "pseudonym", *BARE.values()), *[("Participant", "unnamed", *BARE.values())] * 2]
    assert cells == SmallCells(())


def test_whoever_stands_without_their_role_is_in_no_two_sessions_the_same_speaker(path):
    built(path, talk("S1", speaker(**ROLE)), talk("S2", speaker(**ROLE)))
    with opened(path) as connection:
        assert len(connection.sql("SELECT DISTINCT speaker_id FROM utterances").fetchall()) == 2


def test_a_role_that_three_share_stays_though_one_of_them_lives_elsewhere(path):
    people = (speaker(**ROLE), speaker("P02", **ROLE), speaker("P03", place_as="the north", tier="else", **ROLE))
    rows, cells = built(path, talk("S1", *people))
    assert {row[0] for row in rows} == {ROLE["label"]}
    assert [cell.people for cell in cells.cells] == [3]


def test_a_role_shared_with_somebody_who_stands_under_two_labels_stays(path):
    both = (speaker("P02", **ROLE), speaker("P02", label="Juniper"))
    rows, cells = built(path, talk("S1", speaker(**ROLE), both[0]), talk("S2", both[1]))
    assert [row[0] for row in rows] == ["Juniper", ROLE["label"], ROLE["label"]]
    assert [cell.people for cell in cells.cells] == [2]


def test_what_different_sessions_say_beside_one_label_is_laid_together(path):
    """Each session shows what two share; both sessions together would show what one has."""
    here, there = {**BARE, "role_as": "a planner"}, {**BARE, "tier": "core"}
    rows, cells = built(
        path,
        talk("S1", speaker(**here), speaker("P02", label="Juniper", **here)),
        talk("S2", speaker(**there), speaker("P03", label="Sorrel", **there)),
    )
    beside = [{column for row in rows if row[0] == "Rowan Ashdown" for column in row[2:]} - {None}]
    assert beside in ([{"core"}], [set()])
    assert cells.alone == 0


@pytest.mark.parametrize(
    ("people", "sentences"),
    [
        ([], []),
        ([2], ["2 people stand in a group of 2"]),
        ([2, 2, 4], ["4 people stand in groups of 2", "4 people stand in a group of 4"]),
        ([5, 6], []),
    ],
)
def test_small_groups_are_told_in_words(path, people, sentences):
    shown = [
        speaker(f"P{10 * group + number:02d}", label=f"Made {group} {number}", tier=f"tier {group}")
        for group, size in enumerate(people)
        for number in range(1, size + 1)
    ]
    secrets = {one.participant: "ab" * 32 for one in shown}
    build(path, [talk("S1", *shown)], type(IDS)(bytes(32), secrets), PROVENANCE)
    with opened(path) as connection:
        found = small_cells(connection)
    assert told(small_groups(found)) == sentences
    assert found.people_below(3) == sum(size for size in people if size < 3)
    assert found.people_below(5) == sum(size for size in people if size < 5)


def test_a_file_in_which_somebody_stands_alone_says_so():
    """As files do that were built before; or by somebody else."""
    with duckdb.connect() as connection:
        create_schema(connection)
        connection.execute(
            "INSERT INTO speakers (speaker_id, label, level, tier) VALUES ('a', 'Juniper', 'pseudonym', 'core'),"
            " ('b', 'Juniper', 'pseudonym', 'core'), ('c', '[a mayor]', 'role', NULL), ('d', 'Nobody', 'unnamed', NULL)"
        )
        found = small_cells(connection)
    assert [(cell.role_label, cell.tier, cell.people) for cell in found.cells] == [
        (None, "core", 1),
        ("[a mayor]", None, 1),
    ]
    assert told(small_groups(found)) == ["2 people stand alone"]


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([Level.NAMED, Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM, Level.UNNAMED]),
        *[st.sampled_from(["a", "b", None])] * 5,
        st.sets(st.sampled_from(["S1", "S2"]), min_size=1),
    ),
    max_size=7,
)


def _shown(number: int, row: tuple) -> SpeakerShown:
    level, *values, _ = row
    attributes = dict(zip(ATTRIBUTES_GO, values, strict=True))
    label = f"[{attributes['role_as']}]" if level is Level.ROLE else f"Made {number}"
    return speaker(f"P{number:02d}", level, label=label, **attributes)


@given(PEOPLE)
def test_nobody_below_named_ever_stands_alone_in_a_built_data_set(tmp_path_factory, people):
    path = tmp_path_factory.mktemp("alone") / "a.duckdb"
    shown = [(_shown(number, row), row[-1]) for number, row in enumerate(people, 1)]
    rows, cells = built(path, *(talk(name, *(one for one, there in shown if name in there)) for name in ("S1", "S2")))
    assert cells.alone == 0
    protected = [row for row in rows if row[1] not in ("named", "unnamed")]
    told_of = [(row[0] if row[1] == "role" else None, *row[2:]) for row in protected]
    owners = [one for one, _ in shown if one.level in (Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM)]
    for row, said_of in zip(protected, told_of, strict=True):
        if row[1] == "role" or any(said_of[1:]):
            assert told_of.count(said_of) >= 2
    assert len(protected) <= len(owners)


@given(
    st.dictionaries(
        st.builds(Face, st.sampled_from(["P01", "P02", "P03", "P04"]), st.sampled_from(["x", "y"]), st.booleans()),
        st.dictionaries(st.sampled_from(ATTRIBUTES_GO), st.frozensets(st.sampled_from(["a", "b"]))),
        max_size=6,
    )
)
def test_every_combination_that_is_left_is_two_peoples(faces):
    found = fitting(faces)
    left: dict[object, set[str]] = {}
    for face, said_of in faces.items():
        values = tuple(said_of.get(c, frozenset()) if c in found.columns[face] else frozenset() for c in ATTRIBUTES_GO)
        if face not in found.alone and (face.role or any(values)):
            left.setdefault((face.label if face.role else None, values), set()).add(face.participant)
    assert all(len(people) >= 2 for people in left.values())
    assert all(face.role for face in found.alone), "what is no role goes column by column"
