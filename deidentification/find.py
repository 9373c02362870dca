"""Find everything in a session that identifies anybody, before any decision: one result for all uses and purposes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from deidentification.escapes import unescaped
from deidentification.plausible import plausible
from deidentification.recognizers import ner
from deidentification.recognizers.addresses import find_addresses
from deidentification.recognizers.called import find_called
from deidentification.recognizers.further import Further
from deidentification.recognizers.gliner import GLINER
from deidentification.recognizers.model_files import Chosen
from deidentification.recognizers.model_spans import SEVERAL, ModelSpan, Recogniser
from deidentification.recognizers.patterns import find_patterns
from deidentification.recognizers.placeholders import PLACED, find_placeholders, kept_turns, without_own
from deidentification.recognizers.quasi import ClueIndex, find_clues
from deidentification.recognizers.roster import find_likeliest, find_roster
from deidentification.recognizers.roster_index import RosterIndex, name_tokens
from deidentification.spans import confirmed, is_named, unite_finds
from deidentification.spreading import spread
from deidentification.text import View, base_language, is_ordinary
from deidentification.voices import with_voices
from schemas.deidentified import Certainty, Find, Label, NamesFound, UtteranceFinds
from schemas.errors import CheckFailed
from schemas.policy import Policy
from schemas.recording import Session
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Utterance, Voice, offsets


@dataclass(frozen=True)
class Recognisers:
    """The name models that are loaded, and the languages that have none."""

    models: tuple[Recogniser, ...]
    missing: tuple[str, ...] = ()
    """Languages without a spaCy model: there the roster, Rampart and the patterns work alone."""

    @property
    def versions(self) -> dict[str, str]:
        """Recogniser to version, and to ``none`` where a language has no model of its own."""
        return {
            **{model.name: model.version for model in self.models},
            **{f"spacy-{language}": "none for this language" for language in self.missing},
        }


def languages_wanted(languages: Sequence[str], chosen: Chosen = ()) -> tuple[str, ...]:
    """The base languages of which name models are needed, sorted; ``mul`` is every one that has a model."""
    told = {base_language(language) for language in languages}
    several = {*ner.MODELS, *(language for language, _model in chosen)} - {GLINER} if SEVERAL in told else set()
    return tuple(sorted(told - {SEVERAL} | several))


def load_recognisers(languages: Sequence[str], chosen: Chosen = ()) -> Recognisers:
    """Load Rampart, the spaCy models of ``languages``, and GLiNER where one is chosen; nothing is downloaded.

    Args:
        languages: As sessions name them (``en``, ``fr-CA``); ``mul`` is every one that has a model.
        chosen: Models that somebody chose in place of the packaged ones: (language or ``gliner``, package or folder).
    Raises:
        MissingTool: where a model is not on this machine, or is none.
    """
    from deidentification.recognizers.gliner import Gliner
    from deidentification.recognizers.rampart import Rampart

    wanted = languages_wanted(languages, chosen)
    spacy = tuple(ner.SpacyNames(language, chosen) for language in wanted if ner.available(language, chosen))
    gliner = tuple(Gliner(model) for kind, model in chosen if kind == GLINER)
    missing = tuple(language for language in wanted if not ner.available(language, chosen))
    return Recognisers((*spacy, Rampart(), *gliner), missing)


@dataclass(frozen=True)
class Roster:
    """The matching table, indexed once for a whole session."""

    index: RosterIndex
    clues: ClueIndex
    parts: dict[str, frozenset[str]]
    guests: RosterIndex | None = None
    """Names of voices that are nobody's: what is found by it is a third party's."""

    @cached_property
    def further(self) -> Further:
        """Finds names that are no words of their own."""
        return Further(self.index)

    @classmethod
    def of(cls, table: MatchingTable | None, voices: Sequence[Voice] = ()) -> "Roster":
        """Index ``table``, None being a table of nobody, and the display names of a session's ``voices``."""
        table = table or MatchingTable(people=())
        parts = {person.participant: frozenset(name_tokens(person.full_name)) for person in table.people}
        named, guests = with_voices(table, voices)
        strangers = RosterIndex.of(guests) if guests.people else None
        return cls(RosterIndex.of(named), ClueIndex.of(table), parts, strangers)


