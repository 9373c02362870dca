"""What carrying codings over to words told anew costs, beside difflib comparing the same words.

    uv run python -m tests.benchmarks.bench_reanchoring --json [--sessions 100] [--codings 1000]

Sessions of 1,000 turns of 10 words, told anew with other numbers, one word in twenty heard otherwise, one turn in fifty
missing. "same" counts codings that are on exactly the words they were on; one is "wrong" where it is on a word that it
was not on. Of the peer one session is measured, and the ratio is of that session.
"""

import argparse
import json
import random
import time
from datetime import UTC, datetime
from difflib import SequenceMatcher
from uuid import UUID

from flows.coding.anchored import carried_over
from schemas.coding import Coding, Place, SessionCodings
from schemas.speech import Attributed, Utterance, UtteranceWord, Voice, offsets

TURNS, WORDS = 1_000, 10
VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeioué" for c in ("ne", "l", "rs", "t")]
Words = set[tuple[str, int]]
"""Words by their turn and number as they were first told."""
AT = datetime(2026, 5, 4, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--codings", type=int, default=1_000, help="in each session")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.sessions, options.codings)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def measure(sessions: int, codings: int) -> dict[str, float]:
    """Seconds, counts, and the ratio to the peer."""
    draw = random.Random(1)  # noqa: S311 - made-up words
    total_s, same, wrong, lost, shortened, peer_s, first_s = 0.0, 0, 0, 0, 0, 0.0, 0.0
    for number in range(sessions):
        old = _session(draw)
        new = _told_anew(old, draw)  # a word keeps its number in its turn, and the turn tells when it was said
        before = _coded(old, codings, draw)
        begin = time.perf_counter()
        after = carried_over(before, old, new, None)
        took = time.perf_counter() - begin
        total_s += took
        if not number:
            first_s = took
            begin = time.perf_counter()
            SequenceMatcher(None, _words(old), _words(new), autojunk=False).get_opcodes()
            peer_s = time.perf_counter() - begin
        here = {turn.utterance: turn for turn in old.utterances}
        there = {turn.utterance: turn for turn in new.utterances}
        found = {one.coding: _under(one, there) for one in after.codings}
        for one in before.codings:
            under = _under(one, here)
            same += found.get(one.coding) == under
            wrong += not found.get(one.coding, set()) <= under
        lost += sum(one.whole for one in after.lost)
        shortened += sum(not one.whole for one in after.lost)
    return {
        "sessions": sessions,
        "codings": sessions * codings,
        "seconds": round(total_s, 2),
        "same": same,
        "shortened": shortened,
        "lost": lost,
        "wrong": wrong,
        "difflib_one_session_s": round(peer_s, 2),
        "ratio_to_difflib": round(first_s / peer_s, 3),
    }


def _session(draw: random.Random) -> Attributed:
    turns = []
    for number in range(TURNS):
        said = tuple(
            UtteranceWord(text=draw.choice(VOCABULARY), start_s=number * 4 + i * 0.4, end_s=number * 4 + i * 0.4 + 0.3)
            for i in range(WORDS)
        )
        turns.append(
            Utterance(utterance=f"u{number}", voice=0, start_s=said[0].start_s, end_s=said[-1].end_s, words=said)
        )
    return Attributed(voices=(Voice(label="a"),), utterances=tuple(turns))


def _told_anew(old: Attributed, draw: random.Random) -> Attributed:
    def heard(word: UtteranceWord) -> UtteranceWord:
        text = draw.choice(VOCABULARY) if draw.random() < 0.05 else word.text
        return word.model_copy(update={"text": text, "start_s": word.start_s + draw.uniform(-0.3, 0.3)})

    turns = [turn for turn in old.utterances if draw.random() >= 0.02]
    return old.model_copy(
        update={
            "utterances": tuple(
                turn.model_copy(update={"utterance": f"u{number + 5}", "words": tuple(map(heard, turn.words))})
                for number, turn in enumerate(turns)
            )
        }
    )


def _coded(turns: Attributed, codings: int, draw: random.Random) -> SessionCodings:
    made = []
    for _ in range(codings):
        turn = draw.choice(turns.utterances)
        first = draw.randrange(WORDS)
        last = draw.randrange(first, WORDS)
        start = sum(len(word.text) + 1 for word in turn.words[:first])
        end = start + len(" ".join(word.text for word in turn.words[first : last + 1]))
        place = Place(utterance=turn.utterance, start_char=start, end_char=end)
        ids = [str(UUID(int=draw.getrandbits(128), version=4)) for _ in range(3)]
        made.append(Coding(coding=ids[0], code=ids[1], coder=ids[2], places=(place,), at=AT))
    return SessionCodings(upon=turns.digest(), codings=tuple(made))


def _words(turns: Attributed) -> list[str]:
    return [word.text for turn in turns.utterances for word in turn.words]


def _under(coding: Coding, turns: dict[str, Utterance]) -> Words:
    """The words that a coding is on: turns are four seconds apart, told anew or not."""
    found: Words = set()
    for place in coding.places:
        turn = turns[place.utterance]
        for number, (start, word) in enumerate(offsets(turn.words)):
            if start < place.end_char and place.start_char < start + len(word.text):
                found.add((str(round(turn.start_s / 4)), number))
    return found


if __name__ == "__main__":
    main()
