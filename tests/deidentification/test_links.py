"""Links are found whatever they end in where a path follows, and bare ones by their ending; sentences stay."""

import pytest

from deidentification.recognizers.links import find_links
from deidentification.recognizers.patterns import find_patterns
from schemas.deidentified import Label
from tests.deidentification.support import redacted, said


def of(text: str, label: Label = Label.LINK) -> set[str]:
    return {text[s.start_char : s.end_char] for s in find_links(text) if s.label is label}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("look at bit.ly/3xYz now", "bit.ly/3xYz"),
        ("it is linktr.ee/noko, or so", "linktr.ee/noko"),
        ("voir janedoe.xyz/me.", "janedoe.xyz/me"),
        ("regarde koru.photos/album?n=1", "koru.photos/album?n=1"),
        ("YOUTU.BE/ABC", "YOUTU.BE/ABC"),
        ("see janedoe.com.", "janedoe.com"),
        ("see janedoe.com.Then we met", "janedoe.com"),
        ("at janedoe.blog and elsewhere", "janedoe.blog"),
        ("chez wairoa.it bientôt", "wairoa.it"),
        ("on a.b.c.d.e.f.g.h.i.j.janedoe.com", "a.b.c.d.e.f.g.h.i.j.janedoe.com"),
        ("https://bit.ly/3xYz, yes", "https://bit.ly/3xYz"),
        ("bit dot ly slash three", "bit dot ly slash three"),
        ("noko dot space slash at koru", "noko dot space slash at koru"),
        ("c'est janedoe point ca", "janedoe point ca"),
    ],
)
def test_a_link_is_found_whole(text: str, found: str) -> None:
    assert of(text) == {found}


@pytest.mark.parametrize(
    "text", ["us02web.zoom.us/j/9988", "https://meet.google.com/abc-defg-hij", "the passcode is ab-12-cd"]
)
def test_what_leads_into_a_meeting_is_a_contact(text: str) -> None:
    assert of(text, Label.CONTACT) == {text.removeprefix("the ")}


@pytest.mark.parametrize(
    "text",
    [
        "he/she and/or they", "done.he/she said", "it was late.and/or cold", "e.g. this, i.e. that", "3.50/kg",
        "ok.so we went", "fini.et puis/ou rien", "done.it was", "finished.Online we met",
        "notes.docx and README.md", "see main.py and run.sh",
        "U.S./Canada",
        "at 10 a.m./p.m.", "v2.0/v3.0", "St.John", "Node.js", "for her.his/hers",
        "c'est un point de vue", "au point de départ",
        "at this point us and them", "please point me to it", "un mot de passe oublié", "connect the dot in it",
    ],
)  # fmt: skip
def test_ordinary_sentences_hold_no_link(text: str) -> None:
    assert list(find_links(text)) == []


def test_nothing_of_a_link_stays_in_the_words_of_somebody_who_is_not_named() -> None:
    assert said(redacted("It is bit.ly/3xYz or linktr.ee/noko or janedoe.xyz/me.")) == [
        "It is [LINK] or [LINK] or [LINK]."
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("janedot doe at gmail dot com", "janedot doe at gmail dot com"),
        ("jane underscore doe at gmail dot com", "jane underscore doe at gmail dot com"),
        ("nokomis.wairoa at gmail.com", "nokomis.wairoa at gmail.com"),
        ("a dot b dot c dot d dot e at koru dot org", "a dot b dot c dot d dot e at koru dot org"),
        ("noko tiret wairoa arobase exemple point de", "noko tiret wairoa arobase exemple point de"),
    ],
)
def test_a_spoken_address_is_found_whole(text: str, found: str) -> None:
    assert found in {text[s.start_char : s.end_char] for s in find_patterns(text) if s.label is Label.CONTACT}


@pytest.mark.parametrize("text", ["bien chez nous au point de vue", "we were at this point me and her"])
def test_a_point_of_view_is_no_address(text: str) -> None:
    assert find_patterns(text) == []
