"""The systems that are compared: ours whole, ours with a part taken out, each model alone, and the peers."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from unittest import mock

from deidentification import find as finding
from deidentification.find import Recognisers, Roster, find_in_texts, load_recognisers
from deidentification.recognizers.model_spans import ModelSpan, Recogniser
from deidentification.recognizers.nearness import NearIndex
from deidentification.spans import is_one_persons
from schemas.deidentified import Find, Label
from tests.benchmarks.names.made_up import DataSet
from tests.benchmarks.names.peers import AbsentError, AskedModel, OtherPython
from tests.benchmarks.names.people import Somebody, table
from tests.benchmarks.names.scores import Mask

Work = Callable[[DataSet], list[list[Mask]]]

PARTS: dict[str, Callable[..., object]] = {
    "find_patterns": lambda _text: [],
    "find_addresses": lambda _text, _spans: [],
    "find_called": lambda _view: [],
    "spread": lambda views, _spans: [[] for _view in views],
    "plausible": lambda _view, spans: list(spans),
}
"""What stands in for a part that is taken out. There are no switches: nobody but this measurement may turn them off."""


@dataclass
class Remembering:
    """A name model that reads each text once, so that taking parts out costs no second reading."""

    model: Recogniser
    found: dict[str, list[ModelSpan]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    @property
    def version(self) -> str:
        """The model's."""
        return self.model.version

    def serves(self, language: str) -> bool:
        """As the model does."""
        return self.model.serves(language)

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """What the model finds; only new texts are read."""
        new = [text for text in dict.fromkeys(texts) if text not in self.found]
        self.found.update(zip(new, self.model.find(new) if new else [], strict=True))
        return [self.found[text] for text in texts]


def models() -> tuple[Recogniser, ...]:
    """The installed English, French and uncased models, each remembering."""
    return tuple(Remembering(model) for model in load_recognisers(["en", "fr"]).models)


@dataclass(frozen=True)
class Ours:
    """Our recogniser with some parts in it.

    Args:
        models: The name models that read.
        roster: Whether it is given the data set's roster.
        fuzzy: Whether the roster is also searched for what only comes near a name.
        without: Parts of ours that are taken out, by the name of their function.
    """

    models: tuple[Recogniser, ...]
    roster: bool = True
    fuzzy: bool = True
    without: tuple[str, ...] = ()

    def __call__(self, data: DataSet) -> list[list[Mask]]:
        """What it would hide in each text."""
        return [[_mask(find) for find in finds] for finds in self.finds(data)]

    def finds(self, data: DataSet) -> list[tuple[Find, ...]]:
        """What it finds in each text."""
        texts, languages = [p.text for p in data.passages], [p.language for p in data.passages]
        indexed = index(data.people if self.roster else (), fuzzy=self.fuzzy)
        with ExitStack() as taken_out:
            for part in self.without:
                taken_out.enter_context(mock.patch.object(finding, part, PARTS[part]))
            return find_in_texts(texts, languages, indexed, Recognisers(self.models))


def index(people: tuple[Somebody, ...], *, fuzzy: bool = True) -> Roster:
    """A roster to search with, or one that is searched for exact names only."""
    roster = Roster.of(table(people))
    return roster if fuzzy else replace(roster, index=replace(roster.index, fuzzy=NearIndex.of(())))


def _mask(find: Find) -> Mask:
    people = (find.participant, *find.others) if find.participant is not None else ()
    person = find.label is Label.PERSON
    return Mask(find.start_char, find.end_char, person, people if person else (), sure=is_one_persons(find))


def alone(chosen: tuple[Recogniser, ...]) -> Work:
    """What models say, without any rule of ours: each reads the languages that it serves."""

    def work(data: DataSet) -> list[list[Mask]]:
        found: list[list[Mask]] = [[] for _ in data.passages]
        for model in chosen:
            mine = [n for n, passage in enumerate(data.passages) if model.serves(passage.language)]
            for number, spans in zip(mine, model.find([data.passages[n].text for n in mine]), strict=True):
                found[number].extend(Mask(s.start_char, s.end_char, s.label is Label.PERSON) for s in spans)
        return found

    return work


def bare_union(chosen: tuple[Recogniser, ...]) -> Work:
    """What the models say and the roster's own finds put together without any rule of plausibility or union."""

    def work(data: DataSet) -> list[list[Mask]]:
        said, known = alone(chosen)(data), Ours(())(data)
        return [[*one, *other] for one, other in zip(said, known, strict=True)]

    return work


def peer(other: OtherPython, system: str) -> Work:
    """A program of another Python."""

    def work(data: DataSet) -> list[list[Mask]]:
        found = other.find(system, [(passage.language, passage.text) for passage in data.passages])
        return [[Mask(start, end, label in ("PERSON", "PER")) for start, end, label in spans] for spans in found]

    return work


def systems(chosen: tuple[Recogniser, ...], other: OtherPython) -> dict[str, Work]:
    """Ours and the peers."""
    spacy, rampart = parts(chosen)
    return {
        "ours, with the roster": Ours(chosen),
        "ours, without a roster": Ours(chosen, roster=False),
        "Presidio as it ships (lg)": peer(other, "presidio-default"),
        "Presidio, same spaCy models (sm)": peer(other, "presidio-sm"),
        "Presidio, larger spaCy models (md)": peer(other, "presidio-md"),
        "spaCy alone (sm)": alone(spacy),
        "spaCy alone (md)": peer(other, "spacy-md"),
        "Rampart alone": alone(rampart),
    }


def ablations(chosen: tuple[Recogniser, ...]) -> dict[str, Work]:
    """Ours with one part taken out at a time."""
    spacy, rampart = parts(chosen)
    return {
        "everything": Ours(chosen),
        "without spaCy": Ours(rampart),
        "without Rampart": Ours(spacy),
        "without both models": Ours(()),
        "without patterns": Ours(chosen, without=("find_patterns", "find_addresses")),
        "without names by their use": Ours(chosen, without=("find_called",)),
        "without names known from other lines": Ours(chosen, without=("spread",)),
        "without rules of plausibility": Ours(chosen, without=("plausible",)),
        "roster exact only": Ours(chosen, fuzzy=False),
        "without the roster": Ours(chosen, roster=False),
        "without rules: bare union": bare_union(chosen),
    }


def installed(chosen: tuple[Recogniser, ...], other: OtherPython) -> dict[str, Work]:
    """Our rules on each set of models that can be installed, no roster."""
    spacy, rampart = parts(chosen)
    larger: tuple[Recogniser, ...] = tuple(Remembering(AskedModel(other, "md", language)) for language in ("en", "fr"))
    return {
        "sm": Ours(spacy, roster=False),
        "sm ∪ Rampart": Ours((*spacy, *rampart), roster=False),
        "md": Ours(larger, roster=False),
        "md ∪ Rampart": Ours((*larger, *rampart), roster=False),
        "Rampart": Ours(rampart, roster=False),
    }


def parts(chosen: tuple[Recogniser, ...]) -> tuple[tuple[Recogniser, ...], tuple[Recogniser, ...]]:
    """The spaCy models and Rampart."""
    spacy = tuple(model for model in chosen if model.name.startswith("spacy"))
    return spacy, tuple(model for model in chosen if model.name == "rampart")


def run(work: Work, data: DataSet) -> list[list[Mask]] | str:
    """What a system hides; or why it could not be asked."""
    try:
        return work(data)
    except AbsentError as absent:
        return str(absent)
