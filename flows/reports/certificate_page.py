"""The words of a certificate of destruction, made from what is signed: a sheet or two to read, and the annex."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from consent.wording import WORDS
from flows.audit.words import count, day, delay
from flows.reports.certificate_elsewhere import elsewhere, still_out
from flows.reports.document import Block, Bullets, Code, Document, Heading, Note, Table, Text, literal

STYLE = "td{white-space:pre-line}"
"""Line ends in a cell make the room to sign in."""
Body = Mapping[str, Any]
_STORES = {
    "roster": "the list of participants: their entry, with names and contacts",
    "study results": "results across sessions",
    "receipts": "receipts that we kept for them",
    "research data set": "the data set for analysis; it is built again without them",
    "data sets to hand on": "data sets to hand on; they are built again without them",
    "Prefect's records": "records of the runs",
}
"""A store that is no session, in plain words; one that is not here stands under its own name."""
_ROOM = ("\n" + "." * 50, "\n" + "." * 20)
"""Lines to sign on and to write the day."""


def certificate_document(body: Body, signatures: Sequence[Mapping[str, Any]], sha256: str) -> Document:
    """The certificate, for people.

    Args:
        body: What is signed, as ``flows.certificate`` spells it.
        signatures: Given so far.
        sha256: Digest of ``body``.
    """
    who = _who(body)
    return Document(
        title="Certificate of destruction",
        subtitle=f"{body['study']} · certificate {body['number']} · {who}",
        blocks=[
            *_summary(body),
            *_steps(body),
            *_destroyed(body),
            *elsewhere(body, _moment(body)),
            *_limits(body),
            *_stays(body),
            *_signed(body, signatures),
        ],
        annex=list(_annex(body, signatures, sha256)),
    )


def _who(body: Body) -> str:
    return f"participant {body['participant']}" if body["participant"] else "voices that nobody knows"


def _moment(body: Body) -> "Moments":
    return Moments(ZoneInfo(body["zone"]))


class Moments:
    """Says instants in one time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def day(self, text: str | None) -> str:
        """``4 March 2026`` of an instant or a day, a dash for none."""
        if text is None or len(text) == len("2026-03-04"):
            return day(date.fromisoformat(text)) if text else "–"
        return day(datetime.fromisoformat(text).astimezone(self._zone))

    def minute(self, text: str) -> str:
        """``4 March 2026, 10:05``."""
        moment = datetime.fromisoformat(text).astimezone(self._zone)
        return f"{day(moment)}, {moment:%H:%M}"

    def between(self, first: str, second: str) -> str:
        """``12 minutes``; from two days on as many as the calendar tells."""
        moments = [datetime.fromisoformat(text).astimezone(self._zone) for text in (first, second)]
        passed = moments[1] - moments[0]
        return delay(passed) if passed.days < 2 else count((moments[1].date() - moments[0].date()).days, "day")


# ------------------------------------------------------------------ what happened


def _summary(body: Body) -> Iterable[Block]:
    when = _moment(body).day(body["destroyed_at"])
    stay = " Their words stay." if body["use"] == "recording" else ""
    yield Note(f"{_deed(body)} on **{when}**{_as_asked(body)}.{stay} {still_out(body)}")


def _deed(body: Body) -> str:
    where = _reach_words(body["reach"])
    person = literal(body["participant"] or "")
    if not person:
        return f"Speech of people whom nobody knows{where} was **destroyed**"
    if body["use"] == "recording":
        return f"The voice of {person} in recordings{where} was **destroyed**"
    if body["wish"] == "keep_deidentified":
        return f"What {person} said{where} was **destroyed, but for its de-identified words**,"
    return f"What {person} said{where} was **destroyed**"


def _as_asked(body: Body) -> str:
    if body["reason"] == "retention":
        return ", since the time for which it may be kept was over"
    asked = _moment(body).day(body["asked_at"])
    return f", as they had asked on {asked}" if body["asked_at"] else ", as they had asked"


def _reach_words(reach: str) -> str:
    kind, _, name = reach.partition(":")
    if kind == "study":
        return ""
    return f" in {kind} {literal(name)}"


def _steps(body: Body) -> Iterable[Block]:
    said = _moment(body)
    rows = [_step(body, said, *one) for one in _deeds(body) if body[one[1]]]
    yield Heading("What happened, and when")
    zone, approvals = body["zone"].replace("_", " "), ", ".join(body["approvals"])
    approved = f" The ethics board knows the study under {approvals}." if approvals else ""
    yield Table(["Step", "When", "Who"], rows, caption=f"Times are those of {zone}.{approved}")
    if body["written_request"]:
        yield Text("They asked in writing that it be done without waiting, so no days were left in which to undo it.")
    if body["one_person"]:
        yield Text(
            "**One person did all of this:** the study had nobody else, so there was no second person to confirm."
        )
    yield from _promise(body)