def find_in_texts(
    texts: Sequence[str],
    languages: Sequence[str],
    roster: Roster,
    recognisers: Recognisers,
    kept: Sequence[bool] | None = None,
) -> list[tuple[Find, ...]]:
    """All finds of each text, in order and not overlapping (the union rule of ``spans``).

    Args:
        texts: What was said.
        languages: The language of each text.
        kept: Which texts are words that somebody who withdrew let stay; None: none of them.
    Raises:
        CheckFailed: where a recogniser failed; nothing is ever found silently less.
    """
    views = [View(unescaped(t), base_language(language)) for t, language in zip(texts, languages, strict=True)]
    named = _named(views, texts, roster)
    clues = find_clues(views, roster.clues)
    models = _run_models([_readable(view) for view in views], [view.language for view in views], recognisers)
    spans = [
        plausible(view, [*spans, *find_called(view), *find_patterns(view.text), *find_addresses(view.text, spans)])
        for view, spans in zip(views, models, strict=True)
    ]
    again = spread(views, spans)
    guests = _find_guests(views, roster.guests)
    likely = find_likeliest(views, [_persons(*found) for found in zip(named, spans, strict=True)], roster.index)
    told = [False] * len(texts) if kept is None else kept
    result = []
    for number, view in enumerate(views):
        sure, gated = named[number]
        given = [
            *find_placeholders(view.text, kept=told[number]), *sure, *confirmed(view, gated, models[number]),
            *likely[number], *guests[number], *clues[number], *map(_from_span, [*spans[number], *again[number]]),
        ]  # fmt: skip
        united = unite_finds(view, given, roster.parts)
        result.append(without_own(view, united) if told[number] else united)
    return result


def _named(views: Sequence[View], texts: Sequence[str], roster: Roster) -> list[tuple[list[Find], list[Find]]]:
    """Names of the roster in each text, as ``find_roster`` gives them, and those that are no words of their own."""
    further = roster.further
    return [
        ([*sure, *further.find(view), *further.either_way(text, view.language)], gated)
        for view, text, (sure, gated) in zip(views, texts, find_roster(views, roster.index), strict=True)
    ]


def _persons(named: tuple[list[Find], list[Find]], spans: Sequence[ModelSpan]) -> list[tuple[int, int]]:
    """Places of the persons among ``spans`` in which no name of the roster was found."""
    known = [(find.start_char, find.end_char) for found in named for find in found]
    persons = (span for span in spans if span.label is Label.PERSON)
    return sorted({span[:2] for span in persons if not any(span.meets(*place) for place in known)})


def _find_guests(views: Sequence[View], guests: RosterIndex | None) -> list[list[Find]]:
    if guests is None:
        return [[] for _ in views]
    nobody = {
        "participant": None, "others": (), "part": "other", "certainty": Certainty.MODEL, "source": "voices",
    }  # fmt: skip
    further = Further(guests)
    return [
        [find.model_copy(update=nobody) for find in [*sure, *further.find(view)]]
        for view, (sure, _gated) in zip(views, find_roster(views, guests), strict=True)
    ]


def _readable(view: View) -> str:
    """The text as name models know it: in one all in capitals they take every other word for a name."""
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in view.text) if view.shouted else view.text
    return lower if len(lower) == len(view.text) else view.text


def _run_models(texts: Sequence[str], languages: Sequence[str], recognisers: Recognisers) -> list[list[ModelSpan]]:
    """What all models find in each text. They run beside each other: most of their work lets others work."""
    found: list[list[ModelSpan]] = [[] for _ in texts]
    with ThreadPoolExecutor(max_workers=max(len(recognisers.models), 1)) as pool:
        given = [_served(model, texts, languages) for model in recognisers.models]
        running = [
            pool.submit(_run, model, [texts[n] for n in served])
            for model, served in zip(recognisers.models, given, strict=True)
        ]
        for served, result in zip(given, running, strict=True):
            for number, spans in zip(served, result.result(), strict=True):
                found[number].extend(spans)
    return found


