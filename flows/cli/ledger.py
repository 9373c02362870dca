"""``chatham ledger``: what others need to check the register, and what they say about it."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say, study_folder

if TYPE_CHECKING:
    from flows.ledger import Anchored
    from flows.study import Study

app = typer.Typer(
    help="The register, for those who check it from outside.", no_args_is_help=True, rich_markup_mode=None
)

OutOption = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it into this file.")]
KeyOption = Annotated[
    str | None,
    typer.Option("--vkey", metavar="KEY|FILE", help="The cosigner's public key, or a file of keys, one a line."),
]


@app.callback()
def _ledger() -> None:
    """The register, for those who check it from outside."""


@app.command("verify")
def verify_command(
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="FILE", help="A checkpoint or receipt that you kept; the register must hold it."
        ),
    ] = None,
    vkey: Annotated[
        str | None,
        typer.Option(
            "--vkey", metavar="KEY|FILE", help="The register's public key, as you know it; otherwise the folder's own."
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="Whose cosignatures you count; otherwise the register's own."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="FILE", help="manifest.json of a data set, with its files beside it."),
    ] = None,
    contents: Annotated[
        bool, typer.Option("--contents", help="Also open every entry, with your passphrase, and check what it says.")
    ] = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Check the whole register; no passphrase is needed. It says what it checked, and what it could not."""
    from consent.checks.report import as_json, lines
    from consent.tlog.spelling import as_kept
    from consent.verify import read_keys, register_folder, verify
    from flows.handed import with_standing
    from flows.settings import utc_now
    from flows.sheets import read_bytes

    opened = _open_everything(study, user, quiet=json) if contents else None
    folder = register_folder(study_folder(study))
    report = verify(
        folder,
        _own_keys(folder) if vkey is None else read_keys(vkey),
        against=None if against is None else as_kept(read_bytes(against)),
        policy=None if policy is None else read_bytes(policy),
        manifest=manifest,
        now=utc_now(),
        max_anchor_age_days=_most_days(study_folder(study)),
    )
    if opened is not None and manifest is not None:
        report = with_standing(opened, manifest, report)
    if json:
        facts(as_json(report) | {"key_from_folder": vkey is None})
    else:
        if vkey is None:
            say(f"The key came out of the folder itself: {_groups(folder)}.")
            say("Compare that with the key on your printed seal, or give the key you know: --vkey.")
        for line in lines(report):
            say(line)
    raise typer.Exit(report.exit_code)


def _open_everything(study: Path | None, user: str | None, *, quiet: bool) -> "Study":
    """Open every entry as somebody of the team; what does not open, or is not what was recorded, is damage."""
    from flows.roles import require

    opened = open_study(study, user)
    require(opened, "consent show")
    entries = opened.ledger.entries()
    opened.require_readable()
    if not quiet:
        say(f"Opened: {len(entries)} entries; each says what was recorded.")
    return opened


def _groups(folder: Path) -> str:
    from consent.publish import KEYS_NAME
    from flows.reports.verifier import key_fingerprint

    return key_fingerprint((folder / KEYS_NAME).read_text("ascii"))


def _most_days(folder: Path) -> int:
    """How old the newest anchor may be, by the study's settings; a copy of consent/ alone has none."""
    from flows.settings import CONFIG_NAME, StudyConfig, read_config

    config = read_config(folder) if (folder / CONFIG_NAME).is_file() else StudyConfig(title="", approvals=())
    return config.max_anchor_age_days


def _own_keys(folder: Path) -> tuple[Any, ...]:
    from consent.publish import KEYS_NAME, log_vkeys
    from schemas.errors import BadInput, LedgerDamaged, UsageError

    hint = "Put it back from a backup, or check with the key you know: --vkey KEY."
    try:
        keys = log_vkeys(folder)
    except BadInput as error:
        raise LedgerDamaged(f"{KEYS_NAME} of the register is not right: {error.message}", hint=hint) from None
    if not keys and (folder / "log" / "checkpoint").exists():
        raise LedgerDamaged(f"{KEYS_NAME} of the register is missing", hint=hint)
    if not keys:
        raise UsageError(
            "no checkpoint of this register was signed yet, so there is no key to check with",
            hint="An assistant or investigator signs one: chatham ledger checkpoint.",
        )
    return keys


