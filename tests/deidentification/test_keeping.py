"""Words that somebody who withdrew lets stay: no name in them, and others shown as they allow on the day."""

import pytest

from deidentification.api import find_names, keep, placed, redact, remembered, unite
from deidentification.spans import unite_finds
from deidentification.text import View
from schemas.consent import Level
from schemas.deidentified import Certainty, Find, Label, NamesFound, NameTable, UtteranceFinds
from schemas.roster import MatchingTable
from schemas.speech import KEPT, KeptWords, Utterance, Voice
from tests.deidentification.support import (
    AROHA,
    MARK,
    NOBODY,
    POLICY,
    SESSION,
    TABLE,
    FakeNames,
    decisions,
    recognisers,
    said,
    session_of,
    turn,
)

WITHOUT_AROHA = MatchingTable(people=tuple(p for p in TABLE.people if p is not AROHA))


def kept(*turns: Utterance, levels: dict[str, Level] | None = None, models: tuple[FakeNames, ...] = ()) -> KeptWords:
    """What Aroha lets stay of these turns."""
    attributed = session_of(*turns)
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers(*models))
    given = decisions(levels or {"P01": Level.NAMED}, rest=Level.NAMED)
    return keep(attributed, found, unite([found]), given, SESSION, TABLE, POLICY, "P01", own_names)


def own_names(text: str) -> list[tuple[int, int]]:
    at = text.find("Kuia Nat")
    return [(at, at + 8)] if at >= 0 else []


def texts(words: KeptWords) -> list[str]:
    return [" ".join(word.text for word in one.words) for one in words.turns]


def shown_again(words: KeptWords, levels: dict[str, Level], *, table: MatchingTable = WITHOUT_AROHA) -> list[str]:
    """The kept turns as a data set shows them afterwards, searched anew under a roster without Aroha."""
    voice = Voice(label="", participant="P01", confidence=1.0, method=KEPT)
    attributed = session_of().model_copy(
        update={
            "voices": (voice,),
            "utterances": tuple(
                Utterance(utterance=t.utterance, voice=0, start_s=t.start_s, end_s=t.end_s, words=t.words)
                for t in words.turns
            ),
        }
    )
    found = find_names(attributed, SESSION, table, POLICY, recognisers(FakeNames("PERSON", "a Canadian city")))
    given = decisions({"P01": Level.UNNAMED, **levels}, rest=Level.NAMED)
    return said(redact(attributed, found, unite([found]), given, SESSION, table, POLICY, {"P01"}))


def test_own_names_go_and_others_become_placeholders():
    words = kept(turn(1, 0, "I am Aroha Ngata and Mark White helped Siobhán."))
    assert texts(words) == ["I am [PERSON] and [P02] helped [P03]."]


def test_third_parties_and_people_who_cannot_be_told_apart_are_nobody():
    words = kept(turn(1, 0, "Petronella met Brown there."), models=(FakeNames("Petronella"),))
    assert texts(words) == ["[PERSON] met [PERSON] there."]


def test_every_name_known_of_the_person_goes_even_one_that_no_search_finds():
    assert texts(kept(turn(1, 0, "they call me Kuia Nat here"))) == ["they call me [PERSON] here"]


def test_own_clues_are_general_though_the_person_was_named():
    words = kept(turn(1, 0, "I work for the City of Vancouver in Vancouver, Canada now."))
    assert "Vancouver" not in texts(words)[0]
    assert "[a municipal government in Canada]" in texts(words)[0]


def test_clues_of_people_named_are_general_whatever_they_allow_today():
    """A role cannot be made general later, once it stands in words that nobody searches for it."""
    roles = MARK.model_copy(update={"role": "Harbour Master"})
    table = MatchingTable(people=tuple(roles if p is MARK else p for p in TABLE.people))
    attributed = session_of(turn(1, 0, "Mark White, the Harbour Master, came."))
    found = find_names(attributed, SESSION, table, POLICY, recognisers())
    given = decisions(rest=Level.NAMED)
    words = keep(attributed, found, unite([found]), given, SESSION, table, POLICY, "P01", own_names)
    assert texts(words) == ["[P02], the [policy lead], came."]


def test_nobody_elses_turns_are_kept():
    assert kept(turn(1, 1, "hello"), turn(2, NOBODY, "hello")).turns == ()


def test_what_was_withheld_is_not_kept():
    words = kept(turn(1, 0, "mine for sure perhaps not", near={3: (NOBODY,), 4: (NOBODY,)}))
    assert texts(words) == ["mine for sure"]
    assert kept(turn(1, 0, "hello"), levels={"P01": Level.WITHHELD}).turns == ()


