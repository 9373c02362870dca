"""Sentences that join two labels of one person are found, in what is left after names beside clues were masked."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import find_names, redact, unite
from deidentification.bridges import Bridge, called, find_bridges
from deidentification.company import Company
from deidentification.hiding import hide
from deidentification.leaks import find_leaks
from deidentification.terms import Terms
from schemas.consent import Level, SessionDecisions, Use
from schemas.deidentified import DeidentifiedUtterance, Label, RedactedSession, Redaction, SourceSpan, SpeakerShown
from schemas.policy import Policy
from schemas.recording import Session
from tests.deidentification.support import POLICY, TABLE, decision, recognisers, session_of, turn

Levels = dict[str, Level]
MADE_UP, NAMED = {"P01": Level.PSEUDONYM}, {"P01": Level.NAMED}
OTHERS = Level.NAMED
AROHA, MARK = 0, 1


def data_set(
    *sessions: tuple[Levels, Sequence[tuple[int, str]]], public: Sequence[int] = (), policy: Policy = POLICY
) -> tuple[list[RedactedSession], list[Bridge]]:
    """Sessions ``s1``, ``s2``, … with the levels that differ from named, and who says what; and their bridges."""
    made, called_in = [], {}
    for number, (levels, said) in enumerate(sessions, start=1):
        facts = Session(session=f"s{number}", day=date(2026, 3, number), zone="UTC", public_unaltered=number in public)
        turns = session_of(*(turn(at, voice, text) for at, (voice, text) in enumerate(said, start=1)))
        given_ = {p.participant: decision(p.participant, levels.get(p.participant, OTHERS)) for p in TABLE.people}
        decisions = SessionDecisions(session=facts.session, use=Use.ANALYSIS, purpose="analyse", decisions=given_)
        attributed = turns
        found = find_names(attributed, facts, TABLE, policy, recognisers()).model_copy(
            update={"session": facts.session}
        )
        made.append(redact(attributed, found, unite([found]), decisions, facts, TABLE, policy))
        called_in[facts.session] = called(decisions, facts, Company.of(TABLE), ())
    return made, find_bridges(made, called_in, policy.public_works)


ELSEWHERE = (NAMED, [(AROHA, "Good morning.")])
"""A session in which the first person stands with her name."""


def mentioned(text: str) -> list[Bridge]:
    """Bridges of a sentence in which somebody else names the person by her name, where she has a made-up one."""
    return data_set(ELSEWHERE, (MADE_UP, [(MARK, text)]))[1]


def own(text: str, levels: Levels = MADE_UP) -> list[Bridge]:
    return data_set(ELSEWHERE, (levels, [(AROHA, text)]))[1]


@pytest.mark.parametrize(
    "text",
    [
        "as Aroha said last time",
        "Aroha told us so in the first session.",
        "What Aroha said at the previous workshop was right.",
        "Aroha raised that two sessions ago.",
        "I liked Aroha's blog post.",
        "Have you read the book Aroha wrote?",
        "Aroha wrote about that on Medium.",
        "Aroha's “Slow Policy Making” says it all.",
        "Aroha will present it next month.",
        "comme Aroha l'a dit à la dernière séance",
        "Aroha en a parlé la dernière fois.",
        "Aroha l'a écrit dans son livre.",
        "Le billet d'Aroha le dit bien.",
        "since we last met Aroha has changed her mind",
    ],
)
def test_a_made_up_name_beside_another_session_or_a_work_is_a_bridge(text: str) -> None:
    (found,) = mentioned(text)
    assert (found.session, found.utterance, found.own, found.participant) == ("s2", "u1", False, "P01")
    assert found.labels == ("Aroha Ngata", "Juniper")


@pytest.mark.parametrize(
    "text",
    [
        "Aroha said the buses were late.", "I agree with Aroha.", "Thanks Aroha, that helps.",
        "Aroha, can you book a room?", "the buses were late last time", "Let's book it, Aroha.",
        "Aroha has the first word.", "Merci Aroha, à toi.",
    ],
)  # fmt: skip
def test_other_sentences_are_none(text: str) -> None:
    assert mentioned(text) == []


@pytest.mark.parametrize(
    "text", ["As Aroha the Deputy Mayor said last time.", "Aroha said on 3 March 2026 in the first session."]
)
def test_a_name_beside_a_clue_is_masked_already_and_bridges_nothing(text: str) -> None:
    sessions, found = data_set(ELSEWHERE, (MADE_UP, [(MARK, text)]))
    (piece,) = sessions[1].utterances
    assert isinstance(piece, DeidentifiedUtterance) and "[PERSON]" in piece.text
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "As I said last month, nobody counts the boats.",
        "like i told you in the first session",
        "I mentioned it last time.",
        "I wrote that in my post on Medium.",
        "It is all in my book.",
        "my last blog post was about that",
        "I published an article about ferries.",
        "Comme je l'ai dit la dernière fois, on ne compte rien.",
        "jai deja dit ca a la derniere seance",
        "J'en ai parlé en mars.",
        "je l'ai écrit dans mon livre",
        "dans mon dernier article je le dis",
    ],
)
@pytest.mark.parametrize("level", [Level.FIRST_NAME, Level.PSEUDONYM, Level.UNNAMED])
def test_own_words_that_lead_elsewhere_are_a_bridge(text: str, level: Level) -> None:
    found = own(text, {"P01": level})
    assert [(one.session, one.utterance, one.own) for one in found] == [("s2", "u1", True)]


@pytest.mark.parametrize(
    "text",
    [
        "The ferry was late last month.", "I was ill last week.", "I said so a minute ago.", "We counted the boats.",
        "As I said, nobody counts the boats.", "Let me book a room.", "je l'ai dit tout à l'heure",
        "What I said stands.", "my boat is in the harbour", "mon bateau est au port",
    ],
)  # fmt: skip
def test_other_words_of_their_own_are_none(text: str) -> None:
    assert own(text) == []


def test_a_name_leads_to_a_made_up_one_as_well_as_back() -> None:
    assert len(data_set((MADE_UP, [(AROHA, "Hello.")]), (NAMED, [(MARK, "as Aroha said last time")]))[1]) == 1
    assert len(data_set((MADE_UP, [(AROHA, "Hello.")]), (NAMED, [(AROHA, "as I said last time")]))[1]) == 1


def test_whoever_stands_under_one_label_is_bridged_nowhere() -> None:
    said = [(AROHA, "As I said last month."), (MARK, "as Aroha said last time")]
    assert data_set((MADE_UP, said), (MADE_UP, said))[1] == []
    assert data_set((NAMED, said), (NAMED, said))[1] == []


def test_a_label_that_only_others_use_is_a_label_too() -> None:
    """The person speaks under one label alone; in another session somebody calls them by another."""
    found = data_set((NAMED, [(MARK, "I agree with Aroha.")]), (MADE_UP, [(AROHA, "As I said last month.")]))[1]
    assert [one.labels for one in found] == [("Aroha Ngata", "Juniper")]


def test_a_public_session_has_its_own_label() -> None:
    said = [(AROHA, "As I said last month.")]
    found = data_set((MADE_UP, said), (MADE_UP, [(AROHA, "Hello.")]), public=[2])[1]
    assert [(one.session, one.labels) for one in found] == [("s1", ("Juniper", "Talven"))]


def test_a_work_of_the_reviewed_list_leads_to_its_author() -> None:
    policy = Policy(public_works={"Slow Ferries": "a book that everybody cites"})
    text = "Aroha is right, as in Slow Ferries."
    assert len(data_set(ELSEWHERE, (MADE_UP, [(MARK, text)]), policy=policy)[1]) == 1
    assert mentioned(text) == []


def test_what_it_says_is_not_in_what_a_log_shows() -> None:
    (found,) = mentioned("as Aroha said last time")
    assert found.says == "last time"
    assert repr(found) == "Bridge(s2, u1)"


# ---------------------------------------------------------------- hiding


def hidden(text: str, voice: int = MARK, levels: Levels = MADE_UP) -> DeidentifiedUtterance:
    sessions, found = data_set(ELSEWHERE, (levels, [(voice, text)]))
    (piece,) = sessions[1].utterances
    assert isinstance(piece, DeidentifiedUtterance)
    return hide(piece, [one for bridge in found for one in bridge.marked])


def test_of_a_bridge_by_others_the_label_is_hidden_and_the_words_stay() -> None:
    assert hidden("Well, as Aroha said last time, Mark White counts.").text == (
        "Well, as [PERSON] said last time, Mark White counts."
    )


def test_of_own_words_only_those_that_lead_elsewhere_are_hidden() -> None:
    assert hidden("As I said last month, nobody counts.", AROHA).text == "As I said [OTHER], nobody counts."
    assert hidden("It is in my post on Medium, and true.", AROHA).text == "It is in [OTHER] [OTHER], and true."


def test_every_label_of_the_person_in_the_sentence_is_hidden() -> None:
    text = hidden("Aroha said last time what Ngata wrote. I agree with Aroha.").text
    assert text == "[PERSON] said last time what [PERSON] wrote. I agree with Juniper."


def test_nothing_that_is_hidden_is_a_leak() -> None:
    piece = hidden("as Aroha said last time, Aroha was right")
    given_ = {p.participant: decision(p.participant, Level.NAMED) for p in TABLE.people} | {
        "P01": decision("P01", Level.PSEUDONYM)
    }
    decisions = SessionDecisions(session="s2", use=Use.ANALYSIS, purpose="analyse", decisions=given_)
    assert list(find_leaks([piece], Terms.of(TABLE), decisions)) == []


SOURCE = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def pieces(draw: st.DrawFn) -> DeidentifiedUtterance:
    """A piece whose text is ``SOURCE`` with some stretches replaced."""
    cuts = sorted(draw(st.sets(st.integers(1, 25), max_size=8)))
    bounds = [0, *cuts, 26]
    text, spans, redactions = "", [], []
    for start, end in pairwise(bounds):
        kept = draw(st.booleans())
        part = SOURCE[start:end] if kept else draw(st.sampled_from(["[PERSON]", "[DATE]", "Rowan"]))
        spans.append(
            SourceSpan(
                start_char=len(text),
                end_char=len(text) + len(part),
                source_start_char=start,
                source_end_char=end,
                kept=kept,
            )
        )
        if not kept:
            redactions.append(
                Redaction(start_char=len(text), end_char=len(text) + len(part), label=Label.DATE, action="masked")  # type: ignore[arg-type]
            )
        text += part
    speaker = SpeakerShown(participant="P01", level=Level.PSEUDONYM, label="Rowan", tightened=-1)
    return DeidentifiedUtterance(
        utterance="u1", piece=0, start_s=0, end_s=1, speaker=speaker, text=text, redactions=tuple(redactions),
        spans=tuple(spans), decision="0" * 64,
    )  # fmt: skip


@given(pieces(), st.data())
def test_offsets_and_the_map_back_stay_right_whatever_is_hidden(
    piece: DeidentifiedUtterance, data: st.DataObject
) -> None:
    ends = st.integers(0, len(piece.text))
    stretches = data.draw(st.lists(st.tuples(ends, ends).filter(lambda pair: pair[0] < pair[1]), max_size=4))
    after = hide(piece, [(stretch, data.draw(st.sampled_from([Label.PERSON, Label.OTHER]))) for stretch in stretches])
    assert [(s.start_char, s.source_start_char) for s in after.spans][:1] == [(0, 0)]
    for one, following in pairwise(after.spans):
        assert (one.end_char, one.source_end_char) == (following.start_char, following.source_start_char)
    assert (after.spans[-1].end_char, after.spans[-1].source_end_char) == (len(after.text), len(SOURCE))
    for span in after.spans:
        shown = after.text[span.start_char : span.end_char]
        assert not span.kept or shown == SOURCE[span.source_start_char : span.source_end_char]
    tags = [after.text[r.start_char : r.end_char] for r in after.redactions]
    assert set(tags) <= {"[PERSON]", "[OTHER]", "[DATE]", "Rowan"}
    hidden_letters = {
        letter
        for a, b in stretches
        for s in piece.spans
        if s.kept and s.start_char < b and s.end_char > a
        for letter in piece.text[max(a, s.start_char) : min(b, s.end_char)]
    }
    kept = "".join(after.text[s.start_char : s.end_char] for s in after.spans if s.kept)
    assert not hidden_letters & set(kept), "each letter stands once in the source"