def _served(model: Recogniser, texts: Sequence[str], languages: Sequence[str]) -> list[int]:
    return [n for n, language in enumerate(languages) if model.serves(language) and texts[n].strip()]


def _run(model: Recogniser, texts: Sequence[str]) -> list[list[ModelSpan]]:
    try:
        found = model.find(texts)
    except Exception as error:  # noqa: BLE001 - the text of a model's own error may hold what was said
        failure = type(error).__name__
    else:
        if len(found) == len(texts):
            return found
        failure = "fewer results than texts"
    raise CheckFailed(
        f"the name recogniser {model.name} failed ({failure}); nothing was de-identified",
        hint="Run again; if it fails again, install Chatham anew with its own lock file: uv sync.",
    )


def _from_span(span: ModelSpan) -> Find:
    certainty = Certainty.EXACT if span.source == "pattern" else Certainty.MODEL
    return Find(
        start_char=span.start_char, end_char=span.end_char, label=span.label, certainty=certainty, source=span.source
    )


def find_names(
    attributed: Attributed, session: Session, table: MatchingTable, policy: Policy, recognisers: Recognisers
) -> NamesFound:
    """Find every name, contact, link, number, date, age and clue in a session.

    Args:
        attributed: The session's turns; finds are codepoint offsets in each utterance's ``text``.
        policy: Its lists are applied when redacting; the result depends on it in nothing yet.
    Returns:
        Finds of each utterance, and this session's rows of the study name table.
    Raises:
        CheckFailed: where a recogniser failed.
    """
    del policy
    roster = Roster.of(table, attributed.voices)
    texts = [utterance.text for utterance in attributed.utterances]
    own = kept_turns(attributed)
    kept = [u.utterance in own for u in attributed.utterances]
    found = find_in_texts(texts, [u.language for u in attributed.utterances], roster, recognisers, kept)
    found = [_doubted(u, finds) for u, finds in zip(attributed.utterances, found, strict=True)]
    return NamesFound(
        session=session.session,
        language=session.language,
        recognisers=recognisers.versions,
        utterances=tuple(
            UtteranceFinds(utterance=u.utterance, finds=finds)
            for u, finds in zip(attributed.utterances, found, strict=True)
        ),
        surfaces=_surfaces(texts, found),
    )


def _doubted(utterance: Utterance, finds: tuple[Find, ...]) -> tuple[Find, ...]:
    """``finds`` with participants' names in doubt that were heard only because the recogniser was told them."""
    doubtful = [(at, at + len(word.text)) for at, word in offsets(utterance.words) if word.prompted]
    return tuple(
        find.model_copy(update={"certainty": Certainty.WEAK})
        if is_named(find) and any(find.start_char < end and start < find.end_char for start, end in doubtful)
        else find
        for find in finds
    )


def _surfaces(texts: Sequence[str], found: Sequence[tuple[Find, ...]]) -> tuple[tuple[str, str], ...]:
    """(folded words of the name, participant or "") worth searching in other sessions too."""
    rows = set()
    for text, finds in zip(texts, found, strict=True):
        view = View(text)
        for find in finds:
            words = view.words(find.start_char, find.end_char)
            if find.label is Label.PERSON and find.source != PLACED and _worth_searching(find, words):
                rows.add((" ".join(words), find.participant or ""))
    return tuple(sorted(rows))


def _worth_searching(find: Find, words: list[str]) -> bool:
    if not words or all(is_ordinary(word) for word in words) or sum(map(len, words)) < 3:
        return False
    if is_named(find):
        return find.certainty is Certainty.STRONG and not find.others
    # One model's single word is as often a false alarm as a name: it is masked here and not spread.
    return len(words) > 1 or "+" in find.source