def _deeds(body: Body) -> list[tuple[str, str, str, str]]:
    """Each step: what it is called, when, since which other step the time is told, and by whom."""
    recorded = f"recorded by {body['recorded_by']}" if body["recorded_by"] else ""
    return [
        (f"Asked: “{_wish(body)}”", "asked_at", "", str(body["participant"] or "")),
        ("Use stopped", "stopped_at", "asked_at", recorded),
        ("Confirmed", "confirmed_at", "stopped_at", str(body["confirmed_by"] or "")),
        ("Destroyed", "destroyed_at", "stopped_at", f"carried out by {body['carried_out_by']}"),
    ]


def _wish(body: Body) -> str:
    if body["use"] == "recording":
        return "delete my voice"
    return {"keep_deidentified": "keep de-identified words only"}.get(body["wish"], "delete my words")


def _step(body: Body, said: Moments, what: str, at: str, since: str, who: str) -> list[str]:
    when = said.minute(body[at])
    if since and body[since]:
        after = {"asked_at": "the asking", "stopped_at": "the stop"}[since]
        took = said.between(body[since], body[at])
        when += f" ({took} of {after})" if took == "within a minute" else f" ({took} after {after})"
    return [what, when, who or "–"]


def _promise(body: Body) -> Iterable[Block]:
    promise = body["promise"]
    if promise is None:
        return
    form = literal(promise["form"])
    until, after = promise["withdraw_until"], promise["after_that"]
    if not (until or after):
        yield Text(f"The form that they signed (version {form}) says nothing of until when one can withdraw.")
        return
    said = f" says that withdrawing is possible until “{literal(_date_words(until))}”" if until else " says"
    then = f"{'; after that' if until else ' of later withdrawals'}: “{literal(after)}”" if after else ""
    yield Text(f"The form that they signed (version {form}){said}{then}. The team may do more than that, never less.")


