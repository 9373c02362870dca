"""The study's policy file: what is shown, generalised and allowed beyond each person's choice."""

import re
import unicodedata
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.deidentified import Label
from schemas.records import Record

LONGEST_WORDING = 80
MAY_BE_GENERALISED = (Label.ORGANISATION, Label.ROLE, Label.PLACE, Label.OTHER)
"""What a phrase of ``[policy.generalise]`` may be counted as."""
_WORD = re.compile(r"[^\W_]+")


class Wording(Record):
    """What stands in place of a phrase of ``[policy.generalise]``, and what kind of thing it is counted as."""

    say: str
    label: Label = Label.OTHER


class Policy(Record):
    """The ``[policy]`` table of ``chatham.toml``."""

    host_organisations: tuple[str, ...] = ()
    """Host organisations identify nobody."""
    shared_employer: int = 5
    """An employer of at least so many participants identifies nobody."""
    public_figures: dict[str, str] = Field(default_factory=dict)
    """Allowed name to the reason why."""
    public_works: dict[str, str] = Field(default_factory=dict)
    """Title or citation as said to the reason why it is no mention of a participant."""
    dates: Literal["tag", "month", "year"] = "tag"
    """How exactly a date may be said that goes from protected people's words."""
    ages: Literal["tag", "decade"] = "tag"
    """How exactly an age may be said that goes."""
    generalise: dict[str, Wording] = Field(default_factory=dict)
    """Phrase as said (an event, a place, a project) to the wording that stands for it where somebody is protected."""
    attribution_threshold: float = 0.8
    """Below it, a voice is nobody's until a person decides."""
    boundary_s: float = 0.3
    """Words this near a change of speaker may be the other speaker's."""

    @field_validator("generalise", mode="before")
    @classmethod
    def _wordings(cls, given: object) -> dict[str, Wording]:
        """The table with each wording checked.

        Raises:
            ValueError: an entry is none. It is told by its number: the phrase itself may say who somebody is.
        """
        if not isinstance(given, dict):
            raise ValueError('must be a table, [policy.generalise], of "phrase" = "wording"')
        return {str(phrase): _wording(at, str(phrase), said) for at, (phrase, said) in enumerate(given.items(), 1)}

    @model_validator(mode="after")
    def _phrases_go(self) -> Self:
        phrases = [_words(phrase) for phrase in self.generalise]
        if doubled := next((at for at, phrase in enumerate(phrases, 1) if phrase in phrases[: at - 1]), None):
            raise ValueError(f"generalise: entry {doubled} is the same phrase as one before it")
        for at, wording in enumerate(self.generalise.values(), 1):
            if any(_holds(_words(wording.say), phrase) for phrase in phrases):
                raise ValueError(f"generalise: the wording of entry {at} holds a phrase that is to be generalised")
        listed = {_words(name) for name in (*self.host_organisations, *self.public_figures, *self.public_works)}
        if both := next((at for at, phrase in enumerate(phrases, 1) if phrase in listed), None):
            raise ValueError(f"generalise: entry {both} stands in another list too, as something that may stay")
        return self


def _wording(at: int, phrase: str, said: object) -> Wording:
    if isinstance(said, str):
        said = {"say": said}
    if not isinstance(said, dict) or not set(said) <= {"say", "label"} or not isinstance(said.get("say"), str):
        raise ValueError(f'entry {at} must be "phrase" = "wording", or = {{ say = "wording", label = "PLACE" }}')
    text, label = str(said["say"]).strip(), said.get("label", Label.OTHER)
    if label not in MAY_BE_GENERALISED:
        raise ValueError(f"entry {at}: label must be one of {', '.join(MAY_BE_GENERALISED)}")
    if not _words(phrase):
        raise ValueError(f"entry {at}: the phrase has no word in it")
    if not _words(text) or len(text) > LONGEST_WORDING or not text.isprintable() or set(text) & set("[]"):
        raise ValueError(
            f"entry {at}: the wording must be one line of up to {LONGEST_WORDING} characters, without square brackets"
        )
    return Wording(say=text, label=Label(label))


def _words(text: str) -> tuple[str, ...]:
    """The words of a phrase without case and accents: two entries with the same ones would be found alike."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if unicodedata.category(c) != "Mn")
    return tuple(_WORD.findall(plain))


def _holds(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))
