"""What a reader of the released words would see, level by level."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import find_names, leaks, redact, touching, unite
from schemas.consent import Level, Organisation, State
from schemas.deidentified import Action, DeidentifiedUtterance, Label, NamesFound, NameTable, UtteranceFinds
from schemas.errors import CheckFailed
from schemas.policy import Policy
from tests.deidentification.support import (
    MARK,
    POLICY,
    SESSION,
    TABLE,
    FakeNames,
    decision,
    decisions,
    person,
    recognisers,
    redacted,
    said,
    session_of,
    turn,
)  # fmt: skip

SHOWN = {
    Level.NAMED: "I asked Aroha Ngata's team.",
    Level.FIRST_NAME: "I asked Aroha's team.",
    Level.ROLE: "I asked [PERSON]'s team.",
    Level.PSEUDONYM: "I asked Juniper's team.",
    Level.UNNAMED: "I asked [PERSON]'s team.",
    Level.WITHHELD: "I asked [PERSON]'s team.",
}


@pytest.mark.parametrize("level", Level)
def test_a_mention_is_shown_at_the_mentioned_persons_level(level: Level) -> None:
    session = redacted("I asked Aroha Ngata's team.", levels={"P01": level}, rest=Level.NAMED, voice=1)
    assert said(session) == [SHOWN[level]]


def test_the_speakers_level_does_not_change_a_mention() -> None:
    for level in (Level.NAMED, Level.ROLE, Level.UNNAMED):
        assert said(redacted("So Chris agreed", levels={"P01": level, "P06": Level.FIRST_NAME})) == ["So Chris agreed"]


@pytest.mark.parametrize(
    ("level", "label"),
    [
        (Level.NAMED, "Mark White"), (Level.FIRST_NAME, "Mark"), (Level.ROLE, "[policy lead, a ministry]"),
        (Level.PSEUDONYM, "Sorrel"), (Level.UNNAMED, "Participant"),
    ],
)  # fmt: skip
def test_a_speaker_is_labelled_at_their_level(level: Level, label: str) -> None:
    (shown,) = redacted("Good morning", levels={"P02": level}, voice=1).utterances
    assert isinstance(shown, DeidentifiedUtterance)
    assert (shown.speaker.label, shown.speaker.level) == (label, level)


def test_a_role_that_fits_one_person_is_shown_as_unnamed() -> None:
    (shown,) = redacted("Good morning", levels={"P01": Level.ROLE}).utterances
    assert isinstance(shown, DeidentifiedUtterance)
    assert (shown.speaker.label, shown.speaker.level) == ("Participant", Level.UNNAMED)


def test_a_role_shared_only_with_somebody_who_has_not_consented_fits_one_person() -> None:
    stopped = decision("P03", Level.ROLE, state=State.STOPPED)
    attributed = session_of(turn(1, 1, "Good morning"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    given_ = decisions({"P02": Level.ROLE}, P03=stopped)
    (shown,) = redact(attributed, found, unite([found]), given_, SESSION, TABLE, POLICY).utterances
    assert isinstance(shown, DeidentifiedUtterance) and shown.speaker.label == "Participant"


def test_unnamed_speakers_carry_no_attributes() -> None:
    (shown,) = redacted("Good morning").utterances
    assert isinstance(shown, DeidentifiedUtterance)
    speaker = shown.speaker
    assert [speaker.tier, speaker.role_as, speaker.organisation_as, speaker.place_as, speaker.language] == [None] * 5


def test_a_session_that_is_public_unaltered_uses_the_public_made_up_name() -> None:
    public = SESSION.model_copy(update={"public_urls": ("https://example.org/v",)})
    session = redacted("I asked Aroha", rest=Level.PSEUDONYM, session=public)
    (shown,) = session.utterances
    assert isinstance(shown, DeidentifiedUtterance)
    assert (shown.speaker.label, shown.text) == ("Talven", "I asked Talven")


@pytest.mark.parametrize(
    "sentence",
    [
        "I asked Dr Aroha about it.", "I asked Aroha of the City of Vancouver.", "I asked Aroha the Deputy Mayor.",
        "I asked Aroha on 3 May 2024.", "I asked Aroha, see www.example.org there.",
    ],
)  # fmt: skip
def test_a_made_up_name_is_not_used_beside_a_title_employer_role_link_or_date(sentence: str) -> None:
    (text,) = said(redacted(sentence + " Then Aroha left.", levels={"P01": Level.PSEUDONYM}, voice=1))
    assert "[PERSON]" in text and text.endswith("Then Juniper left.") and text.count("Juniper") == 1


@pytest.mark.parametrize("level", Level)
def test_a_former_name_is_shown_at_no_level(level: Level) -> None:
    for said_name in ("Aroha Bellweather", "Bellweather"):
        (text,) = said(redacted(f"She was {said_name} then", levels={"P01": level}, rest=Level.NAMED, voice=1))
        assert "Bellweather" not in text


def test_a_misspelt_name_of_a_named_person_is_put_right() -> None:
    session = redacted("Then Siobahn met arowa nata and siobhan", rest=Level.NAMED)
    assert said(session) == ["Then Siobhán met Aroha Ngata and siobhan"]


def test_a_doubtful_name_is_masked_at_every_level_and_queued() -> None:
    session = redacted("I met Chris Brown there", rest=Level.NAMED)
    assert said(session) == ["I met [PERSON] there"]
    assert [(r.utterance, r.start_char, r.end_char) for r in session.review] == [("u1", 6, 17)]


def test_a_name_that_several_share_is_masked_unless_all_show_it_alike() -> None:
    assert said(redacted("So Mr Brown agreed", rest=Level.NAMED)) == ["So Mr Brown agreed"]
    assert said(redacted("So Mr Brown agreed", levels={"P07": Level.UNNAMED}, rest=Level.NAMED)) == [
        "So Mr [PERSON] agreed"
    ]


def test_third_parties_are_numbered_and_keep_their_number() -> None:
    models = [FakeNames("Jacinda Ardern", "Jacinda", "Kim Lee")]
    session = redacted("I met Jacinda Ardern and Kim Lee.", "Well, Jacinda left.", rest=Level.NAMED, models=models)
    assert said(session) == ["I met [PERSON 1] and [PERSON 2].", "Well, [PERSON 1] left."]


def test_reviewed_public_figures_and_works_may_stand() -> None:
    policy = Policy(public_figures={"Jacinda Ardern": "prime minister"}, public_works={"Ngata 2021": "a book"})
    session = redacted(
        "As in Ngata 2021, Jacinda Ardern said. Ngata agreed.", models=[FakeNames("Jacinda Ardern")], policy=policy
    )
    assert said(session) == ["As in Ngata 2021, Jacinda Ardern said. [PERSON] agreed."]
    assert session.gate_hits == 0


@pytest.mark.parametrize("level", [level for level in Level if level is not Level.WITHHELD])
def test_contacts_go_at_every_level(level: Level) -> None:
    text = "Write to aroha.ngata@example.org or +64 21 555 1234 or @mwhite_7"
    assert said(redacted(text, rest=level)) == ["Write to [CONTACT] or [CONTACT] or [CONTACT]"]


def test_clues_of_protected_speakers_are_generalised_and_of_named_ones_kept() -> None:
    text = "As Deputy Mayor in Vancouver I turned 47 on 3 May 2024."
    assert said(redacted(text, rest=Level.NAMED)) == [text]
    assert said(redacted(text)) == ["As [an elected official] in [a Canadian city] I turned [AGE] on [DATE]."]


def test_clues_of_a_protected_person_go_from_the_sentence_that_names_them() -> None:
    text = "Aroha is Deputy Mayor in Vancouver. A deputy mayor has power."
    session = redacted(text, levels={"P01": Level.UNNAMED}, rest=Level.NAMED, voice=1)
    assert said(session) == ["[PERSON] is [an elected official] in [a Canadian city]. A deputy mayor has power."]


def test_an_employer_goes_from_its_own_peoples_words_and_stays_in_others() -> None:
    text = "The City of Vancouver did well"
    assert said(redacted(text)) == ["The [a municipal government in Canada] did well"]
    assert said(redacted(text, voice=1)) == [text]


def test_a_named_person_may_have_the_employer_generalised() -> None:
    attributed = session_of(turn(1, 1, "Aroha of the City of Vancouver spoke"))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    hidden = decision("P01", Level.NAMED, organisation=Organisation.GENERALISED)
    session = redact(attributed, found, unite([found]), decisions(P01=hidden), SESSION, TABLE, POLICY)
    assert said(session) == ["Aroha of the [a municipal government in Canada] spoke"]


def test_hosts_and_employers_of_five_identify_nobody() -> None:
    text = "The City of Vancouver did well"
    assert said(redacted(text, policy=Policy(host_organisations=("City of Vancouver",)))) == [text]
    five = [person(20 + i, f"Xyl{c} Qub{c}", organisation="City of Vancouver") for i, c in enumerate("abcd")]
    assert said(redacted(text, table=TABLE.model_copy(update={"people": (*TABLE.people, *five)}))) == [text]


def test_an_organisation_a_model_finds_goes_where_the_speaker_tells_of_their_work() -> None:
    model = FakeNames("Kumbaya Institute", label=Label.ORGANISATION)
    texts = ("I work at Kumbaya Institute now", "The Kumbaya Institute wrote a paper")
    assert said(redacted(*texts, models=[model])) == [
        "I work at [ORGANISATION] now",
        "The Kumbaya Institute wrote a paper",
    ]


def test_a_generalisation_that_holds_a_name_is_not_used() -> None:
    row = person(1, "Aroha Ngata", organisation="City of Vancouver", organisation_as="the Ngata family office")
    table = TABLE.model_copy(update={"people": (row, MARK)})
    session = redacted("The City of Vancouver did well", table=table)
    assert said(session) == ["The [ORGANISATION] did well"]


def test_a_made_up_name_that_somebody_bears_is_not_used() -> None:
    row = person(1, "Aroha Ngata", pseudonym="Siobhán")
    table = TABLE.model_copy(update={"people": (row, *TABLE.people[1:])})
    (shown,) = redacted("Good morning", rest=Level.PSEUDONYM, table=table).utterances
    assert isinstance(shown, DeidentifiedUtterance) and shown.speaker.label == "Participant"


def test_redactions_point_at_what_stands_there_and_never_say_what_was() -> None:
    (shown,) = redacted(
        "I asked Aroha, arowa nata and Kim", models=[FakeNames("Kim")], levels={"P01": Level.PSEUDONYM}
    ).utterances
    assert isinstance(shown, DeidentifiedUtterance)
    rows = [(shown.text[r.start_char : r.end_char], r.label, r.action) for r in shown.redactions]
    assert rows == [
        ("Juniper", Label.PERSON, Action.REPLACED), ("Juniper", Label.PERSON, Action.REPLACED),
        ("[PERSON 1]", Label.PERSON, Action.MASKED),
    ]  # fmt: skip
    assert "Aroha" not in shown.model_dump_json() and "Kim" not in shown.model_dump_json()


def test_names_found_in_another_session_are_hidden_here_too() -> None:
    other = SESSION.model_copy(update={"session": "s0"})
    there = session_of(turn(1, 0, "I met Xanthippe Zweifel"))
    elsewhere = find_names(there, other, TABLE, POLICY, recognisers(FakeNames("Xanthippe Zweifel")))
    assert said(redacted("Then xanthippe zweifel left", names=unite([elsewhere]))) == ["Then [PERSON 1] left"]


def test_the_result_is_the_same_with_all_names_and_with_those_that_touch_the_session() -> None:
    attributed = session_of(turn(1, 0, "I met Xanthippe Zweifel"))
    names = NameTable(names=(("anna karenina", ""), ("xanthippe zweifel", "")))
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    narrow = touching(names, attributed)
    assert narrow.names == (("xanthippe zweifel", ""),)
    every = redact(attributed, found, names, decisions(), SESSION, TABLE, POLICY)
    assert every == redact(attributed, found, narrow, decisions(), SESSION, TABLE, POLICY)


def test_finds_that_do_not_fit_the_words_withhold_the_turn() -> None:
    attributed = session_of(turn(1, 0, "Good morning"))
    for utterances in ((), (UtteranceFinds(utterance="u2", finds=()),)):
        found = NamesFound(session="s1", language="en", recognisers={}, utterances=utterances)
        session = redact(attributed, found, NameTable(names=()), decisions(), SESSION, TABLE, POLICY)
        assert said(session) == ["failed"]


def test_things_of_different_sessions_are_not_put_together() -> None:
    found = NamesFound(session="s2", language="en", recognisers={}, utterances=())
    with pytest.raises(CheckFailed, match="different sessions"):
        redact(session_of(), found, NameTable(names=()), decisions(), SESSION, TABLE, POLICY)


WORDS = [
    "aroha",
    "Aroha",
    "Ngata",
    "ngata",
    "Mark",
    "mark",
    "MARK",
    "White",
    "white",
    "Siobhán",
    "siobhan",
    "O'Brien",
    "O’Brien's",
    "obrien",
    "Jean-Luc",
    "jean",
    "Luc",
    "de",
    "la",
    "Fontaine",
    "Will",
    "will",
    "Brown",
    "brown,",
    "Chris",
    "Chris.",
    "Nguyen.",
    "Christina",
    "Bellweather",
    "Whitey",
    "@mwhite_7",
    "the",
    "paper",
    "said",
    "I",
    "asked.",
    "and.",
    "-",
    "Dr",
    "Mr.",
    "J.",
    "you",
    "May",
    "3",
    "Arohas",
    "Aro",
    "ha",
    "«Mark»",
    "“Will”",
    "(Brown)",
    "x@y.org",
    "www.ngata.org/aroha",
    "Vancouver",
    "😀",
    "José",
    "Aroha\u200bNgata",
    "שלום",
]


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
    st.lists(st.sampled_from(list(Level)[:5]), min_size=7, max_size=7),
)
def test_no_words_ever_leave_with_a_name_that_nobody_allowed(words: list[str], levels: list[Level]) -> None:
    by_person = {p.participant: level for p, level in zip(TABLE.people, levels, strict=True)}
    session = redacted(" ".join(words), levels=by_person)
    assert (session.gate_hits, leaks(session, TABLE, decisions(by_person))) == (0, [])


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
def test_where_everybody_is_unnamed_no_rare_name_stands_anywhere(words: list[str]) -> None:
    (text,) = said(redacted(" ".join(words)))
    assert not any(name in text.lower() for name in ("aroha", "ngata", "siobh", "bellweather", "nguyen", "whitey"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as Ngata (2019) argues", "as Ngata (2019) argues"),
        ("As NGATA, 2019, argues", "As NGATA, 2019, argues"),
        ("see Ngata and White (2020)", "see Ngata and White (2020)"),
        ("selon Ngata (2019), oui", "selon Ngata (2019), oui"),
        ("in Ngata 2019, p. 4", "in Ngata 2019, p. 4"),
        ("as Ngata (2021) argues", "as [PERSON] (2021) argues"),
        ("as Ngata argues", "as [PERSON] argues"),
        ("as White (2019) argues", "as [PERSON] (2019) argues"),
        ("as Aroha Ngata (2019) argues", "as [PERSON] (2019) argues"),
        ("Ngata told me, in 2019", "[PERSON] told me, in 2019"),
    ],
)
def test_a_citation_of_a_listed_work_is_no_mention_and_any_other_is(text: str, shown: str) -> None:
    works = {"Ngata (2019)": "a published article", "Ngata and White (2020)": "a published book"}
    session = redacted(text, policy=Policy(public_works=works), voice=2)
    assert (said(session), session.gate_hits) == ([shown], 0)
