"""``chatham release``: data sets to hand on, who was given a copy, and asking for it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, progress, say

if TYPE_CHECKING:
    from flows.bridging import Found
    from flows.releases import Release
    from flows.sending import Copy
    from flows.study import Study

MAKE = "make"
"""The command that is meant where a name stands in the place of one."""


class ReleaseGroup(typer.core.TyperGroup):
    """``chatham release NAME --purpose P`` is ``chatham release make NAME --purpose P``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name first where none stands there."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    help="Data sets to hand on, and who was given a copy.",
    no_args_is_help=True,
    rich_markup_mode=None,
    cls=ReleaseGroup,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The data set's name, such as paper-1.")]


@app.callback()
def _release() -> None:
    """Data sets to hand on, and who was given a copy. To make one: chatham release NAME --purpose analyse."""


@app.command(MAKE)
def release_make(
    name: Name,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WHAT", help="analyse, quote_research, quote_practice or archive.")
    ],
    formats: Annotated[
        str,
        typer.Option("--format", metavar="WHAT,...", help="duckdb, parquet, csv, or several with commas between."),
    ] = "duckdb",
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Make a data set to hand on, as today's choices allow. The word make may be left out.

    It is never changed. Where somebody in it hides more later, its files go, and the next run builds NAME.2.
    """
    from flows.release_folder import wanted_formats
    from flows.releasing import make_release
    from flows.risks import groups_told, passages_told

    wanted = wanted_formats(formats)
    made = make_release(open_study(study, user), name, purpose, progress(), wanted)
    if json:
        facts(
            {
                "name": made.name,
                "purpose": purpose,
                "folder": str(made.folder),
                "formats": list(wanted),
                "files": list(made.files),
                "sha256": made.sha256,
                "sessions": list(made.sessions),
                "counts": dict(made.counts),
                "small_groups": {str(size): count for size, count in made.groups.items()},
                "public_passages": [
                    {"utterance_id": one.utterance, "session": one.session, "public": list(one.public)}
                    for one in made.passages
                ],
            }
        )
        return
    turns, withheld = made.counts["utterances"], made.counts["withheld"]
    say(f"Data set {made.name} is made: {_sessions(made.sessions)}, {turns} turns, {withheld} of them withheld.")
    say(f"  {made.folder} ({', '.join(wanted)})")
    say(f"Of people who are not named, {groups_told(made.groups)}.")
    if made.passages:
        say(f"{passages_told(len(made.passages))}. Which, says --json.")
    say(f"Before you hand it on: chatham release sent {made.name} --to WHO")


@app.command("sent")
def release_sent(
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Who is given a copy: a person or an organisation.")],
    contact: Annotated[
        str | None, typer.Option("--contact", metavar="TEXT", help="Where to reach them: an address, an e-mail.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record that somebody is given a copy. Do it before you send it."""
    from flows.handing_on import send

    copy = send(open_study(study, user), name, to, contact)
    if json:
        facts({"copy": copy, "release": name})
    else:
        say(f"Recorded as copy {copy} of {name}. If somebody in it withdraws: chatham release recall {name}.")


@app.command("recall")
def release_recall(
    name: Name,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Where the letters go; otherwise recall-NAME in the current folder."
        ),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Ask for every copy back. Writes a letter for each that nobody has answered for, ready to send."""
    from flows.handing_on import recall

    done = recall(open_study(study, user), name, out)
    if json:
        facts({"copies": [copy.id for copy in done.copies], "files": [str(path) for path in done.files]})
        return
    for copy in done.copies:
        reached = f" ({copy.contact})" if copy.contact else ""
        say(f"Copy {copy.id}: {copy.to}{reached}")
    for path in done.files:
        say(f"  {path}")
    if done.copies:
        say("Send the letters; then record each answer: chatham release answer COPY --answer destroyed")
    else:
        say("No copy of it waits for an answer, so there is no letter to write.")


@app.command("answer")
def release_answer(
    copy_id: Annotated[str, typer.Argument(metavar="COPY", help="The copy's id, as the letter and the list have it.")],
    said: Annotated[str, typer.Option("--answer", metavar="WHAT", help="destroyed, refused or no_answer.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What they wrote, in one line.")] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record what was answered about a copy. It stands on the certificate of whoever withdrew."""
    from flows.handing_on import answer

    copy = answer(open_study(study, user), copy_id, said, note)
    if json:
        facts({"copy": copy.id, "release": copy.release, "answer": copy.answer})
    else:
        say(f"Copy {copy.id} of {copy.release}: {ANSWERED[said]}. Recorded.")


Purpose = Annotated[
    str,
    typer.Option("--purpose", metavar="WHAT", help="What the data set is for: analyse where it is left out."),
]
BridgeId = Annotated[str, typer.Argument(metavar="ID", help="The place's id, as chatham release bridges has it.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in one line; it is kept with your name.")]


@app.command("bridges")
def release_bridges(
    purpose: Purpose = "analyse", study: StudyOption = None, user: UserOption = None, json: JsonOption = False
) -> None:
    """Places that may join two labels of one person. A data set to hand on is refused until each was looked at."""
    from flows.reviewing import list_bridges

    found = list_bridges(open_study(study, user), progress(), purpose)
    if json:
        facts([_bridge_facts(one) for one in found])
        return
    for one in found:
        say(f"{one.id}  {one.place}, {_whose(one)}: {_decision(one)}")
    if any(one.review is None for one in found):
        say("Read each with chatham session show; then accept-bridge where it joins nothing, else hide-bridge.")
    if not found:
        say("Nothing in it joins two labels of one person, as far as it is found.")


