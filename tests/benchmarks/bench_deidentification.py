"""How fast names are found, how many misspelt roster names are found, and how much is masked for nothing.

    python -m tests.benchmarks.bench_deidentification [--words 20000] [--json]

The text is made up from templates and a roster of 43 made-up people; misspellings are made by rules for what
recognisers do (letters doubled, dropped or swapped, sounds written otherwise, no capitals). Speeds of the full stack,
of Rampart alone and of spaCy alone are taken in one run, one after the other.
"""

import argparse
import json
import random
import time
from collections.abc import Callable

from deidentification.find import Recognisers, Roster, find_in_texts, load_recognisers
from schemas.deidentified import Certainty, Find, Label
from schemas.roster import MatchingTable, Person

NAMES = """Aroha Ngata; Mark White; Siobhán O'Brien; Jean-Luc Tremblay; Will Brown; Chris Nguyen; Priya
Ramanathan; Wiremu Parata; Élodie Gagnon; Mateusz Kowalczyk; Hana Takahashi; Tāne Mahuta; Kwame
Mensah; Ngozi Okonkwo; Grace Hopkins; Rangi Te Whata; Fatima Zahraoui; Liam Gallagher; Ines
Carvalho; Yusuf Demir; Anneke van der Berg; Sione Taufa; Mele Fonua; Björn Lindqvist; Saoirse
Kennedy; Dmitri Volkov; Lerato Molefe; Juan Carlos Ibarra; Noémie Lavoie; Thandiwe Dlamini; Hemi
Walker; Ruth Abernathy; Caoimhe Doyle; Olumide Adeyemi; Marguerite Beaulieu; Tariq Hussain; Ewa
Nowak; Kahurangi Stone; Desmond Achebe; Ingrid Solberg; Paora Winiata; Charlotte Hargreaves; Nikhil
Deshpande"""

CARRIERS = (
    "I think {} put it very well when we talked about the programme last week",
    "thanks {} that was a really helpful way to look at the problem",
    "so what {} was saying about trust and power in our teams makes sense to me",
    "maybe we could ask {} to share how the pilot went with the community",
    "when {} joined the group the conversation about values changed",
)
FILLERS = (
    "we need to look at the policy cycle and ask what is working for the people we serve",
    "the budget was cut and the team had to find another way to run the workshops",
    "there is a tension between the outer work of changing systems and the inner work of changing ourselves",
    "our theory of change says that small experiments build the confidence to try larger ones",
    "I am not sure that the ministers really understand how long it takes to build relationships",
    "will the new framework mark a shift or is it just another white paper with brown covers",
    "in grace and good humour the committee went through every line of the strategy again",
    "the pain points we named were procurement risk aversion and the turnover of senior leaders",
)


def roster() -> MatchingTable:
    """43 people."""
    names = [name.strip() for name in NAMES.replace("\n", " ").split(";")]
    people = [Person(participant=f"P{i:02d}", full_name=n, secret=f"{i:064x}") for i, n in enumerate(names, start=1)]
    return MatchingTable(people=tuple(people))


def _double(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at - 1].lower() + word[at:]


