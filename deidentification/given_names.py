"""Given names and their short forms: a kept library's table, with what it lacks of both and of French."""

from functools import lru_cache

from nicknames import NickNamer, name_triplets

from deidentification.text import words_in
from deidentification.words import GIVEN_NAMES

_FURTHER = words_in("""
    alexander:lex,xander,sasha alexandra:alex,sandra,lexi alexandre:alex benjamin:benji catherine:cate,kate,cat
    christine:chris,chrissy christophe:chris christopher:kit cynthia:cindy dominique:dom donald:donny dorothy:dottie
    eleonore:leo elisabeth:babette,betty,lise emmanuel:manu emmanuelle:manu florence:flo francois:fanfan frederic:fred
    gabriel:gabe,gaby gabrielle:gabby,gaby genevieve:gen,genny guillaume:gui isabelle:isa,belle jacqueline:jackie
    joseph:jo josephine:jo juliette:juju katherine:kat kathleen:kate laurence:lolo madeleine:mado margaret:marg
    marguerite:margot mathieu:mat maximilien:max michelle:mimi,shelly mohamed:mo mohammed:mo muhammad:mo
    nicolas:nico olivier:oli pascale:pasc patrice:pat philippe:phil rebecca:bec samuel:sammy sebastien:seb
    stephane:steph stephanie:steph suzanne:suzy theodore:theo theophile:theo therese:tess valerie:val,valou
    veronica:ronnie veronique:vero victoire:vic victoria:tori vincent:vinny virginie:gigi william:liam yasmine:yas
    """)


@lru_cache(maxsize=1)
def _further() -> dict[str, frozenset[str]]:
    rows = (line.split(":") for line in _FURTHER)
    return {name: frozenset(shorts.split(",")) for name, shorts in rows}


@lru_cache(maxsize=1)
def _library() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=10_000)
def other_forms(name: str) -> tuple[str, ...]:
    """Usual short forms of a folded given name, and what it may itself be short for, sorted; custom, never certain.

    A name that has short forms of its own ("Rose") is taken for nobody's short form ("Rosemary").
    """
    shorts = {*_library().nicknames_of(name), *_further().get(name, ())}
    longs = {long for long, known in _further().items() if name in known}
    if not shorts:
        longs |= _library().canonicals_of(name)
    return tuple(sorted({*shorts, *longs} - {name}))


def is_given_name(word: str) -> bool:
    """Whether a folded word is a given name that is known, and perhaps an ordinary word too."""
    return word in GIVEN_NAMES or word in given_names()


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Every given name and short form that is known, folded. Many are ordinary words too."""
    library = {name for row in name_triplets() for name in (row.name1, row.name2)}
    return frozenset(library | {*_further()} | {short for shorts in _further().values() for short in shorts})