@app.command("accept-bridge")
def release_accept_bridge(
    bridge: BridgeId, reason: Why, purpose: Purpose = "analyse", study: StudyOption = None, user: UserOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Record that a place joins no two labels of anybody. It stands in data sets from then on."""
    _review(open_study(study, user), bridge, purpose, accepted=True, reason=reason, json=json)


@app.command("hide-bridge")
def release_hide_bridge(
    bridge: BridgeId, reason: Why, purpose: Purpose = "analyse", study: StudyOption = None, user: UserOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Record that a place does join two labels. What joins them is hidden in every data set."""
    _review(open_study(study, user), bridge, purpose, accepted=False, reason=reason, json=json)


def _review(study: "Study", bridge: str, purpose: str, *, accepted: bool, reason: str, json: bool) -> None:
    from flows.reviewing import review_bridge

    found = review_bridge(study, progress(), bridge, accepted=accepted, reason=reason, purpose=purpose)
    if json:
        facts(_bridge_facts(found))
    else:
        say(f"{found.place}: {_decision(found)}. Recorded. Next: chatham run.")


def _whose(found: "Found") -> str:
    return "their own words" if found.bridge.own else "where others name them"


def _decision(found: "Found") -> str:
    if found.review is None:
        return "nobody has looked at it; hidden until then"
    what = "stands" if found.stands else "stays hidden"
    return f"{what}, said {found.review.author} on {found.review.at:%Y-%m-%d}"


def _bridge_facts(found: "Found") -> dict[str, object]:
    """What programs read; no word that was said, and nobody's id."""
    review = found.review
    return {
        "id": found.id,
        "session": found.bridge.session,
        "start_s": found.bridge.start_s,
        "own_words": found.bridge.own,
        "decision": None if review is None else "accepted" if found.stands else "hidden",
        "by": review.author if review else None,
        "at": review.at if review else None,
        "reason": review.record.reason if review else None,
    }


@app.command("list")
def release_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Every data set to hand on, and every copy. Which stand, which ended and why, and what was answered."""
    from flows.handing_on import handed_on

    found, copies = handed_on(open_study(study, user))
    if json:
        facts([_facts(release, [copy for copy in copies if copy.release == release.name]) for release in found])
        return
    for release in found:
        say(f"{release.name}  {release.purpose}, {_sessions(release.sessions)}, {_standing(release)}")
        for copy in copies:
            if copy.release == release.name:
                say(f"  copy {copy.id}  given to {copy.to} on {copy.at:%Y-%m-%d}; {_answer(copy)}")
    if not found:
        say("No data set was made yet. Next: chatham release NAME --purpose analyse.")


@app.command("diff")
def release_diff(
    first: Annotated[str, typer.Argument(metavar="A", help="A data set's name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, such as the one that took its place.")],
    words: Annotated[bool, typer.Option("--words", help="Also print the words of every turn that differs.")] = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Say what B has that A has not, and the other way round. In counts; with --words, turn by turn."""
    from flows.cli.differences import as_facts, differences
    from flows.differing import differing

    with differing(open_study(study, user), first, second, words=words) as found:
        if json:
            facts(as_facts(found))
            return
        for line in differences(found):
            say(line)


ANSWERED = {"destroyed": "destroyed", "refused": "not destroyed, they refuse", "no_answer": "nobody answered"}
WHYS = {
    "withdrawal": "somebody withdrew",
    "change": "somebody changed what they allow",
    "mark": "a passage was marked",
    "retention": "its time was over",
    "lost": "its files were gone",
}


def _sessions(sessions: tuple[str, ...]) -> str:
    return f"{len(sessions)} session{'s' * (len(sessions) != 1)}"


def _standing(release: "Release") -> str:
    if release.ended_at is None:
        follows = f", in place of {release.follows}" if release.follows else ""
        return f"stands{follows}"
    return f"ended on {release.ended_at:%Y-%m-%d}: {WHYS.get(str(release.why), release.why)}"


def _answer(copy: "Copy") -> str:
    if copy.answer is not None and copy.answered_at is not None:
        return f"{ANSWERED.get(copy.answer, copy.answer)} ({copy.answered_at:%Y-%m-%d})"
    return f"asked back on {copy.recalled_at:%Y-%m-%d}, no answer yet" if copy.recalled_at else "not asked back"


def _facts(release: "Release", copies: "list[Copy]") -> dict[str, object]:
    return {
        "name": release.name,
        "purpose": release.purpose,
        "formats": list(release.formats),
        "files": dict(release.files),
        "sessions": list(release.sessions),
        "sha256": release.sha256,
        "counts": dict(release.counts),
        "follows": release.follows,
        "stands": release.stands,
        "ended_at": release.ended_at,
        "why": release.why,
        "copies": [
            {
                "copy": copy.id,
                "to": copy.to,
                "contact": copy.contact,
                "at": copy.at,
                "recalled_at": copy.recalled_at,
                "answer": copy.answer,
                "answered_at": copy.answered_at,
            }
            for copy in copies
        ],
    }
