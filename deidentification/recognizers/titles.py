"""A participant's title in other words, beside the employer: "policy director at the City of X", "la cheffe de X"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from deidentification.text import View, tokens_of, words_in, words_set
from schemas.roster import Person

_ALIKE = """
director directeur directrice;head lead leader chief chef cheffe responsable;manager gestionnaire gerant gerante;
officer agent agente;adviser advisor conseiller conseillere councillor;analyst analyste;mayor maire mairesse;
coordinator coordinateur coordinatrice coordonnateur coordonnatrice;minister ministre;secretary secretaire;
president presidente;chair chairman chairwoman chairperson presidence;commissioner commissaire;
planner planificateur planificatrice urbaniste;engineer ingenieur ingenieure;researcher chercheur chercheuse;
professor professeur professeure;teacher enseignant enseignante;nurse infirmier infirmiere;doctor medecin;
lawyer avocat avocate;designer concepteur conceptrice;architect architecte;librarian bibliothecaire;
economist economiste;consultant consultante;inspector inspecteur inspectrice;superintendent surintendant surintendante;
administrator administrateur administratrice;assistant assistante adjoint adjointe;founder fondateur fondatrice;
partner associe associee;specialist specialiste;strategist stratege;treasurer tresorier tresoriere;
facilitator facilitateur facilitatrice animateur animatrice;organiser organizer organisateur organisatrice;
clerk greffier greffiere;ambassador ambassadeur ambassadrice;curator conservateur conservatrice;dean doyen doyenne;
rector recteur rectrice;supervisor superviseur superviseure;developer developpeur developpeuse;judge juge;
"""
HEADS: dict[str, str] = {word: words_in(group)[0] for group in _ALIKE.split(";") for word in words_in(group)}
"""Head word of a title, folded, to the one that stands for all its forms in English and French."""
_ALSO_VERBS = words_set("head lead chair partner judge nurse chief")
_ARTICLES = words_set(
    "the a an our my your their his her its this that le la les l un une notre mon ma votre leur son sa"
)
_OF = words_set("of for de des du d en in on to sur pour a au aux")
_AT = _OF | words_set("at with from chez within")
_DEGREES = words_set("""
    senior junior deputy vice assistant associate acting interim chief executive general national regional principal
    co former founding first managing principale generale adjoint adjointe municipal municipale regionale nationale
    executif delegue deleguee senieure technique
    """)
_NO_TITLE = words_set("""
    i we you he she it they me us him them who whom which that is am are was were be been being has have had do does
    did will would can could should may might must said says say think thought told and or but so if when where what
    not no yes there here then than je nous tu vous il elle ils elles me te se qui que quoi est suis sont etait
    etaient ai as avons avez ont avait et ou mais donc si quand pas ne dit disait
    """)
_AND = ("and", "et")
FARTHEST = 6
"""Words between a title's head and the employer, the words that join them aside."""


class Title(NamedTuple):
    """Tokens ``[first, stop)`` of a text that say somebody's title, and whose it may be."""

    first: int
    stop: int
    people: tuple[str, ...]


class Post(NamedTuple):
    """What a person's role in the roster is made of, folded: the head of the title, and all its words."""

    head: str
    words: frozenset[str]

    @classmethod
    def of(cls, person: Person) -> "Post | None":
        """The post of somebody whose role the roster tells; the head is the last title word before an "of"."""
        words = [token.folded for token in tokens_of(person.role or "")]
        short = next((words[:at] for at, word in enumerate(words) if at and word in _OF), words)
        if not short:
            return None
        known = [word for word in short if word in HEADS]
        head = known[-1] if known else short[-1]
        return cls(HEADS.get(head, head), frozenset(words) - _OF - _ARTICLES)


def is_joining(words: Sequence[str]) -> bool:
    """Whether folded words between a role and an employer make one phrase of both ("at the", "'s", nothing)."""
    return len(words) <= 3 and all(word in _AT or word in _ARTICLES or word == "s" for word in words)


def titles_beside(
    view: View, first: int, stop: int, owners: Sequence[str], posts: Mapping[str, Post]
) -> Iterator[Title]:
    """Titles that stand in one phrase with an employer and have the head word of an owner's role.

    Args:
        first, stop: The tokens of the employer, half-open.
        owners: Whose employer it is.
        posts: Participant to post.
    """
    mine = {owner: posts[owner] for owner in owners if owner in posts}
    if mine:
        yield from _before(view, first, mine)
        yield from _after(view, stop, mine)