def test_words_keep_their_times_their_doubts_and_their_number():
    words = kept(turn(4, 0, "Mark White said so", near={2: (1,)}))
    one = words.turns[0]
    assert one.utterance == "u4"
    assert [(w.text, w.start_s, w.end_s) for w in one.words][:2] == [
        ("[P02]", 4000.0, 4001.9),
        ("said", 4002.0, 4002.9),
    ]
    assert [one.beside[index] for index in one.words[1].near] == ["P02"]


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (Level.NAMED, "Mark White"),
        (Level.FIRST_NAME, "Mark"),
        (Level.ROLE, "[policy lead, a ministry]"),
        (Level.PSEUDONYM, "Sorrel"),
        (Level.UNNAMED, "[PERSON]"),
        (Level.WITHHELD, "[PERSON]"),
    ],
)
def test_a_placeholder_is_shown_by_the_level_of_the_day(level: Level, name: str):
    words = kept(turn(1, 0, "then Mark White helped"))
    assert shown_again(words, {"P02": level, "P03": Level.ROLE}) == [f"then {name} helped"]


def test_a_placeholder_of_somebody_who_is_gone_is_a_person():
    words = kept(turn(1, 0, "then Mark White helped"))
    nobody = MatchingTable(people=tuple(p for p in WITHOUT_AROHA.people if p is not MARK))
    assert shown_again(words, {}, table=nobody) == ["then [PERSON] helped"]


def test_tags_in_kept_words_stay_as_they_are_when_they_are_searched_again():
    words = kept(turn(1, 0, "Petronella lives in Vancouver now"), models=(FakeNames("Petronella"),))
    assert shown_again(words, {}) == ["[PERSON] lives in [a Canadian city] now"]


def test_a_tag_that_somebody_wrote_is_no_placeholder():
    attributed = session_of(turn(1, 1, "we wrote [P03] there"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    assert found.utterances[0].finds == ()


def test_a_block_is_a_name_that_nobody_is_told_by():
    attributed = session_of(turn(1, 1, "thanks ███ █████ for that"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    given = decisions(rest=Level.NAMED)
    assert said(redact(attributed, found, unite([found]), given, SESSION, TABLE, POLICY)) == [
        "thanks [PERSON] for that"
    ]
    assert found.surfaces == ()


def test_an_employer_beside_a_block_is_hidden():
    attributed = session_of(turn(1, 1, "███ of the City of Vancouver called"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    given = decisions(rest=Level.NAMED)
    shown = said(redact(attributed, found, unite([found]), given, SESSION, TABLE, POLICY))
    assert "Vancouver" not in shown[0]


def test_blocks_that_no_find_covers_are_found_afterwards_and_others_stay_whose_they_were():
    attributed = session_of(turn(1, 1, "███ met ████ today"))
    hers = Find(
        start_char=0, end_char=3, label=Label.PERSON, participant="P01", certainty=Certainty.EXACT, source="roster"
    )
    before = NamesFound(
        session="s1", language="en", recognisers={}, utterances=(UtteranceFinds(utterance="u1", finds=(hers,)),)
    )
    finds = placed(before, attributed).utterances[0].finds
    assert [(f.start_char, f.end_char, f.participant) for f in finds] == [(0, 3, "P01"), (8, 12, None)]
    assert placed(placed(before, attributed), attributed) == placed(before, attributed)


def test_a_later_search_remembers_whose_a_block_was_and_nothing_that_is_still_a_name():
    attributed = session_of(turn(1, 1, "███ met Mark today"))
    found = find_names(attributed, SESSION, WITHOUT_AROHA, POLICY, recognisers())
    hers = Find(
        start_char=0, end_char=3, label=Label.PERSON, participant="P01", certainty=Certainty.EXACT, source="roster"
    )
    wrong = hers.model_copy(update={"start_char": 8, "end_char": 12})
    before = found.model_copy(update={"utterances": (UtteranceFinds(utterance="u1", finds=(hers, wrong)),)})
    finds = remembered(found, before, attributed, WITHOUT_AROHA).utterances[0].finds
    assert [(f.start_char, f.participant) for f in finds] == [(0, "P01"), (8, "P02")]


def test_an_empty_turn_is_a_gap_for_the_reason_its_speaker_has():
    attributed = session_of(turn(1, 0, ""), turn(2, NOBODY, ""))
    found = NamesFound(session="s1", language="en", recognisers={}, utterances=())
    given = decisions({"P01": Level.WITHHELD})
    shown = said(redact(attributed, found, NameTable(names=()), given, SESSION, TABLE, POLICY))
    assert shown == ["level", "speaker_unknown"]


def test_what_is_placed_wins_over_every_other_find():
    view = View("[P03] Smith spoke")
    tag = Find(
        start_char=0, end_char=5, label=Label.PERSON, participant="P03", certainty=Certainty.STRONG, source="placed"
    )
    model = Find(start_char=0, end_char=11, label=Label.PERSON, certainty=Certainty.MODEL, source="spacy")
    finds = unite_finds(view, [tag, model], {})
    assert [(f.start_char, f.end_char, f.participant) for f in finds] == [(0, 5, "P03"), (6, 11, None)]
