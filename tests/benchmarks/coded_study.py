"""A made-up coded study of any size, for benchmarks: words as often as English and French have them."""

import random
from datetime import UTC, date, datetime, timedelta

from wordfreq import top_n_list, word_frequency

from schemas.coding import Code, Codebook, Coder, ReleasedCoding, ReleasedCodings, ReleasedStretch
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, RedactedSession, SpeakerShown, WithheldReason, WithheldUtterance
from schemas.identifiers import SessionId
from schemas.recording import Session
from warehouse.load import ReleasedSession, ReleaseIds

PER_SESSION = 1000
WORDS = 40_000
"""Most common words of each language that are said."""
PEOPLE = 300
SPEAKERS = 10
"""In one session."""
CODES, CODERS, TOP_CODES = 60, 5, 10
LEVELS = (Level.NAMED, Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM, Level.UNNAMED)
IDS = ReleaseIds(bytes(range(32)), {f"P{n:03d}": f"{n:064x}" for n in range(PEOPLE)})


def sessions(utterances: int, seed: int = 7) -> list[ReleasedSession]:
    """Sessions of 1,000 turns of fifteen words on average, six in ten in English; one turn in twenty is a gap."""
    chance = random.Random(seed)  # noqa: S311 - the same words each time
    said = {language: _words(language) for language in ("en", "fr")}
    people = [_person(number) for number in range(PEOPLE)]
    made = []
    for number in range(utterances // PER_SESSION):
        language = "fr" if number % 5 in (1, 3) else "en"
        words, weights = said[language]
        lengths = [max(1, min(120, int(chance.lognormvariate(2.5, 0.7)))) for _ in range(PER_SESSION)]
        stream = iter(chance.choices(words, cum_weights=weights, k=sum(lengths)))
        speaking = chance.sample(people, SPEAKERS)
        turns = tuple(
            _turn(n, " ".join(next(stream) for _ in range(length)), speaking[chance.randrange(SPEAKERS)], n % 20 == 0)
            for n, length in enumerate(lengths)
        )
        made.append(_session(f"S{number}", language, number, turns))
    return made


def codings(made: list[ReleasedSession], wanted: int, seed: int = 8) -> ReleasedCodings:
    """``wanted`` codings by five coders, in any turns; codes differ in how often they are used."""
    chance = random.Random(seed)  # noqa: S311 - the same places each time
    codes = tuple(
        Code(code=_guid(1, n), name=f"Code {n}", parent=_guid(1, n % TOP_CODES) if n >= TOP_CODES else None)
        for n in range(CODES)
    )
    coders = tuple(Coder(coder=_guid(2, n), name=f"coder {n}") for n in range(CODERS))
    at = datetime(2026, 3, 4, tzinfo=UTC)
    weights = [1 / (n + 1) for n in range(CODES)]
    placed = []
    for number in range(wanted):
        one = made[chance.randrange(len(made))]
        turn = one.redacted.utterances[chance.randrange(PER_SESSION // 20) * 20 + chance.randrange(1, 20)]
        (code,) = chance.choices(codes, weights)
        end = max(1, len(turn.text) // 2)  # type: ignore[union-attr] - every twentieth turn alone is a gap
        stretch = ReleasedStretch(
            session=one.session.session, utterance=turn.utterance, piece=0, start_char=0, end_char=end
        )
        placed.append(
            ReleasedCoding(
                coding=_guid(3, number),
                code=code.code,
                coder=coders[number % CODERS].coder,
                stretches=(stretch,),
                at=at,
            )
        )
    return ReleasedCodings(codebook=Codebook(codes=codes, coders=coders), codings=tuple(placed))


def _words(language: str) -> tuple[list[str], list[float]]:
    words = [word for word in top_n_list(language, WORDS) if any(letter.isalpha() for letter in word)]
    total, cumulative = 0.0, []
    for word in words:
        total += word_frequency(word, language)
        cumulative.append(total)
    return words, cumulative


def _person(number: int) -> SpeakerShown:
    level = LEVELS[number % len(LEVELS)]
    role = f"[a role of kind {number % 40}]"
    said = {
        "tier": "core" if number % 3 else "constellation",
        "role_as": f"role {number % 12}",
        "organisation_as": f"organisation {number % 7}",
        "place_as": f"place {number % 5}",
        "language": "fr" if number % 4 == 0 else "en",
    }
    label = role if level is Level.ROLE else f"Person {number}"
    return SpeakerShown(participant=f"P{number:03d}", level=level, label=label, tightened=0, **said)


def _turn(n: int, text: str, speaker: SpeakerShown, gap: bool) -> DeidentifiedUtterance | WithheldUtterance:
    times = {"utterance": f"u{n}", "piece": 0, "start_s": n * 6.0, "end_s": n * 6.0 + 5}
    if gap:
        return WithheldUtterance(
            **times, reason=WithheldReason.LEVEL, participant=speaker.participant, decision="e" * 64
        )
    return DeidentifiedUtterance(
        **times, speaker=speaker, text=f"{text.capitalize()}.", redactions=(), spans=(), decision="e" * 64
    )


def _session(
    name: str, language: str, number: int, turns: tuple[DeidentifiedUtterance | WithheldUtterance, ...]
) -> ReleasedSession:
    day = date(2020, 1, 1) + timedelta(days=number)
    facts = Session(session=SessionId(name), day=day, zone="UTC", cycle="1", language=language)
    words = RedactedSession(session=SessionId(name), purpose="analyse", utterances=turns)
    return ReleasedSession(facts, PER_SESSION * 6.0, words)


def _guid(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-4000-8000-{number:012d}"