def _before(view: View, first: int, posts: Mapping[str, Post]) -> Iterator[Title]:
    """As in "director of policy at the City of X", "directrice des politiques, Ville de X"."""
    at = first - 1
    comma = first > 0 and view.gap(first).strip() == ","
    if at < 0 or not (comma or view.joins[first]):
        return
    if not comma:
        while at > 0 and view.joins[at] and view.tokens[at].folded in _ARTICLES - {"a"}:
            at -= 1
        if view.tokens[at].folded not in _AT or not view.joins[at]:
            return
        at -= 1
    for head in range(at, max(at - FARTHEST, -1), -1):
        word = view.tokens[head].folded
        if people := _whose(view, head, posts):
            if _goes_with(view, head + 1, at + 1, posts):
                yield Title(_begin(view, head, posts), at + 1, people)
            return
        if word in _NO_TITLE or not view.joins[head]:
            return


def _after(view: View, stop: int, posts: Mapping[str, Post]) -> Iterator[Title]:
    """As in "the City of X's policy director", "City of X director of policy"."""
    start = stop + 1 if _joined(view, stop) and view.tokens[stop].folded == "s" else stop
    for head in range(start, start + 4):
        if not _joined(view, head) or view.tokens[head].folded in _NO_TITLE | _AT:
            return
        if people := _whose(view, head, posts):
            if view.tokens[head].folded not in _ALSO_VERBS or not _takes_object(view, head + 1):
                yield Title(start, _end(view, head + 1, posts), people)
            return


def _whose(view: View, at: int, posts: Mapping[str, Post]) -> tuple[str, ...]:
    word = view.tokens[at].folded
    before = view.tokens[at - 1].folded if at and view.joins[at] else ""
    if word in _ALSO_VERBS and (before in _NO_TITLE or before == "to"):
        return ()
    head = HEADS.get(word, word)
    return tuple(sorted(person for person, post in posts.items() if post.head == head))


def _goes_with(view: View, first: int, stop: int, posts: Mapping[str, Post]) -> bool:
    """Whether the words after a title's head belong to it: "of policy", or words of the roster's own title.

    A verb between would make a sentence of them ("la directrice du musée a écrit à", "the director of a museum wrote
    to"): one is told by "a" without its accent, and feared before "to" and "with".
    """
    words = [token.folded for token in view.tokens[first:stop]]
    known = _DEGREES.union(_OF, _ARTICLES, *(post.words for post in posts.values()))
    if all(word in known for word in words):
        return True
    said = [view.word(at).lower() for at in range(first, stop)]
    return words[0] in _OF and "a" not in said and view.tokens[stop].folded not in ("to", "with")


def _begin(view: View, head: int, posts: Mapping[str, Post]) -> int:
    """Where a title begins: with its degrees and the roster's own words, and back to an article near by."""
    known = _DEGREES.union(*(post.words for post in posts.values()))
    begin = head
    while begin > 0 and view.joins[begin] and view.tokens[begin - 1].folded in known:
        begin -= 1
    for back in range(begin, max(begin - 4, 0), -1):
        word = view.tokens[back - 1].folded
        if not view.joins[back] or word in _NO_TITLE - {"as"}:
            return begin
        if word in _ARTICLES or word in ("as", "comme"):
            return back
    return begin


def _end(view: View, at: int, posts: Mapping[str, Post]) -> int:
    """Where a title ends that began before ``at``: with the "of policy" that follows."""
    if not _joined(view, at) or view.tokens[at].folded not in ("of", "for", "de", "des", "du", "d"):
        return at
    known = _ARTICLES.union(_AND, *(post.words for post in posts.values()))
    end = at + 1
    while _joined(view, end) and (
        end == at + 1 or view.tokens[end].folded in known or view.tokens[end - 1].folded in _AND
    ):
        end += 1
    return end - 1 if view.tokens[end - 1].folded in _AND else end


def _takes_object(view: View, at: int) -> bool:
    return _joined(view, at) and view.tokens[at].folded in _ARTICLES | _OF | _NO_TITLE


def _joined(view: View, at: int) -> bool:
    return at < len(view.tokens) and view.joins[at]
