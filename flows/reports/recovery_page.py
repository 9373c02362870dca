"""The page that a recovery key is printed on: the key, what it opens, who keeps it, how to try it."""

from datetime import date

from consent.days import day_words
from flows.reports.document import Bullets, Code, Document, Heading, Note, Table, Text
from flows.reports.qr import qr_picture

PREFIX = "AGE-SECRET-KEY-1"
GROUP, GROUPS_A_LINE = 4, 5
_USES = (
    "It lets somebody in again whose passphrase is lost: **chatham user remove NAME --user recovery**, then"
    " **chatham user add NAME --role ROLE --user recovery**. The key is the passphrase that is asked for first.",
    "It opens every backup of the study that was made while this page was the newest.",
    "It opens the whole study to whoever also has its files. It is never the second person who confirms.",
)
_KEEPING = (
    "The investigator or the ethics office, on paper: in a sealed envelope with a name and a day across its flap, in a"
    " safe or a locked drawer, in another building than the study's files.",
    "No photograph, no scan, no cloud, no mail. Delete the file that this page was printed from.",
    "Used, seen by others, or lost: make another one with **chatham keys recovery**. From then on this page opens"
    " nothing new, but still the backups of its time: keep it as long as they are kept, and destroy it with them.",
)
_LETTERS = (
    "Spaces, line breaks and small letters do not matter. Behind the first line there is no letter O, I or B and no"
    " figure 1: what looks like an O is a nought, what looks like an I is an L. The code below is the same key."
)


def grouped(key: str) -> str:
    """The key in lines of groups, for who copies it by hand; its first line is the part that all such keys share."""
    letters = key.removeprefix(PREFIX)
    groups = [letters[at : at + GROUP] for at in range(0, len(letters), GROUP)]
    lines = [" ".join(groups[at : at + GROUPS_A_LINE]) for at in range(0, len(groups), GROUPS_A_LINE)]
    return "\n".join([PREFIX, *lines])


def recovery_document(title: str, key: str, key_id: str, today: date) -> Document:
    """The page.

    Args:
        title: The study's.
        key: ``AGE-SECRET-KEY-1…``.
        key_id: Of the key that the user ``recovery`` signs with, as ``chatham user list`` shows it.
        today: Of printing.
    """
    return Document(
        title="Recovery key",
        subtitle=f"{title}, made on {day_words(today)}",
        blocks=[
            Note("**Keep this page as you would keep the recordings.** It is printed once, stored nowhere."),
            Code(grouped(key), large=True),
            Text(_LETTERS),
            qr_picture(key.encode("ascii"), caption="", alt="The key as a code for a camera", width_mm=38),
            Heading("What it does"),
            Bullets(_USES),
            Heading("Who keeps it"),
            Bullets(_KEEPING),
            Heading("Try it today"),
            Text(
                "Before the envelope is closed, type **chatham user list --user recovery** and then the key above. The"
                f" line that begins with **recovery** must show {key_id}."
            ),
            Table(["Tried on", "By", "Kept where"], [["\u00a0", "", ""]]),
        ],
    )
