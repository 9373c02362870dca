"""``chatham coding``: codes that people put on words, in and out of the study."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import JsonOption, PreviewOption, StudyOption, UserOption, facts, open_study, progress, say
from schemas.errors import UsageError

if TYPE_CHECKING:
    from flows.coding.importing import Imported

ReleaseOption = Annotated[
    str | None,
    typer.Option("--release", metavar="NAME", help="A data set to hand on; otherwise the one for analysis."),
]

app = typer.Typer(
    help="Codes that people put on words, in and out of the study.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _coding() -> None:
    """Codes that people put on words, in and out of the study. They stay on their words, whatever becomes of these."""


@app.command("import")
def coding_import(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A project (.qdpx), codebook (.qdc), Taguette project (.sqlite3) or table (.csv, .xlsx).",
        ),
    ],
    coder: Annotated[
        str | None,
        typer.Option(
            "--coder",
            metavar="NAME",
            help="Who coded, where the file does not say, or where its one coder is not known here yet.",
        ),
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would come in.")] = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Bring in what was coded outside, on a file that came from here. Given twice, nothing is doubled.

    What was deleted outside stays here; chatham coding remove takes coding out. Each coding goes to the same words as
    the vault has them; one that fits no words any more is told, and why. Names of people in the study are masked in
    codes and memos.
    """
    from flows.coding.importing import import_codings

    found = import_codings(open_study(study, user), file, progress(), coder=coder, preview=preview)
    if json:
        facts({**vars(found.taken), "shortened": found.shortened, "unfit": dict(found.unfit), "left": dict(found.left)})
        return
    for line in _told(found, preview=preview):
        say(line)
    if not preview:
        say("To have them in the data set for analysis: chatham run")


@app.command("export")
def coding_export(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What to write: a project (.qdpx), codebook (.qdc), Taguette project (.sqlite3) or table (.csv).",
        ),
    ],
    release: ReleaseOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Write the words and coding of a data set for another program. The file is a copy: delete it when you are done."""
    from flows.coding.exporting import export_codings

    left = export_codings(open_study(study, user), file, release)
    if json:
        facts({"file": str(file), "left": dict(left)})
        return
    for what, count in left.items():
        say(f"Not in the file: {count} {what}")
    say("Written. It holds words of this study: when somebody withdraws, delete it and export anew.")


@app.command("list")
def coding_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Every code with its codings, and what was lost or shortened when words changed."""
    from flows.coding.listing import list_codes

    found = list_codes(open_study(study, user))
    if json:
        facts(
            {
                "codes": [{**vars(one)} for one in found.codes],
                "coders": [{"coder_id": one.coder, "name": one.name} for one in found.coders],
                "lost": found.lost,
                "shortened": found.shortened,
            }
        )
        return
    for one in found.codes:
        say(f"{'  ' * one.depth}{one.name}: {one.codings}")
    if not found.codes:
        say("Nothing is coded yet. Next: chatham coding export FILE.qdpx, code it, and chatham coding import it.")
    if found.coders:
        say(f"Coded by {', '.join(one.name for one in found.coders)}.")
    if found.lost or found.shortened:
        say(f"Of words that changed or went: {_many(found.lost, 'coding')} lost, {found.shortened} shortened.")


