"""Writes docs/reference/levels.md from the table in deidentification/levels.py. Run: python docs/generate_levels.py"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from any folder, installed or not

from consent.sentences import LEVEL_WORDS  # noqa: E402 - needs the line above
from deidentification.levels import Show, Whose, shown  # noqa: E402 - needs the line above
from schemas.consent import LEVEL_ORDER, Level, Use  # noqa: E402 - needs the line above
from schemas.deidentified import Label  # noqa: E402 - needs the line above
from schemas.purposes import PURPOSES  # noqa: E402 - needs the line above

PAGE = ROOT / "docs" / "reference" / "levels.md"

HEAD = """\
# Levels

How people are shown, from the least to the most protective level. The tables are written by `docs/generate_levels.py`
from the one table the program itself uses, and a test holds the two together.

| in a sheet | say | a speaker's label in the data set |
|---|---|---|
"""

LABELS = {
    Level.NAMED: "full current name",
    Level.FIRST_NAME: "first name",
    Level.ROLE: "role and kind of organisation in square brackets; where that fits one person only, shown as unnamed",
    Level.PSEUDONYM: "one made-up name: the person's own choice, or one that was drawn",
    Level.UNNAMED: "`Participant`; nothing joins what they say in two sessions",
    Level.WITHHELD: "none: the words are missing, and only the length of the gap is there",
}

WORDS = {
    Show.KEEP: "kept",
    Show.FIRST_NAME: "first name",
    Show.ROLE: "role",
    Show.PSEUDONYM: "made-up name",
    Show.MASK: "tag",
    Show.GENERALISE: "general terms",
    Show.CUT: "cut",
}

KINDS = {
    Label.PERSON: "the name",
    Label.ORGANISATION: "employer",
    Label.ROLE: "role",
    Label.PLACE: "place",
    Label.DATE: "date",
    Label.AGE: "age",
    Label.CONTACT: "contact",
    Label.LINK: "link",
    Label.OTHER: "other",
}

WHOSE = {
    Whose.SPEAKER: ("In a person's own words", "The level is the speaker's."),
    Whose.MENTION: ("When others name them", "The level is that of the person named, whoever speaks."),
}

USES = """\
## Which level counts where

A person may choose another level for one use (`level_analysis`, `level_research`, `level_practice`, `level_recording`);
where they have not, their `level` counts. What is made for a purpose reads the level of its uses, for the speaker and
for everybody who is named, and shows each kind of thing as the tables above say, whatever the use. Where it rests on
two uses, the most protective level of both counts.

| made for | level that counts | the speaker's words are there only with |
|---|---|---|
"""

TAIL = """\
## What the words mean

What the words in the tables mean:

* *kept*: as it was said. A name that was misspelt, and a former name, is put right.
* *first name*, *role*, *made-up name*: that stands in its place.
* *general terms*: the roster's own wording (`role_as`, `organisation_as`, `place_as`); for dates and ages as exactly as
  [the settings](settings.md#policy) say; where there is none, a tag.
* *tag*: the kind of thing in square brackets, such as `[PERSON]` or `[CONTACT]`.
* *cut*: the words are not there at all.

What the tables do not show:

* The **employer** follows the person's choice in `organisation` (`named` or `generalised`), not the level. Who says
  nothing about it is shown with their employer at `named`, and in general terms at every other level.
* A contact (an e-mail address, a telephone number, a handle, a meeting's link) is taken out at every level.
* `pseudonym`: where others name the person in a sentence that also holds a title, an employer, a role, a link or a
  date, `[PERSON]` stands there instead of the made-up name.
* A **role** in other words than the roster's ("the City's policy director") is one too where it stands in one phrase
  with the employer. So said, it is as good as the name, and follows its owner's level whoever speaks.
* Phrases of [`[policy.generalise]`](settings.md#policy) stand in their own wording wherever clues go.
* A made-up name that somebody else turns out to bear (in the roster, or named in a session) is not shown: its owner is
  shown as `unnamed`, and the run says so, until the roster has another.
* People who are not in the roster become `[PERSON 1]`, `[PERSON 2]` and so on, counted anew in each session.
* Where words identify several people, the most protective of their levels counts.
* A person who has not been asked, has declined or has withdrawn is treated as `withheld`.
"""


def render() -> str:
    """The whole page, in Markdown."""
    rows = [f"| `{level}` | {LEVEL_WORDS[level]} | {LABELS[level]} |\n" for level in LEVEL_ORDER]
    tables = "\n".join(_table(whose) for whose in Whose)
    return HEAD + "".join(rows) + "\n" + tables + "\n" + USES + "".join(_uses()) + "\n" + TAIL


def _uses() -> list[str]:
    """One row for each purpose; then the uses that no purpose reads."""
    rows = []
    for purpose, needs in PURPOSES.items():
        levels = " and ".join(f"`level_{use}`" for use in needs.uses)
        permissions = ", ".join(f"`{permission}`" for permission in needs.permissions)
        exact = "; nothing that may not be quoted" if needs.verbatim else ""
        rows.append(f"| `{purpose}` | {levels} | {permissions}{exact} |\n")
    for use in sorted(set(Use) - {use for needs in PURPOSES.values() for use in needs.uses}):
        rows.append(f"| no data set | `level_{use}` | |\n")
    return rows


def _table(whose: Whose) -> str:
    title, sentence = WHOSE[whose]
    lines = [f"## {title}", "", sentence, "", f"| level | {' | '.join(KINDS[label] for label in Label)} |"]
    lines.append("|---" * (len(Label) + 1) + "|")
    for level in LEVEL_ORDER:
        cells = " | ".join(WORDS[shown(level, label, whose)] for label in Label)
        lines.append(f"| `{level}` | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
    print(f"docs/reference/{PAGE.name}")
