"""All data of the benchmark of name finding, made by seeded generators: nothing is fetched, nobody in it is real."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from tests.benchmarks.names.gold import Gold, Passage, Said, as_heard, capitalised, chance, fill, hesitant
from tests.benchmarks.names.meetings import ORGANISATIONS, TOPICS, Speech, choices, lines, turns
from tests.benchmarks.names.misheard import WAYS, misheard
from tests.benchmarks.names.nobody import domains
from tests.benchmarks.names.people import Somebody, everybody, strangers
from tests.benchmarks.names.social import Posts, posts

SEED = 20
ABSENT = 20
"""People in a roster of whom nobody is spoken of."""
CARRIERS = """
I think {name} put it very well when we talked about {topic} last week
thanks {name} that was a really helpful way to look at {topic}
so what {name} was saying about trust and power makes sense to me
maybe we could ask {name} to share how the pilot went with the community
when {name} joined the group the conversation about values changed
over to {name} for the next item
and then {name} said we should bring in the {org}
is {name} on the call today
{name} do you want to go next
we worked on this with {name} and two people from the {org}
"""


@dataclass(frozen=True)
class DataSet:
    """Texts of one kind; ``people`` is the roster that a system with a roster is given."""

    name: str
    about: str
    passages: tuple[Passage, ...]
    people: tuple[Somebody, ...] = ()

    @property
    def words(self) -> int:
        """Words of all texts."""
        return sum(passage.words for passage in self.passages)


@dataclass(frozen=True)
class Amounts:
    """How much is made."""

    sentences: int = 3000
    posts: int = 900
    turns: int = 700
    ways: tuple[str, ...] = tuple(WAYS)
    people: int = 1000
    absent_sentences: int = 500
    rosters: int = 5


FULL = Amounts()
QUICK = Amounts(sentences=60, posts=30, turns=24, people=6, absent_sentences=12, rosters=1)


def data_sets(amounts: Amounts = FULL, sentences: list[dict] | None = None) -> list[DataSet]:
    """Everything with names in it.

    Args:
        sentences: What presidio-evaluator made in another Python: ``{"text", "spans": [[start, end, label], ...]}``;
            None where it is not installed.
    """
    made = [] if sentences is None else [DataSet("sentences", "made by presidio-evaluator", labelled(sentences))]
    english, french = meeting("en", amounts.turns, 1), meeting("fr", amounts.turns * 2 // 3, 2)
    loose = _loose(amounts.turns // 2)
    return [
        *made,
        DataSet("social", "noisy posts", tuple(_posts(amounts.posts)), everybody()),
        DataSet("meetings-en", "English meetings", tuple(english), everybody()),
        DataSet("meetings-en-heard", "the same, no capitals", tuple(map(as_heard, english)), everybody()),
        DataSet("meetings-fr", "French meetings", tuple(french), everybody()),
        DataSet("meetings-fr-heard", "the same, no capitals", tuple(map(as_heard, french)), everybody()),
        DataSet("spontaneous", "hesitant speech, both languages", tuple(loose), everybody()),
        *misspelt(amounts),
    ]


def labelled(sentences: list[dict]) -> tuple[Passage, ...]:
    """Presidio-evaluator's sentences: persons are gold, everything else labelled is gold of another kind."""
    return tuple(
        Passage(made["text"], "en", tuple(Gold(*span) for span in sorted(made["spans"]))) for made in sentences
    )


def meeting(language: str, count: int, seed: int) -> list[Passage]:
    """``count`` turns in sessions of about twelve members each."""
    rng = chance(SEED * 1000 + seed)
    others, said = strangers(seed), []
    while len(said) < count:
        members = tuple(rng.sample(everybody(), 12))
        said.extend(turns(Speech(language, members, others, rng), min(40, count - len(said))))
    return said


def _loose(count: int) -> list[Passage]:
    rng = chance(SEED * 1000 + 3)
    said = [hesitant(turn, rng) for turn in chain(meeting("en", count, 4), meeting("fr", count // 2, 5))]
    return [as_heard(turn) if number % 2 else turn for number, turn in enumerate(said)]


def _posts(count: int) -> list[Passage]:
    return posts(Posts("en", everybody(), strangers(6), chance(SEED * 1000 + 6)), count)


def misspelt(amounts: Amounts) -> list[DataSet]:
    """Everybody's names as recognisers write them, one a text; and the same without capitals."""
    rng, texts = chance(SEED * 1000 + 7), []
    for person in everybody()[:: max(1, len(everybody()) // amounts.people)]:
        for way in amounts.ways:
            for form in dict.fromkeys(("full", "first", "last") if " " in person.full else ("full",)):
                texts.extend(_carried(person, way, form, rng))
    heard = tuple(map(as_heard, texts))
    return [
        DataSet("misspelt", "names of the roster, misspelt", tuple(texts), everybody()),
        DataSet("misspelt-heard", "the same, no capitals", heard, everybody()),
    ]


def _carried(person: Somebody, way: str, form: str, rng: random.Random) -> Iterator[Passage]:
    written = misheard(str(getattr(person, form)), way, rng)
    if written is None:
        return
    shown = "one word" if " " not in person.full else form
    tags = (f"misspelt:{way}", f"form:{shown}", f"group:{person.group}", "whose:roster")
    said = {
        "name": Said(written, "PERSON", person.participant, tags),
        "topic": Said(rng.choice(choices(TOPICS["en"]))),
        "org": Said(rng.choice(choices(ORGANISATIONS["en"])), "ORG"),
    }
    yield capitalised(fill(rng.choice(lines(CARRIERS)), "en", said.__getitem__))


def absent(amounts: Amounts = FULL) -> tuple[dict[str, list[Passage]], list[tuple[Somebody, ...]]]:
    """Talk of many kinds, and rosters of 20 people of whom it names nobody; four in each have names that are words."""
    texts = domains(everybody(), strangers(8), chance(SEED * 1000 + 8), amounts.absent_sentences)
    rng = chance(SEED * 1000 + 9)
    wordy = [one for one in everybody() if one.group == "word-like"]
    plain = [one for one in everybody() if one.group != "word-like"]
    rosters = [tuple(rng.sample(wordy, 4) + rng.sample(plain, ABSENT - 4)) for _ in range(amounts.rosters)]
    return texts, rosters


def without_listed(passages: tuple[Passage, ...], known: frozenset[str]) -> tuple[Passage, ...]:
    """The passages with a tag on each gold name none of whose words is in ``known`` (folded)."""
    from deidentification.text import tokens_of

    def tagged(passage: Passage, gold: Gold) -> Gold:
        words = {token.folded for token in tokens_of(passage.text[gold.start : gold.end])}
        return gold if words & known else replace(gold, tags=(*gold.tags, "listed:in no word list"))

    return tuple(replace(p, gold=tuple(tagged(p, g) for g in p.gold)) for p in passages)
