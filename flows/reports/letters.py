"""The letter that asks for a copy of a data set back: what to destroy, by when, how to answer. It names nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from consent.days import day_words
from flows.reports.document import Block, Bullets, Code, Document, Heading, Note, PageBreak, Table, Text, literal
from flows.settings import StudyContact

PURPOSES: dict[str, str] = {
    "analyse": "analysis",
    "quote_research": "quotations in research publications",
    "quote_practice": "quotations in texts for practitioners",
    "archive": "keeping in an archive",
}
"""What a data set was made for, in words."""
_WHAT = (
    "The files of the data set, which stand at the end of this page, and every copy of them: on computers and memory"
    " sticks, in shared folders and clouds, in mail.",
    "Whatever was taken from it and still holds what people said, or how they are shown: extracts, tables, coded"
    " passages, projects of analysis programs, notes with quotations.",
    "Backups that hold any of these. Where they cannot be changed, tell us the day on which they are overwritten.",
)
_NOBODY = "so **nobody may use it any longer**: we have destroyed ours, and we ask you to destroy yours."
_CHOSEN = (
    "Everybody in it decides how their words may be used, and may decide otherwise at any time. That has happened. This"
    f" data set shows more than is allowed today, {_NOBODY}"
)
_REASONS = {
    "withdrawal": _CHOSEN,
    "change": _CHOSEN,
    "mark": _CHOSEN,
    "retention": f"The time for which some of what it holds may be kept is over, {_NOBODY}",
}
_ASKED_BACK = "We ask you to give up your copy of it."
_TO_FILL_IN = (
    "☐  We have destroyed our copy and whatever was taken from it, on",
    "☐  It is still in backups, which are overwritten on",
    "☐  We have not destroyed it, because",
)
_LINE, _GAP = "_" * 30, "\u00a0"


@dataclass(frozen=True)
class Recall:
    """What a letter says.

    Attributes:
        title: The study's.
        to: Who holds the copy.
        id: Of the copy; what an answer names.
        files: Names of the files that were handed on, and their digests (SHA-256).
        why: Why the data set has ended; None: it stands, and is only asked back.
        successor: The data set that takes its place and stands today.
        answer_by: Last day to destroy the copy and say so.
    """

    title: str
    to: str = field(repr=False)
    id: str
    release: str
    purpose: str
    files: Mapping[str, str]
    sent_on: date
    made_on: date
    why: str | None
    successor: str | None
    today: date
    answer_by: date
    contact: StudyContact


def recall_letter(facts: Recall) -> Document:
    """The letter as a document, ready to send."""
    return Document(
        title="Please destroy your copy of a data set",
        subtitle=f"{facts.title}, {day_words(facts.today)}",
        blocks=[
            Text(f"To **{literal(facts.to)}**"),
            Text(_why(facts)),
            Note(
                f"Please destroy your copy of **{literal(facts.release)}** by **{day_words(facts.answer_by)}**, and"
                " tell us when you have."
            ),
            Heading("What to destroy"),
            Bullets(list(_WHAT)),
            Text("Counts and findings in which nobody's words stand may stay."),
            Heading("What takes its place"),
            Text(_successor(facts)),
            Heading("How to answer"),
            *_how(facts),
            Heading("Which files these are"),
            *_which(facts),
            PageBreak(),
            *_slip(facts),
        ],
    )


def _why(facts: Recall) -> str:
    given = f"On {day_words(facts.sent_on)} we gave you the data set **{literal(facts.release)}** of our study."
    return f"{given} {_REASONS.get(str(facts.why), _ASKED_BACK)}"


def _successor(facts: Recall) -> str:
    if facts.successor is not None:
        return (
            f"The data set **{literal(facts.successor)}** takes its place. It was made anew and holds what is allowed"
            " today. Ask us for it if you need it."
        )
    if facts.why is not None:
        return "A new data set takes its place as soon as it is made. Ask us for it if you need it."
    return "Nothing takes its place."


def _how(facts: Recall) -> list[Block]:
    answers = [
        f"**Destroyed:** say so, and on which day. Name the copy: **{facts.id}**.",
        "**Not destroyed:** tell us why. We write it down, and whoever asked for this is told.",
    ]
    silence = f"If we have heard nothing by {day_words(facts.answer_by)}, we write down that nobody answered."
    return [Text(_whom(facts.contact)), Bullets(answers), Text(silence)]


def _whom(contact: StudyContact) -> str:
    ways = [literal(way) for way in (contact.name, contact.phone, contact.email) if way]
    if not ways:
        return "Answer to whoever sent you this letter. You may use the slip on the next page."
    return f"Answer to **{', '.join(ways)}**. You may use the slip on the next page."


def _which(facts: Recall) -> list[Block]:
    return [
        Table(
            ["What", "Your copy"],
            [
                ["Data set", facts.release],
                ["Made for", PURPOSES.get(facts.purpose, facts.purpose)],
                ["Made on", day_words(facts.made_on)],
                ["Given to you on", day_words(facts.sent_on)],
                ["Copy", facts.id],
            ],
        ),
        Text(
            "These are the files, each with its digest (SHA-256). A changed copy of one has another digest and is to be"
            " destroyed all the same."
        ),
        *(block for name, digest in sorted(facts.files.items()) for block in (Text(literal(name)), Code(digest))),
    ]


def _slip(facts: Recall) -> list[Block]:
    return [
        Heading("Slip for your answer"),
        Text(f"About copy **{facts.id}** of data set **{literal(facts.release)}**, study **{literal(facts.title)}**."),
        Text(_GAP),
        *(block for words in _TO_FILL_IN for block in (Text(f"{words} {_LINE}"), Text(_GAP))),
        Text(f"Name  {_LINE}"),
        Text(_GAP),
        Text(f"Day and signature  {_LINE}{_LINE}"),
    ]
