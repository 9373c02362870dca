"""Names that are ordinary words are told by the words around them, in any case, and ordinary words stay words."""

import pytest

from deidentification.find import Recognisers, Roster, find_in_texts
from deidentification.recognizers.roster import find_roster
from deidentification.recognizers.roster_index import RosterIndex
from deidentification.text import View
from schemas.deidentified import Label
from schemas.roster import MatchingTable
from tests.deidentification.support import person

NAMES = """Mark Brown; Grace White; Rose Young; Will Fairweather; Jane Doe; Sam Hope; Mei Li; Bo Andersson
Paris Jordan;
May Parker; Frank Rich; Hope Green; Sue Long; Pat Reed; Drew Black; Bill Wood; Art Stone; Joy Field"""
TABLE = MatchingTable(people=tuple(person(i, name.strip()) for i, name in enumerate(NAMES.split(";"), start=1)))
INDEX = RosterIndex.of(TABLE)

SPOKEN_OF = """so i asked grace again; then i told will that it works; thanks mark that helped; thank you so much rose
ok grace go ahead; paris can you hear us; mark can you share your screen; so hope what do you think
hope seconded the motion; motion moved by young, seconded by hope; as grace said earlier; what did will say
over to you mark; go ahead, will; i agree with will on that; grace's idea was good; i was talking to rose about it
my name is hope; this is mark speaking; ms young agrees; will said yes; it was doe who asked; does jordan agree
sorry will, you were saying; hope, you're on mute; councillor brown and councillor white; hi will hi hope
according to brown it works; mr white said no; ask young if he knows; let mark speak; thanks young for that
rose please unmute; what did rose make of it; it is will again; congratulations to will on the job
i am mark i work here
the paper by doe and colleagues; brown seconded the motion; i will hand over to may now; thanks very much joy
so bill are you there; hey sue, any thoughts; as frank said we lost; i met pat yesterday; mrs green asked for more
drew could you start; apologies from black, and white; art said it was late; i spoke with drew about that"""
MIXED = """I asked grace about it and she said no.; Then will said that we should.
We heard from rose that it was late.
I told mark to come.; Doe seconded the motion.; Hope seconded the motion.; Young moved the amendment.; Hope abstained.
Young seconded it.; So I asked paris to come.; OK, grace, go ahead.; Thank you, will. Next item.
I agree with hope on it.
As May said, it was late.; When I spoke to sue, she knew.; Yes, mark's point stands."""
WORDS = """will you come; the will to act; we will mark the day; may i ask; you may go; a white paper
young people asked us
we told young people so; with hope and grace; a thank you will do; the people we asked will be there
thank you will be sent
brown bread and white rice; the sun rose early; prices rose again; i hope you are well; hope you're well; i hope so
mark my words; the high water mark; the mark's edge; the sun rose over the hill; shall we mark the white paper
the young said no; we spoke to young and old; the question to ask will be hard; may you live long; ask young people
thanks for the white paper; in the hope that it works; a grace period; by the grace of god; white people said no
the brown one; will this help; let hope guide us; it was frank talk; i met young farmers; those we met will know
please mark the box; so will the council; as will they; it may be so; it will be there; may be next week
young and old
you rose to the challenge; with white walls; paper from white oak; he asked may we come; no will no way
will they agree
ask will anyone come; i'm young at heart; it's white here; it is brown from the rain; we are young; so will we
pat the dog
and may we; who said will that work; he told may be late; the bill was sent; foot the bill; we sue the city
joy to the world
the art of the possible; he drew a line; they drew on that; black and white; a long field; the stone wall; green space
may i say something; hope to see you there; will do; mark the spot; rose garden; i long for rain; the wood is wet
reed beds"""
FALSE_ALARMS = 0.5
"""Persons found for nothing, per 1,000 ordinary words, at most."""


def sentences(text: str) -> list[str]:
    return [sentence.strip() for line in text.splitlines() for sentence in line.split(";")]


def people(text: str) -> list[str]:
    (finds,) = find_in_texts([text], ["en"], Roster.of(TABLE), Recognisers(()))
    return [text[f.start_char : f.end_char] for f in finds if f.label is Label.PERSON]


@pytest.mark.parametrize("text", [*sentences(SPOKEN_OF), *sentences(MIXED)])
def test_a_name_that_is_a_word_is_told_by_the_words_around_it(text: str) -> None:
    assert people(text)
    assert people(text.lower()) and people(text.upper())


@pytest.mark.parametrize("text", sentences(WORDS))
def test_an_ordinary_use_of_the_word_is_left(text: str) -> None:
    assert people(text) == [] and people(text.upper()) == []


def test_false_alarms_stay_rare_in_ordinary_words_whatever_their_case() -> None:
    texts = [*sentences(WORDS), *(text.upper() for text in sentences(WORDS))]
    found = sum(len(sure) for sure, _gated in find_roster([View(text) for text in texts], INDEX))
    assert 1000 * found / sum(len(text.split()) for text in texts) <= FALSE_ALARMS


def test_a_list_of_names_beside_one_of_them_is_found_whole() -> None:
    assert people("Doe/Hope/Young seconded the motion") == ["Doe", "Hope", "Young"]