@app.command("checkpoint")
def checkpoint_command(
    out: OutOption = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write a page to print and keep: a .pdf or .html file."),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Sign the register as it stands, and print the seal. Size, root and signatures, for whoever keeps them outside."""
    from flows.ledger import standing

    opened = open_study(study, user)
    signed = standing(opened)
    made = signed.checkpoint
    if page is not None:
        from flows.ledger import seal_page

        _write(page, seal_page(opened, signed, page.suffix))
    _hand_over(signed.data, out, quiet=json or page is not None)
    if json:
        note = signed.data.decode("utf-8")
        keys = [str(key) for key in opened.log_keys]
        facts({"origin": made.origin, "size": made.size, "root": made.root.hex(), "note": note, "keys": keys})


@app.command("prove")
def prove_command(
    event: Annotated[int, typer.Argument(metavar="EVENT", help="Number of an entry, counted from 0.")],
    out: OutOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that one entry is in the register. Anybody who has its public key can check that."""
    from flows.ledger import prove

    proof = prove(open_study(study, user), event)
    _hand_over(proof, out, quiet=json)
    if json:
        facts({"index": event, "proof": proof.decode("utf-8")})


@app.command("receipt")
def receipt_command(
    participant: Annotated[str, typer.Argument(metavar="P", help="A participant, such as P07.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the pages; otherwise consent/receipts.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Make one participant's page to keep. What they chose, and a code that shows it was not changed since."""
    from flows.receipts import make_receipt

    made = make_receipt(open_study(study, user), participant, out)
    if json:
        facts({"html": made.html, "pdf": made.pdf, "proof": made.proof, "entries": made.entries})
        return
    say(f"Receipt made, with {made.entries} of the register's entries, all of them this participant's own:")
    for path in (made.html, made.pdf, made.proof):
        say(f"  {path}")


@app.command("cosign")
def cosign_command(
    add: Annotated[
        Path | None, typer.Option("--add", metavar="FILE", help="Take in what a cosigner sent, instead of cosigning.")
    ] = None,
    vkey: KeyOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Cosign into this file and its key into FILE.vkey; record nothing."),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Cosign the newest checkpoint. First the register is compared with what this machine cosigned last."""
    from flows import cosigning
    from flows.ledger import read_keys, take_in
    from flows.sheets import read_bytes

    _refuse_both(add, out)
    opened = open_study(study, user)
    if add is not None:
        _say_anchored(take_in(opened, read_bytes(add), read_keys(vkey) if vkey else ()), json)
        return
    cosigned, keys = cosigning.cosign(opened, cosigning.state_folder())
    if out is None:
        _say_anchored(cosigning.keep(opened, cosigned, keys), json)
        return
    key_file = out.with_name(f"{out.name}.vkey")
    _write(out, cosigned)
    _write(key_file, "".join(f"{key}\n" for key in keys).encode("ascii"))
    if json:
        facts({"file": out, "keys": keys})
        return
    say(f"Cosigned into {out}; nothing was recorded. Send it with {key_file.name} to the study's keeper, who runs:")
    say(f"  chatham ledger cosign --add {out.name} --vkey {key_file.name}")


@app.command("witness")
def witness_command(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the witness answers: http:// or https://.")],
    vkey: KeyOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Have a witness cosign the newest checkpoint. Only size, root, proof and signatures are sent over the network."""
    from flows.ledger import read_keys
    from flows.witnessing import ask_witness

    keys = read_keys(vkey) if vkey else ()
    _say_anchored(ask_witness(open_study(study, user), url, keys), json)


@app.command("anchor")
def anchor_command(
    tsr: Annotated[Path, typer.Argument(metavar="FILE.tsr", help="The reply of a time stamp authority (RFC 3161).")],
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="The checkpoint that was stamped, as it was sent."),
    ] = None,
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar="FILE", help="Certificates (PEM) of an authority that you trust.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take in a time stamp of a checkpoint. It is an authority's word that the register stood like that, and when."""
    from flows.ledger import stamp
    from flows.sheets import read_bytes

    files = [None if path is None else read_bytes(path) for path in (checkpoint, ca)]
    anchored, made = stamp(open_study(study, user), read_bytes(tsr), *files)
    _say_anchored(anchored, json, at=made.at, vouched_by=made.vouched_by)
    if json:
        return
    say(f"  Stamped {made.at:%Y-%m-%d %H:%M:%S} UTC.")
    if made.vouched_by is None:
        say("  Not checked: who that authority is. Give its certificate, or that of whoever vouches for it: --ca FILE.")
    else:
        say(f"  The authority's certificate leads to the one you trust: {made.vouched_by}.")


@app.command("continue")
def continue_command(
    against: Annotated[
        Path, typer.Option("--against", metavar="FILE", help="The checkpoint that the register no longer reaches.")
    ],
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Go on after entries were lost for good. Under a new name, with an entry that says how many are missing."""
    from flows.ledger import go_on
    from flows.sheets import read_bytes

    done = go_on(open_study(study, user), read_bytes(against))
    if json:
        sizes = {"kept": done.kept, "lost": done.lost, "before": done.number}
        facts(sizes | {"old_origin": done.old.origin, "origin": done.new.origin, "size": done.new.size})
        return
    say(f"{done.kept} entries are here, {done.lost} that were signed are not; entry {done.kept} says so for good.")
    say(f"The register is now called {done.new.origin}. What bore the old name stands in consent/before/{done.number}.")
    say("Give the new key (consent/ledger.vkey) to everybody who checks the register, and say why it changed.")


def _say_anchored(anchored: "Anchored", json: bool, **more: datetime | str | None) -> None:
    made = anchored.checkpoint
    if json:
        known: dict[str, Any] = {"kind": anchored.kind, "size": made.size, "root": made.root.hex(), "by": anchored.by}
        facts(known | {"file": anchored.file, "entry": anchored.index} | more)
        return
    done = "Kept and recorded" if anchored.index is not None else "Kept before"
    said = "cosigned" if anchored.kind == "cosignature" else "stamped"
    say(f"{done}: the first {made.size} entries, {said} by {anchored.by}.")
    say(f"  {anchored.file}")


def _refuse_both(add: Path | None, out: Path | None) -> None:
    if add is not None and out is not None:
        from schemas.errors import UsageError

        raise UsageError("--add and --out cannot be given together", hint="Take in a file, or make one.")


def _hand_over(data: bytes, out: Path | None, *, quiet: bool) -> None:
    """Write ``data`` into a file, or to standard output exactly as it is; with ``quiet`` only into a file."""
    if out is not None:
        _write(out, data)
    elif not quiet:
        _print_exactly(data)


def _print_exactly(data: bytes) -> None:
    # As bytes: the line ends and the dashes of a signed note must reach a file unchanged, whatever the terminal is.
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        say(data.decode("utf-8").removesuffix("\n"))
        return
    sys.stdout.flush()
    binary.write(data)
    binary.flush()


def _write(path: Path, data: bytes) -> None:
    from schemas.errors import UsageError
    from vault.files import write_file

    try:
        write_file(path, data)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise UsageError("that file cannot be written there", hint="Name a file in a folder that exists.") from None
