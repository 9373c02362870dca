"""A small study, made up: people, turns, decisions and a recogniser that finds what it is told to."""

import re
from collections.abc import Sequence
from datetime import date

from deidentification.api import find_names, redact, unite
from deidentification.find import Recognisers
from deidentification.recognizers.model_spans import ModelSpan
from schemas.consent import (
    Answer,
    ConsentDecision,
    Level,
    Organisation,
    PassageDecisions,
    Permission,
    Reach,
    SessionDecisions,
    State,
    Use,
)
from schemas.deidentified import DeidentifiedUtterance, Label, NameTable, RedactedSession
from schemas.policy import Policy
from schemas.recording import Session
from schemas.roster import MatchingTable, Person
from schemas.speech import Attributed, Utterance, UtteranceWord, Voice


def person(number: int, name: str, **fields: object) -> Person:
    return Person.model_validate(
        {"participant": f"P{number:02d}", "full_name": name, "secret": f"{number:064x}", **fields}
    )


AROHA = person(
    1, "Aroha Ngata", organisation="City of Vancouver", organisation_as="a municipal government in Canada",
    role="Deputy Mayor", role_as="an elected official", place="Vancouver, Canada", place_as="a Canadian city",
    pseudonym="Juniper", public_pseudonym="Talven", tier="core", language="en", former_names=("Aroha Bellweather",),
)  # fmt: skip
MARK = person(
    2,
    "Mark White",
    aliases=("Whitey", "@mwhite_7"),
    pseudonym="Sorrel",
    role_as="policy lead",
    organisation_as="a ministry",
)
SIOBHAN = person(3, "Siobhán O'Brien", pseudonym="Mirla", role_as="policy lead", organisation_as="a ministry")
JEAN_LUC = person(4, "Jean-Luc de la Fontaine", organisation="Ministère de la Santé", pseudonym="Orvane", language="fr")
WILL = person(5, "Will Brown", pseudonym="Tarrow")
CHRIS = person(6, "Chris Nguyen", pseudonym="Belis")
TINA = person(7, "Christina Brown", pseudonym="Quorra")
TABLE = MatchingTable(people=(AROHA, MARK, SIOBHAN, JEAN_LUC, WILL, CHRIS, TINA))
SESSION = Session(session="s1", day=date(2026, 3, 1), zone="Pacific/Auckland")
POLICY = Policy()


class FakeNames:
    """Finds the words it is given, wherever they stand."""

    name = "fake"
    version = "1"

    def __init__(self, *words: str, label: Label = Label.PERSON, source: str = "fake") -> None:
        self.words = words
        self.label = label
        self.source = source

    def serves(self, language: str) -> bool:
        return True

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        return [
            [
                ModelSpan(m.start(), m.end(), self.label, self.source)
                for w in self.words
                for m in re.finditer(re.escape(w), text)
            ]
            for text in texts
        ]


class FailingNames(FakeNames):
    name = "failing"

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        raise ValueError(f"could not read {texts[0]}")


def recognisers(*models: FakeNames) -> Recognisers:
    return Recognisers(models)


def decision(participant: str, level: Level = Level.UNNAMED, **fields: object) -> ConsentDecision:
    organisation = Organisation.NAMED if level is Level.NAMED else Organisation.GENERALISED
    values: dict[str, object] = {
        "participant": participant, "use": Use.ANALYSIS, "reach": Reach(), "state": State.CONSENTED, "level": level,
        "organisation": organisation, "permissions": dict.fromkeys(Permission, Answer.YES), "tightened": -1, **fields,
    }  # fmt: skip
    return ConsentDecision.model_validate(values)


def decisions(
    levels: dict[str, Level] | None = None, *, rest: Level = Level.UNNAMED, purpose: str = "analyse",
    passages: tuple[PassageDecisions, ...] = (), table: MatchingTable = TABLE, **given: ConsentDecision,
) -> SessionDecisions:  # fmt: skip
    levels = levels or {}
    made = {p.participant: decision(p.participant, levels.get(p.participant, rest)) for p in table.people}
    return SessionDecisions(
        session="s1", use=Use.ANALYSIS, purpose=purpose, decisions={**made, **given}, passages=passages
    )


def turn(
    number: int, voice: int, text: str, *, start: float | None = None, language: str = "en", **words: dict[int, object]
) -> Utterance:
    """A turn, one word a second; ``near`` and ``confidence`` by word number."""
    begin = float(number * 1000) if start is None else start
    made = tuple(
        UtteranceWord.model_validate(
            {
                "text": word,
                "start_s": begin + i,
                "end_s": begin + i + 0.9,
                **{key: by[i] for key, by in words.items() if i in by},
            }
        )
        for i, word in enumerate(text.split())
    )
    return Utterance(
        utterance=f"u{number}",
        voice=voice,
        start_s=begin,
        end_s=begin + max(len(made) - 0.1, 0.0),
        words=made,
        language=language,
    )


VOICES = tuple(
    Voice(label=p.participant, participant=p.participant, confidence=1.0, method="map") for p in TABLE.people
)
"""Voice n belongs to the nth person; the one after the last is nobody's."""
NOBODY = len(VOICES)


def session_of(*turns: Utterance) -> Attributed:
    return Attributed(voices=(*VOICES, Voice(label="unknown")), utterances=turns)


def redacted(
    *texts: str, levels: dict[str, Level] | None = None, rest: Level = Level.UNNAMED, models: Sequence[FakeNames] = (),
    policy: Policy = POLICY, session: Session = SESSION, voice: int = 0, purpose: str = "analyse",
    names: NameTable | None = None, table: MatchingTable = TABLE,
) -> RedactedSession:  # fmt: skip
    """Texts said one after the other by one voice, through the whole room."""
    attributed = session_of(*(turn(number, voice, text) for number, text in enumerate(texts, start=1)))
    found = find_names(attributed, session, table, policy, recognisers(*models))
    given = decisions(levels, rest=rest, purpose=purpose, table=table)
    return redact(attributed, found, names or unite([found]), given, session, table, policy)


def said(session: RedactedSession) -> list[str]:
    """What is shown of each turn; the reason where it is withheld."""
    return [u.text if isinstance(u, DeidentifiedUtterance) else u.reason.value for u in session.utterances]
