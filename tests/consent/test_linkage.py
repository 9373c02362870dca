"""Whoever holds the register without its keys cannot tell which of its entries are about one person.

A thousand people with ten entries each, every person with habits of their own (how much they choose, how long a text of
thanks they ask for). Entries of equal kind, minute and form are paired: half the pairs are one person's. Guessers see
whatever stands in the file (leaves, sealed bytes, places) and one of them learns from half the people first.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from consent.choosing.rows import shuffled
from consent.ledger import Ledger
from consent.register import to_ledger_event
from consent.storage.lines import NAME, Line, decode_line
from schemas.consent import Answer, Choice, ConsentEvent, ConsentKind, Level, Permission, Use
from tests.consent.ledger_fakes import TinySigner
from vault.age import Identity, seal

LONG = os.environ.get("CHATHAM_LONG") == "1"
PEOPLE, EVENTS = 1_000, 10
PAIRS = 200_000
REGISTERS = 20 if LONG else 6
SEED = int(os.environ.get("CHATHAM_SEED", "20261122"))
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
Guesser = Callable[[np.ndarray, np.ndarray], np.ndarray]


def habits(random: Random, person: int) -> list[ConsentEvent]:
    """One person's entries: some choose one thing each time, some everything, some ask for long thanks."""
    many, thanks = random.randint(1, len(Permission)), random.choice([0, 0, 30, 200])
    return [one_event(random, f"P{person:04}", number, many, thanks) for number in range(EVENTS)]


def one_event(random: Random, who: str, number: int, many: int, thanks: int) -> ConsentEvent:
    choices = [
        Choice(dimension="level", value=random.choice(list(Level)), use=use) for use in (None, *Use)[: 1 + many // 3]
    ]
    choices += [Choice(dimension=name, value=random.choice(list(Answer))) for name in list(Permission)[:many]]
    choices += [Choice(dimension="credit", value="x" * thanks)] if thanks else []
    return ConsentEvent(
        participant=who,
        event=ConsentKind.CHANGE if number else ConsentKind.CONSENT,
        at=NOW,
        choices=tuple(choices),
        form="2026-1",
        form_sha256="0" * 64,
        method=random.choice(["signed", "oral", "online"]),
        recorded_by="ra",
        row=f"{random.getrandbits(256):064x}",
    )


Told = tuple[list[str], list[Line]]
"""Whose each entry is (what the guessers do not see), and the journal's lines."""


def recorded(folder: Path, seed: int) -> Told:
    """One register of everybody's entries, imported as one sheet."""
    random = Random(seed)  # noqa: S311 - a test's own people
    recipient = Identity.generate().recipient
    ledger = Ledger.create(folder, TinySigner(), lambda plain: seal(plain, [recipient]))
    events = shuffled((event for person in range(PEOPLE) for event in habits(random, person)), random)
    ledger.append([to_ledger_event(event) for event in events], NOW)
    with (folder / NAME).open("rb") as file:
        lines = [decode_line(raw, number) for number, raw in enumerate(file, 1)]
    return [event.participant for event in events], lines


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """Several, since in a single one the luck of the shuffle is as large as what is looked for."""
    return [recorded(tmp_path_factory.mktemp("linkage"), SEED + number) for number in range(REGISTERS)]


def pairs_of(told: Told, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of changes by people ``first`` to ``last``: what is seen of each pair, and whether it is one person's."""
    who, lines = told
    random = np.random.default_rng(SEED + first)
    places: dict[str, list[int]] = {}
    for place, (person, line) in enumerate(zip(who, lines, strict=True)):
        if b'"kind":"change"' in line.leaf:
            places.setdefault(person, []).append(place)
    own = [places[name] for name in sorted(places)[first:last]]
    same = random.random(PAIRS) < 0.5
    left = random.integers(len(own), size=PAIRS)
    right = np.where(same, left, (left + random.integers(1, len(own), size=PAIRS)) % len(own))
    one = random.integers(EVENTS - 1, size=PAIRS)
    two = np.where(
        same,
        (one + random.integers(1, EVENTS - 1, size=PAIRS)) % (EVENTS - 1),  # another one, each as likely
        random.integers(EVENTS - 1, size=PAIRS),
    )
    seen = np.array([visible(line, place, len(lines)) for place, line in enumerate(lines)])
    a = seen[[own[number][which] for number, which in zip(left, one, strict=True)]]
    b = seen[[own[number][which] for number, which in zip(right, two, strict=True)]]
    return np.concatenate([np.abs(a - b), a * b], axis=1), same


def visible(line: Line, place: int, count: int) -> list[float]:
    """Everything of a line that is not a random number, and some of what is."""
    sealed = line.sealed or b""
    leaf = line.leaf
    return [
        place / count,
        line.left / count,
        len(sealed) / 1024,
        len(line.raw) / 4096,
        leaf.count(b"0") / 512,
        leaf[15] / 128,
        sealed[40] / 256,
        sealed[-1] / 256,
    ]


def learned(seen: np.ndarray, same: np.ndarray) -> Guesser:
    """A guesser that has seen half the people's pairs with their answers (least squares on what is seen)."""
    weights, *_ = np.linalg.lstsq(with_one(seen), same * 2.0 - 1.0, rcond=None)
    return lambda new, _: with_one(new) @ weights > 0


def with_one(seen: np.ndarray) -> np.ndarray:
    return np.concatenate([seen, seen**2, np.ones((len(seen), 1))], axis=1)


def advantage(guess: np.ndarray, same: np.ndarray) -> float:
    """How much more often the guess "one person" falls on one person's pairs than on others'."""
    return float(guess[same].mean() - guess[~same].mean())


def guesses(told: Told) -> dict[str, float]:
    """What each guesser gains in one register."""
    seen, same = pairs_of(told, 0, PEOPLE // 2)
    new, answers = pairs_of(told, PEOPLE // 2, PEOPLE)
    return {
        "near each other": advantage(new[:, 0] < np.median(new[:, 0]), answers),
        "equally long": advantage(new[:, 2] == 0, answers),
        "lines equally long": advantage(new[:, 3] == 0, answers),
        "learned": advantage(learned(seen, same)(new, answers), answers),
    }


def test_no_guesser_without_keys_links_two_entries_of_one_person(registers: list[Told]):
    gained = [guesses(told) for told in registers]
    mean = {name: abs(sum(one[name] for one in gained)) / len(gained) for name in gained[0]}
    assert max(mean.values()) < 0.01, mean


def test_a_guesser_that_may_look_inside_links_them(registers: list[Told]):
    """The control: the same guessing, over what is sealed, does link; so the test above can fail."""
    who, lines = registers[0]
    numbers = {name: number for number, name in enumerate(sorted(set(who)))}
    told = [line._replace(raw=line.raw + b" " * numbers[name]) for name, line in zip(who, lines, strict=True)]
    new, answers = pairs_of((who, told), 0, PEOPLE)
    assert advantage(new[:, 3] == 0, answers) > 0.5


def test_a_sheet_is_shuffled_between_people_before_it_is_recorded(registers: list[Told]):
    """Neighbours in the register are one person's no oftener than chance has it."""
    who, _ = registers[0]
    neighbours = sum(a == b for a, b in pairwise(who))
    assert neighbours < 3 * EVENTS