def _date_words(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


# ------------------------------------------------------------------ what went


def _destroyed(body: Body) -> Iterable[Block]:
    yield Heading("What was destroyed here")
    yield Table(["Where", "Removed, blanked or replaced"], _store_rows(body), numbers=(1,))
    yield Bullets(list(_destroyed_lines(body)))


def _store_rows(body: Body) -> list[list[str]]:
    sessions = [one for one in body["stores"] if _is_session(one)]
    rows = []
    if sessions:
        held = f"recordings, transcripts and all that was made of them ({count(len(sessions), 'session')})"
        rows.append([held, f"{sum(one['items'] for one in sessions):,}"])
    others = [one for one in body["stores"] if not _is_session(one)]
    return rows + [[_STORES.get(one["store"], one["store"]), f"{one['items']:,}"] for one in others]


def _is_session(store: Mapping[str, Any]) -> bool:
    return str(store["store"]).startswith("session ")


def _destroyed_lines(body: Body) -> Iterable[str]:
    stores = body["stores"]
    others, whole = (sum(one[name] for one in stores) for name in ("others_scrubbed", "whole_recordings"))
    keys = sum(len(one["keys"]) for one in stores)
    if others:
        turns = count(others, "turn")
        yield f"In {turns} of other people their name was replaced by blocks (█); the rest of those words was left."
    if whole:
        yield (
            f"{count(whole, 'recording')} of several voices {'was' if whole == 1 else 'were'} removed or silenced as a "
            "whole, because this one voice could not be taken out alone."
        )
    if keys:
        yield (
            f"{count(keys, 'key')} that had locked this material {'was' if keys == 1 else 'were'} destroyed, and what "
            "stays was locked anew: an older copy of the locked files opens with nothing that the study still holds."
        )
    if body["kept"]:
        yield f"Of their words, {body['kept']:,} stay de-identified, as they asked. They are never quoted."
    if body["releases"]:
        held = "data set that held", "data sets that held"
        yield f"{count(len(body['releases']), *held)} something of them went: {_releases(body)}."
    if body["stopped_at"] and body["use"] is None:
        yield "The data set for analysis had gone when use stopped; it is built again without what was destroyed."


def _releases(body: Body) -> str:
    said = _moment(body)
    purposes = WORDS["purpose"]
    return "; ".join(
        f"{literal(one['name'])}, made for {purposes.get(one['purpose'], 'use')}, on {said.day(one['ended_at'])}"
        for one in body["releases"]
    )


# ------------------------------------------------------------------ what cannot be promised, and what stays


def _limits(body: Body) -> Iterable[Block]:
    yield Heading("What nobody can promise")
    alike = body["sound_alikes"]
    left = f" In {count(alike, 'place')} something only sounds like their name, and was left." if alike else ""
    yield Bullets(
        [
            "**Mentions that nobody recognised.** A nickname, a misspelling or a description in other people's words "
            f"may still point to them.{left}",
            "**Their voice in other people's turns,** where several spoke at once or nobody noticed who spoke.",
            "**Copies made by hand:** downloads, print-outs, notes and e-mails of which the study does not know.",
            "**What was published** may have been downloaded by others. To take it down does not reach their copies.",
            *(
                ["**De-identified words** may still be recognised by somebody who was there."]
                if body["wish"] == "keep_deidentified" and body["use"] is None
                else []
            ),
        ]
    )


def _stays(body: Body) -> Iterable[Block]:
    yield Heading("What stays, and why")
    person = body["participant"]
    about = f"its entries about {literal(person)}: what was agreed, changed and withdrawn, and " if person else ""
    yield Text(
        f"The consent register keeps {about}the entry on this destruction. Without them nobody could check that it "
        "happened. It tells what somebody chose, not what somebody said; it is locked, and open to the study's "
        "assistants and investigators and to the ethics board. What other people said stays theirs, and stays."
    )


# ------------------------------------------------------------------ signatures


def _signed(body: Body, signatures: Sequence[Mapping[str, Any]]) -> Iterable[Block]:
    yield Heading("Signatures")
    yield Text(_signing_line(body, len({one["key"] for one in signatures})))
    names = [_signer(one) for one in signatures]
    wanted = 1 if body["one_person"] else 2
    names += ["." * 40] * (wanted - len(names))
    yield Table(["Signed by", "By hand", "Day"], [[name, *_ROOM] for name in names])


def _signer(signature: Mapping[str, Any]) -> str:
    return f"{signature['name']} ({signature['label']})"


def _signing_line(body: Body, given: int) -> str:
    if body["one_person"]:
        return "A study of one person: there is nobody else who could sign." + (
            "" if given else " Not signed in the register yet."
        )
    said = ("Nobody has signed in the register yet.", "One has signed in the register; the other signature is missing.")
    both = "They have signed in the register, each with a key of their own (see the annex)."
    return f"Two people sign that this is so. {said[given] if given < len(said) else both}"


# ------------------------------------------------------------------ the annex


def _annex(body: Body, signatures: Sequence[Mapping[str, Any]], sha256: str) -> Iterable[Block]:
    yield Text("For whoever wishes to check with programs of their own; nothing here is needed above.")
    yield Heading("What is signed")
    yield Code(f"SHA-256 {sha256}")
    yield Text(
        "It is the digest of what the file beside this page, with .json at its end, holds as “certificate”: JSON with "
        "sorted keys and no spaces, in ASCII. With the programs jq and sha256sum:"
    )
    yield Code(f"jq -cSaj .certificate certificate-{body['number']}.json | sha256sum")
    yield Table(["Entry of the register", "Index"], _entry_rows(body, signatures), numbers=(1,))
    if signatures:
        yield Heading("Who signed")
        said = _moment(body)
        yield Table(
            ["Who", "Id of their key", "Entry", "When"],
            [[_signer(one), one["key"], str(one["entry"]), said.minute(one["at"])]
             for one in signatures],
        )  # fmt: skip
    yield from _digests(body)


def _entry_rows(body: Body, signatures: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    entries = body["entries"]
    named = [("withdrawal", "the withdrawal"), ("confirmation", "its confirmation"), ("erasure", "the destruction")]
    rows = [[words, str(entries[name])] for name, words in named if entries[name] is not None]
    return rows + [["signature of this certificate", str(one["entry"])] for one in signatures]


def _digests(body: Body) -> Iterable[Block]:
    yield Heading("Digests of the locked files, before and after")
    yield Text("SHA-256 over the files as they lay, locked, each place on its own.")
    lines = [f"{one['store']}\n  before {one['before']}\n  after  {one['after']}" for one in body["stores"]]
    yield Code("\n".join(lines))
    keys = [f"{key}  {one['store']}" for one in body["stores"] for key in one["keys"]]
    if keys:
        yield Heading("Keys destroyed")
        yield Text("The first 16 digits of SHA-256 over each key's public half, and what it had locked.")
        yield Code("\n".join(keys))
    if body["releases"]:
        yield Heading("Data sets that were taken away")
        yield Code("\n".join(f"{one['name']}\n  {one['sha256']}\n  {_counts(one)}" for one in body["releases"]))


def _counts(release: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {number}" for name, number in release["counts"].items())