@app.command("remove")
def coding_remove(
    table: Annotated[
        Path | None,
        typer.Argument(metavar="[TABLE]", help="A table (.csv, .xlsx): the rows to take out of one that was exported."),
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", metavar="NAME", help="A code, those under it, and every coding with them.")
    ] = None,
    coder: Annotated[
        str | None, typer.Option("--coder", metavar="NAME", help="A coder, and every coding and memo of theirs.")
    ] = None,
    preview: PreviewOption = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take coding out of the study for good: single codings, a code, or what one coder did.

    Memos on what is taken out go with it, and so do codings on words that are withheld now. Look first with --preview.
    What a project has that was exported before (.qdpx) can be brought in again; all else only a backup has.
    """
    from flows.coding.removing import remove_code, remove_coder, remove_listed

    if sum(one is not None for one in (table, code, coder)) != 1:
        raise UsageError("say one thing to take out", hint="Give a table, or --code NAME, or --coder NAME.")
    opened = open_study(study, user)
    if table is not None:
        found = remove_listed(opened, table, progress(), preview=preview)
    elif code is not None:
        found = remove_code(opened, code, preview=preview)
    else:
        found = remove_coder(opened, str(coder), preview=preview)
    if json:
        facts(vars(found))
        return
    things = [_many(found.codings, "coding"), _many(found.codes, "code"), _many(found.coders, "coder")]
    say(f"{'Would be taken' if preview else 'Taken'} out: {', '.join([*things, _many(found.memos, 'memo')])}.")
    if found.not_here:
        left = _many(found.not_here, "coding")
        say(f"Left alone: {left} of the table, not found just so in the data set.")
    if not preview and (found.codings or found.codes or found.coders):
        say("To have them out of the data set for analysis: chatham run")


@app.command("agreement")
def coding_agreement(
    words: Annotated[bool, typer.Option("--words", help="List the words on which coders do not agree.")] = False,
    release: ReleaseOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """How far coders agree: Cohen's kappa for two, Krippendorff's alpha for all, and where they do not.

    What they could code is every turn with words of the sessions in which both, or two of all, coded something.
    """
    from flows.coding.exporting import agreement_of

    found = agreement_of(open_study(study, user), release, words=words)
    if json:
        facts(
            {
                "pairs": [one._asdict() for one in found.pairs],
                "all": [one._asdict() for one in found.everybody],
                "disagreements": [one._asdict() for one in found.disagreements] if words else len(found.disagreements),
            }
        )
        return
    if not found.everybody:
        say("No session has been coded by two people yet.")
        return
    for one in found.everybody:
        say(f"{one.code}: alpha {_number(one.alpha)} ({_many(one.coders, 'coder')}, {_many(one.utterances, 'turn')})")
        for pair in found.pairs:
            if pair.code == one.code:
                say(
                    f"  {pair.coder} and {pair.other}: kappa {_number(pair.kappa)} (both {pair.both}, only"
                    f" {pair.coder} {pair.only_coder}, only {pair.other} {pair.only_other}, neither {pair.neither})"
                )
    say(f"{_many(len(found.disagreements), 'turn')} on which they do not agree{'' if words else ' (see --words)'}.")
    for place in found.disagreements if words else ():
        put, did_not = " and ".join(place.put_by), " and ".join(place.not_by)
        say(f"{place.session_id} {place.start} {place.label}: {place.code} by {put}, not by {did_not}: {place.words}")


def _number(value: float | None) -> str:
    """Two digits; a dash where there is no such number."""
    return "-" if value is None else f"{value:.2f}"


def _told(found: "Imported", *, preview: bool) -> list[str]:
    taken, would = found.taken, "Would come in" if preview else "Came in"
    new = [_many(taken.codings, "coding"), _many(taken.codes, "code"), _many(taken.coders, "coder")]
    lines = [f"{would}: {', '.join([*new, _many(taken.memos, 'memo')])}."]
    lines += [f"There already: {_many(taken.known, 'coding')}."] if taken.known else []
    if taken.changed:
        lines.append(f"Now as in the file: {_many(taken.changed, 'text')} of codes and memos.")
    if taken.left_alone:
        texts = _many(taken.left_alone, "text")
        lines.append(f"Left as here: {texts} of codes and memos, in which something is masked.")
    lines += [f"Names masked in {_many(taken.masked, 'text')} of codes and memos."] if taken.masked else []
    if found.shortened:
        lines.append(f"Shortened: {_many(found.shortened, 'coding')}, of which some words are not there any more.")
    lines += [f"Did not fit: {_many(count, 'coding')}, because {why}." for why, count in found.unfit.items()]
    return lines + [f"Not taken: {count} {what}." for what, count in found.left.items()]


def _many(count: int, what: str) -> str:
    """How many of a thing, in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
