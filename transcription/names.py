"""Whose name a label is: display names, track names and voice labels against the roster. In doubt, nobody's."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from rapidfuzz.distance import DamerauLevenshtein

from schemas.roster import MatchingTable, Person

Match = tuple[str | None, float, str]
NOBODY: Match = (None, 0.0, "none")

EXACT = 1.0
JOINED = 0.97
INSIDE = 0.95
ALIAS = 0.95
INITIAL = 0.9
PART = 0.85
"""A first or last name alone, where one person only has it."""
FUZZY = 0.9
MARGIN = 0.05
SHORTEST_FUZZY = 8


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """
    dr dre drs prof professor professeur professeure pr mr mrs ms miss mx mme mlle m sir dame hon rev ir assoc asst
    phd dphil msc bsc mba mph mpa msw llb llm md esq
    """
)
PRONOUNS = _words(
    """
    she her hers he him his they them theirs elle il iel ia
    """
)
DEVICES = _words(
    """
    iphone ipad mac macbook imac galaxy pixel android phone mobile cell laptop pc computer desktop tablet
    surface zoom teams pro air presentation host cohost hote you vous moi me
    """
)
OTHERS = _words(
    """
    and et und with avec guest invite invitee for pour interpreter interprete assistant office team equipe
    group room salle boardroom meeting conference lab table desk family behalf secretary notetaker transcriber
    bot ai son daughter wife husband partner colleague plus
    """
)
"""Beside a name, these say that somebody else, or more than one, may be speaking."""
PLACEHOLDER = re.compile(
    r"(unknown|unidentified|inconnue?)?\s*(speaker|spk|participant|guest|user|voice|attendee|person|host|moderator|"
    r"interviewer|interviewee|presenter|locuteur|locutrice|intervenante?|sprecher|hablante|caller|zoom user|s|t)"
    r"\s*([0-9]+|[a-z])?|unknown|[0-9 ]+|[a-z]"
)


def match_name(name: str, table: MatchingTable) -> Match:
    """Whose name this is.

    Args:
        name: A display name, the name in a track's file name, or a voice label.
        table: Everybody in the study.
    Returns:
        (participant or None, confidence 0-1, method). Methods: ``exact`` (the full name: 1.0, with other spaces .97,
        with titles, organisation, pronouns or a device beside it .95), ``alias`` (.95; also a former name), ``first``
        and ``last`` (.85, beside an initial .9), ``fuzzy`` (similarity of the full names, at least .9 and
        .05 above the next), ``none``. Where two people could be meant, it is nobody's.
    """
    label = fold(name)
    if not label or PLACEHOLDER.fullmatch(label):
        return NOBODY
    forms = list(_forms(name))
    for attempt in (_by_full, _by_alias, _by_joined, _by_inside, _by_spaceless, _by_part, _by_likeness):
        found = attempt(forms, name, table)
        if found is not None:
            return found
    return NOBODY


def fold(name: str) -> str:
    """A name without case, accents, punctuation and doubled spaces; apostrophes join (O'Brien → obrien)."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’‘`´ʻʼ]", "", name)).casefold()
    if plain.isascii():
        return " ".join(re.findall(r"[^\W_]+", plain))
    return " ".join("".join(_folded(plain)).split())


def _folded(plain: str) -> Iterator[str]:
    """Letters and digits; accents and unseen characters left out; a vowel sign that is a character of its own kept."""
    in_word = False
    for letter in plain:
        kind = unicodedata.category(letter)
        if unicodedata.combining(letter) or kind == "Cf":
            continue
        in_word = letter.isalnum() or (in_word and kind in ("Mn", "Mc") and unicodedata.name(letter, "")[:4] != "VARI")
        yield letter if in_word else " "


def joined(name: str) -> str:
    """A folded name without spaces, as track file names have it."""
    return fold(name).replace(" ", "")


def is_placeholder(label: str) -> bool:
    """Whether a label only numbers somebody (``Speaker 1``, ``SPEAKER_00``, ``Unknown Speaker``)."""
    folded = fold(label)
    return not folded or PLACEHOLDER.fullmatch(folded) is not None


def name_hint(file_name: str) -> str | None:
    """What a recording's file name says about whose track it is.

    Args:
        file_name: ``audioJohnSmith98796876.m4a``, ``audio_only_2_Jane Doe.m4a``, ``Jane Doe.wav`` ...
    Returns:
        ``JohnSmith``, ``Jane Doe``; None where it says nothing (``audio_only.m4a``, ``GMT20260114-170012_Recording``).
    """
    stem = re.sub(r"\.[A-Za-z0-9]{2,4}$", "", file_name)
    stem = re.sub(r"^audio([ _-]?only)?[ _-]?(\d{1,3}[ _-])?", "", stem, flags=re.IGNORECASE)
    stem = re.sub(r"[ _-]?\d*$", "", stem).replace("_", " ").strip(" -")
    generic = re.fullmatch(
        r"(gmt\d.*|zoom.*|.*recording.*|track|audio|video|meeting|session|mix|mono|stereo)?", stem.casefold()
    )
    return None if generic else stem


def _forms(name: str) -> Iterator[str]:
    """Folded readings of a display name: as it is, without brackets and titles, before a separator, turned around."""
    bare = re.sub(r"[(\[{<][^)\]}>]*[)\]}>]", " ", name)
    yield from (fold(name), fold(bare), _untitled(bare))
    last, comma, first = bare.partition(",")
    if comma:
        yield _untitled(f"{first} {last}")


def _untitled(name: str) -> str:
    words = fold(name).split()
    while words and words[0] in TITLES:
        words = words[1:]
    while words and (words[-1] in TITLES | PRONOUNS or words[-2:] == ["ph", "d"]):
        words = words[: -2 if words[-1] == "d" else -1]
    return " ".join(words)


def _one(people: Iterable[Person], confidence: float, method: str) -> Match | None:
    """The match if it is exactly one person; nobody if several; None if there was none and the search goes on."""
    found = {person.participant for person in people}
    if not found:
        return None
    return (found.pop(), confidence, method) if len(found) == 1 else NOBODY


def _somebody_else(name: str, person_words: set[str]) -> bool:
    """Whether words beside a name say that others may be speaking (``Jane Doe and team``)."""
    return "&" in name or "+" in name or bool((set(fold(name).split()) & OTHERS) - person_words)


def _alone(people: Iterable[Person], name: str) -> list[Person]:
    return [person for person in people if not _somebody_else(name, set(fold(person.full_name).split()))]


def _by_full(forms: list[str], name: str, table: MatchingTable) -> Match | None:
    found = [person for person in table.people if fold(person.full_name) in forms]
    if found and not _alone(found, name):
        return NOBODY
    whole = fold(name) in {fold(person.full_name) for person in found}
    return _one(found, EXACT if whole else INSIDE, "exact")


def _by_alias(forms: list[str], name: str, table: MatchingTable) -> Match | None:
    found = [person for person in table.people if any(other and other in forms for other in _other_names(person))]
    if not found:
        return None
    # Somebody else's first name may be this person's nickname.
    firsts = [person for person in table.people if set(forms) & {fold(person.full_name).split(" ")[0]}]
    return _one([*found, *firsts], ALIAS, "alias") if _alone(found, name) else NOBODY


def _other_names(person: Person) -> Iterator[str]:
    """Folded aliases and former names, and a first name by which somebody is also known with the surname."""
    surname = fold(person.full_name).split(" ")[1:]
    for other in map(fold, (*person.aliases, *person.former_names)):
        yield other
        if other and " " not in other and surname:
            yield from (" ".join([other, *surname]), f"{other} {surname[-1]}")


def _by_joined(_forms: list[str], name: str, table: MatchingTable) -> Match | None:
    """Names that lost their spaces: JohnSmith, ProfJaneDoe, JaneDoesiPhone."""
    if " " in name.strip():
        return None
    label = joined(name)
    found: list[Person] = []
    for person in table.people:
        for full in (person.full_name, *person.aliases, *person.former_names):
            key = joined(full)
            if (" " in fold(full) and _fits(label, key, person)) or label == key:
                found.append(person)
    return _one(found, JOINED, "exact")


def _fits(label: str, key: str, person: Person) -> bool:
    before, inside, after = label.partition(key)
    if not inside or before not in TITLES | {""}:
        return False
    rest = after.removeprefix("s") if after.removeprefix("s") in DEVICES else after
    return rest in DEVICES | _own_words(person) | PRONOUNS | {""}


def _by_inside(_forms: list[str], name: str, table: MatchingTable) -> Match | None:
    """A full name with something beside it that says nothing about somebody else."""
    found = [person for person in table.people if _stands_in(fold(person.full_name), name)]
    if len({person.participant for person in found}) != 1:
        return NOBODY if found else None
    person = found[0]
    if _somebody_else(name, set(fold(person.full_name).split())) or not _rest_is_known(name, person):
        return NOBODY
    return (person.participant, INSIDE, "exact")


def _by_spaceless(forms: list[str], name: str, table: MatchingTable) -> Match | None:
    """A full name with its spaces elsewhere (O Neil, Mac Allister, Jean Luc, names written without any)."""
    labels = {form.replace(" ", "") for form in forms if form}
    found = [
        person for person in table.people if labels & {joined(person.full_name), *map(joined, person.former_names)}
    ]
    return _one(found, JOINED, "exact") if _alone(found, name) or not found else NOBODY


def _stands_in(full: str, name: str) -> bool:
    # "Jane Doe's iPhone" folds to "jane does iphone".
    label = fold(re.sub(r"['’]s\b", " ", name))
    return " " in full and f" {full} " in f" {label} "


def _rest_is_known(name: str, person: Person) -> bool:
    """Whether everything beside the name is set apart (brackets, dash, bar), or a title, device or own organisation."""
    bare = re.sub(r"[(\[{][^)\]}]*[)\]}]|\s[-–—|/@]\s.*|\s*[|@,].*", " ", re.sub(r"['’]s\b", " ", name))
    words = f" {fold(bare)} ".replace(f" {fold(person.full_name)} ", " ").split()
    known = TITLES | PRONOUNS | DEVICES | _own_words(person) | {"de", "du", "s"}
    return all(word in known for word in words)


def _own_words(person: Person) -> set[str]:
    """Words of a person's own organisation, role and place, and the organisation's initials."""
    words = [word for text in (person.organisation, person.role, person.place) if text for word in fold(text).split()]
    letters = fold(person.organisation or "").split()
    small = [word for word in letters if word not in ("of", "the", "de", "la", "du", "des", "and", "et", "for")]
    return {*words, "".join(word[0] for word in letters), "".join(word[0] for word in small)} - {""}


def _by_part(forms: list[str], name: str, table: MatchingTable) -> Match | None:
    """A first or last name alone, a first name and an initial, or initials and a surname."""
    if _somebody_else(name, set()):
        return None
    label = forms[2].split()
    if len(label) == 2 and len(label[1]) == 1:
        return _one([one for one in table.people if _first_and_initial(one, label)], INITIAL, "first")
    if len(label) > 1 and len(label[0]) == 1:
        return _one([one for one in table.people if _initials_and_last(one, label)], INITIAL, "last")
    if len(label) != 1 or len(label[0]) < 2:
        return None
    return _by_single(label[0], table)


def _by_single(word: str, table: MatchingTable) -> Match | None:
    firsts = [person for person in table.people if fold(person.full_name).split()[:1] == [word]]
    lasts = [person for person in table.people if fold(person.full_name).split()[-1:] == [word]]
    return _one([*firsts, *lasts], PART, "first" if firsts else "last")


def _first_and_initial(person: Person, label: list[str]) -> bool:
    words = fold(person.full_name).split()
    return len(words) > 1 and words[0] == label[0] and words[-1].startswith(label[1])


def _initials_and_last(person: Person, label: list[str]) -> bool:
    """Whether initials fit the given names and the rest is the surname (J. R. Okafor, T. Al-Rashid)."""
    count = next((at for at, word in enumerate(label) if len(word) > 1), len(label))
    words, surname = fold(person.full_name).split(), label[count:]
    given = words[: len(words) - len(surname)]
    fits = all(word.startswith(initial) for word, initial in zip(given, label[:count], strict=False))
    return bool(surname and given) and words[len(given) :] == surname and fits


def _by_likeness(forms: list[str], name: str, table: MatchingTable) -> Match | None:
    """A misspelt full name: Damerau-Levenshtein similarity without spaces, clearly the best."""
    if _somebody_else(name, set()):
        return None
    scores = sorted(((_likeness(forms, person), person.participant) for person in table.people), reverse=True)
    if not scores or scores[0][0] < FUZZY:
        return None
    if len(scores) > 1 and scores[1][0] > scores[0][0] - MARGIN:
        return NOBODY
    return (scores[0][1], round(scores[0][0], 3), "fuzzy")


def _likeness(forms: list[str], person: Person) -> float:
    full = joined(person.full_name)
    labels = {form.replace(" ", "") for form in forms}
    return max(
        (
            DamerauLevenshtein.normalized_similarity(label, full)
            for label in labels
            if min(len(label), len(full)) >= SHORTEST_FUZZY
        ),
        default=0.0,
    )
