"""A study in which every name, word, address and file name is a random token that can be searched for."""

import csv
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.laboratory import DEMO

COLUMNS = (
    "participant",
    "full_name",
    "aliases",
    "organisation",
    "organisation_as",
    "role",
    "role_as",
    "place",
    "place_as",
    "tier",
    "language",
    "email",
    "former_names",
)


@dataclass(frozen=True)
class Person:
    """Tokens of one made-up participant, and how they wish to be shown."""

    participant: str
    level: str | None
    first: str
    last: str
    alias: str
    former: str
    organisation: str
    role: str
    place: str
    mailbox: str
    word: str

    @property
    def full_name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def tokens(self) -> set[str]:
        """Everything that is about this person alone."""
        about = (self.first, self.last, self.alias, self.former, self.organisation, self.role, self.place)
        return {*about, self.mailbox, self.word}

    @property
    def released(self) -> set[str]:
        """What may stand in the data set: words of whoever is used, and who a named person is."""
        if self.level is None or self.level == "withheld":
            return set()
        if self.level != "named":
            return {self.word}
        return {self.first, self.last, self.alias, self.organisation, self.role, self.place, self.word}


class Canary:
    """The tokens, and the files that hold them, which lie outside of everything that is searched.

    Args:
        folder: Where the files to be imported are written.
        seed: Tokens are the same for the same seed.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311 - words to search for, not keys
        self.passphrase = self.token()
        levels = {"P01": "named", "P02": "unnamed", "P03": "withheld", "P04": "named", "P05": None}
        self.people = {participant: self._person(participant, level) for participant, level in levels.items()}
        self.guest, self.guests_word = self.token(), self.token()
        self.file_words = {
            name: self.token()
            for name in ("roster", "sheet", "evidence", "vtt", "map", "wrong", "gone", "noise", "coding")
        }
        self.wrong = [self.token() for _ in range(8)]
        folder.mkdir(parents=True)

    def token(self) -> str:
        """Five syllables that are no word of any language, with a capital."""
        return "".join(self.random.choice("bdfgjklmnprstvz") + self.random.choice("aeiou") for _ in range(5)).title()

    @property
    def all_tokens(self) -> set[str]:
        people = set().union(*(person.tokens for person in self.people.values()))
        return {*people, *self.wrong, *self.file_words.values(), self.guest, self.guests_word, self.passphrase}

    def released(self, *, without: Sequence[str] = ()) -> set[str]:
        """Tokens that may stand in the data set."""
        return set().union(*(p.released for p in self.people.values() if p.participant not in without))

    def _person(self, participant: str, level: str | None) -> Person:
        return Person(participant, level, *(self.token() for _ in range(9)))

    # ------------------------------------------------------------ files to import

    def roster(self) -> Path:
        people = [
            {
                "participant": person.participant,
                "full_name": person.full_name,
                "aliases": person.alias,
                "organisation": f"{person.organisation} Trust",
                "organisation_as": "a charity",
                "role": f"{person.role} officer",
                "role_as": "an officer",
                "place": person.place,
                "place_as": "a town",
                "tier": "core",
                "language": "en",
                "email": f"{person.mailbox}@example.org",
                "former_names": f"{person.first} {person.former}",
            }
            for person in self.people.values()
        ]
        return self._sheet(f"{self.file_words['roster']}.csv", COLUMNS, people)

    def consents(self) -> Path:
        evidence = self.folder / f"{self.file_words['evidence']}.pdf"
        evidence.write_bytes(b"a signed form")
        asked = [person for person in self.people.values() if person.level is not None]
        rows = [
            {
                "participant": person.participant,
                "at": "2026-01-05T10:00:00+00:00",
                "event": "consent",
                "level": str(person.level),
                "form": "v1",
                "organisation": "named" if person.level == "named" else "generalised",
                "evidence": evidence.name,
            }
            for person in asked
        ]
        return self._sheet(f"{self.file_words['sheet']}.csv", tuple(rows[0]), rows)

    def transcript(self) -> Path:
        named, unnamed, withheld, leaving, never_asked = self.people.values()
        turns = [
            (named.full_name, f"My name is {named.first}. We {named.word.lower()} the budget of the second year."),
            (unnamed.full_name, f"I am {unnamed.full_name}, {unnamed.role} officer at {unnamed.organisation} Trust."),
            (unnamed.full_name, f"We live in {unnamed.place} and {unnamed.word.lower()} the plan together with you."),
            (withheld.full_name, f"I am {withheld.first} and I {withheld.word.lower()} in silence, please."),
            (leaving.full_name, f"I am {leaving.full_name} and I {leaving.word.lower()} the garden every day."),
            (never_asked.full_name, f"Nobody asked me whether I {never_asked.word.lower()} at home."),
            (self.guest, f"I only drop in, and I {self.guests_word.lower()} the reading room."),
            (named.full_name, f"{unnamed.first} and {withheld.full_name} know {never_asked.alias} very well."),
            (unnamed.full_name, f"Write to {unnamed.mailbox}@example.org or ask {leaving.alias} {leaving.former}."),
            (leaving.full_name, f"Thank you, {named.first}, and thank you, {unnamed.alias}."),
        ]
        cues = [
            f"{number}\n{_clock(6 * number)} --> {_clock(6 * number + 5)}\n{voice}: {text}\n"
            for number, (voice, text) in enumerate(turns, start=1)
        ]
        return self._file(f"{self.file_words['vtt']}.vtt", "WEBVTT\n\n" + "\n".join(cues))

    def tracks(self) -> list[Path]:
        """Two recordings, named as Zoom names them, of two people who speak."""
        sources = sorted((DEMO / "sessions" / "S1").glob("audio*.m4a"))[:2]
        owners = (self.people["P01"], self.people["P04"])
        copies = [self.folder / f"audio{owner.first}{owner.last}{number}1.m4a" for number, owner in enumerate(owners)]
        for source, copy in zip(sources, copies, strict=True):
            shutil.copyfile(source, copy)
        return copies

    def codings(self) -> Path:
        """Codes that are called by people, put by somebody who is one of them on words that are shown, or not."""
        named, unnamed, withheld, leaving, never_asked = self.people.values()
        called = f"{unnamed.full_name}, {never_asked.alias}, {leaving.first} {leaving.former}, {withheld.mailbox}@x.org"
        rows = [
            {"session_id": "C1", "words": words, "code": called, "coder": withheld.full_name}
            for words in ("the budget of the second year", f"I {withheld.word.lower()} in silence", named.full_name)
        ]
        return self._sheet(f"{self.file_words['coding']}.csv", tuple(rows[0]), rows)

    # ------------------------------------------------------------ files that are refused

    def wrong_roster(self) -> Path:
        rows = [{"participant": self.wrong[0], "full_name": f"{self.wrong[1]} {self.wrong[2]}", "email": self.wrong[3]}]
        return self._sheet(f"{self.file_words['wrong']}1.csv", ("participant", "full_name", "email"), rows)

    def headless_roster(self) -> Path:
        """A roster whose first line is a person, not a header."""
        line = f"P01,{self.wrong[1]} {self.wrong[2]},{self.wrong[3]}@example.org\n"
        return self._file(f"{self.file_words['wrong']}2.csv", line * 2)

    def wrong_consents(self) -> Path:
        row = dict(zip(("participant", "at", "event", "level"), self.wrong, strict=False))
        good_but_wrong = {"participant": "P02", "at": "2026-02-30", "event": "change", "level": self.wrong[5]}
        return self._sheet(f"{self.file_words['wrong']}3.csv", tuple(row), [row, good_but_wrong])

    def broken_transcript(self) -> Path:
        text = f"WEBVTT\n\n00:00:04.000 --> {self.wrong[6]}\n{self.wrong[7]}: {self.wrong[5]}\n\n00:9:99 -> x\n"
        return self._file(f"{self.file_words['wrong']}4.vtt", text)

    def unknown_speakers(self) -> Path:
        rows = [{"voice": self.wrong[4], "participant": "P99"}]
        return self._sheet(f"{self.file_words['map']}.csv", ("voice", "participant"), rows)

    def wrong_codings(self) -> Path:
        row = {"code": self.wrong[1], "words": self.wrong[2], "start_char": self.wrong[3], "coder": self.wrong[4]}
        return self._sheet(f"{self.file_words['wrong']}5.csv", tuple(row), [row])

    def wrong_project(self) -> Path:
        """A project file that is none."""
        return self._file(f"{self.file_words['wrong']}6.qdpx", f"<Project name='{self.wrong[0]}'>{self.wrong[6]}")

    def no_recording(self) -> Path:
        """A text that is called a recording."""
        return self._file(f"audio{self.file_words['noise']}1.m4a", f"no sound but {self.wrong[0]}")

    def _sheet(self, name: str, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"