def _drop(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _swap(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1) if len(word) > 2 else 0
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def _vowel(word: str, rng: random.Random) -> str:
    places = [i for i, c in enumerate(word) if i and c in "aeiouáéèāō"]
    at = rng.choice(places) if places else 1
    return word[:at] + rng.choice("aeiou") + word[at + 1 :]


def _sound(word: str, rng: random.Random) -> str:
    pairs = [
        ("ph", "f"),
        ("c", "k"),
        ("k", "c"),
        ("th", "t"),
        ("y", "i"),
        ("i", "y"),
        ("z", "s"),
        ("w", "wh"),
        ("v", "f"),
    ]
    fitting = [(a, b) for a, b in pairs if a in word[1:]]
    old, new = rng.choice(fitting) if fitting else (word[-1], word[-1] * 2)
    return word[0] + word[1:].replace(old, new, 1)


MISSPELLINGS: tuple[Callable[[str, random.Random], str], ...] = (_double, _drop, _swap, _vowel, _sound)


def misspelt(name: str, rng: random.Random) -> str:
    """A name as a recogniser may write it."""
    words = name.split()
    at = max(range(len(words)), key=lambda i: (len(words[i]), i)) if rng.random() < 0.5 else rng.randrange(len(words))
    if len(words[at]) > 2:
        words[at] = rng.choice(MISSPELLINGS)(words[at], rng)
    return " ".join(words)


def recall(roster_: Roster, table: MatchingTable, models: Recognisers, lower: bool) -> dict[str, float]:
    """Shares of misspelt names (full, first and last) covered, and put down to the right person."""
    rng = random.Random(7)  # noqa: S311 - made-up text, the same each time
    texts, spans, owners = [], [], []
    for person in table.people:
        first, last = person.full_name.split()[0], person.full_name.split()[-1]
        for name in (person.full_name, first, last):
            said = misspelt(name, rng)
            text = rng.choice(CARRIERS).format("\0")
            at = text.index("\0")
            text = text.replace("\0", said)
            texts.append(text.lower() if lower else text)
            spans.append((at, at + len(said)))
            owners.append(person.participant)
    found = find_in_texts(texts, ["en"] * len(texts), roster_, models)
    covered = [_covered(finds, span) for finds, span in zip(found, spans, strict=True)]
    right = [any(_of(f, who, span) for f in finds) for finds, span, who in zip(found, spans, owners, strict=True)]
    return {"covered": round(sum(covered) / len(covered), 3), "right_person": round(sum(right) / len(right), 3)}


def _covered(finds: tuple[Find, ...], span: tuple[int, int]) -> bool:
    hidden = {c for f in finds if f.label is Label.PERSON for c in range(f.start_char, f.end_char)}
    return len(set(range(*span)) - hidden) <= 1  # the space between two tags may stand


def _of(find: Find, who: str, span: tuple[int, int]) -> bool:
    near = find.start_char < span[1] and span[0] < find.end_char
    return near and find.certainty is not Certainty.WEAK and who in (find.participant, *find.others)


def false_alarms(roster_: Roster, models: Recognisers) -> float:
    """Persons found per 1,000 words of text that names nobody."""
    texts = [text[0].upper() + text[1:] + "." for text in FILLERS] + list(FILLERS)
    found = find_in_texts(texts, ["en"] * len(texts), roster_, models)
    words = sum(len(text.split()) for text in texts)
    return round(1000 * sum(f.label is Label.PERSON for finds in found for f in finds) / words, 2)


def meeting(table: MatchingTable, words: int) -> list[str]:
    """Turns of a made-up meeting of about ``words`` words."""
    rng = random.Random(11)  # noqa: S311 - made-up text, the same each time
    turns: list[str] = []
    count = 0
    while count < words:
        name = rng.choice(table.people).full_name
        said = rng.choice((name, name.split()[0], name.split()[-1], misspelt(name, rng)))
        sentences = [rng.choice(FILLERS), rng.choice(CARRIERS).format(said), rng.choice(FILLERS)]
        turns.append(" ".join(s[0].upper() + s[1:] + "." for s in sentences[: rng.randrange(1, 4)]))
        count += len(turns[-1].split())
    return turns


def speed(turns: list[str], work: Callable[[list[str]], object]) -> float:
    """Words per second."""
    start = time.perf_counter()
    work(turns)
    return round(sum(len(turn.split()) for turn in turns) / (time.perf_counter() - start), 0)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table, models = roster(), load_recognisers(["en"])
    indexed = Roster.of(table)
    spacy = next(m for m in models.models if m.name == "spacy-en")
    rampart = next(m for m in models.models if m.name == "rampart")
    turns = meeting(table, options.words)
    languages = ["en"] * len(turns)
    figures = {
        "words": sum(len(turn.split()) for turn in turns),
        "people": len(table.people),
        "full_stack_words_per_s": speed(turns, lambda t: find_in_texts(t, languages, indexed, models)),
        "without_models_words_per_s": speed(turns, lambda t: find_in_texts(t, languages, indexed, Recognisers(()))),
        "spacy_alone_words_per_s": speed(turns, spacy.find),
        "rampart_alone_words_per_s": speed(turns, rampart.find),
        "misspelt": recall(indexed, table, models, lower=False),
        "misspelt_lower_case": recall(indexed, table, models, lower=True),
        "misspelt_roster_only": recall(indexed, table, Recognisers(()), lower=False),
        "false_alarms_per_1000_words": false_alarms(indexed, models),
        "models": models.versions,
    }
    print(json.dumps(figures) if options.json else "\n".join(f"{key}: {value}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
