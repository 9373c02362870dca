"""``chatham consent withdraw``, ``undo``, ``confirm`` and ``certificate``: somebody's words must go."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.consent import AtOption, Participant, ReachOption, say_gone
from flows.cli.consent import app as app  # the commands below are added to those of consent
from flows.cli.options import (
    JsonOption,
    PreviewOption,
    StudyOption,
    UserOption,
    facts,
    open_study,
    progress,
    say,
)

if TYPE_CHECKING:
    from flows.certifying import Issued
    from flows.destroying import Destroyed
    from flows.study import Study
    from flows.withdrawal import Stopped
    from flows.withdrawn import Withdrawal
    from schemas.consent import ConsentEvent

OneReach = Annotated[
    str | None,
    typer.Option("--reach", metavar="REACH", help="Of several withdrawals the one of this reach, such as session:ID."),
]


@app.command("withdraw")
def consent_withdraw(
    participant: Participant,
    data: Annotated[str, typer.Option("--data", metavar="WHAT", help="erase, keep_deidentified or stop.")],
    reach: ReachOption = "study",
    use: Annotated[
        str | None, typer.Option("--use", metavar="USE", help="recording: the voice alone; the words stay.")
    ] = None,
    destroy_after: Annotated[
        str | None, typer.Option("--destroy-after", metavar="DAYS", help="Days, such as 7d; at most 31.")
    ] = None,
    confirmed_by: Annotated[
        str | None,
        typer.Option(
            "--confirmed-by",
            metavar="NAME",
            help="The second person, where the participant asks in writing that it be done today (--destroy-after 0).",
        ),
    ] = None,
    at: AtOption = None,
    method: Annotated[str | None, typer.Option("--method", metavar="HOW", help="signed, oral or online.")] = None,
    preview: PreviewOption = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Stop every use of a participant's words at once. Prints the date on which they are to be destroyed.

    They are destroyed on that date, after a second person confirms it (chatham consent confirm); until then the
    withdrawal can be taken back (chatham consent undo).
    """
    from flows.confirming import require_second
    from flows.consenting import parse_at, parse_reach, require_there
    from flows.withdrawal import parse_days, parse_use, stop_use, withdrawal_event

    opened = open_study(study, user)
    days = parse_days(destroy_after) if destroy_after else opened.config.destroy_after_days
    event = withdrawal_event(
        opened,
        participant,
        data=data,
        reach=parse_reach(opened, reach),
        days=days,
        at=parse_at(at),
        method=method,
        use=parse_use(use),
    )
    if data != "stop":
        require_there(opened, event.reach)
    if confirmed_by is not None:
        require_second(opened, participant, confirmed_by, days=days, data=data)
    if preview:
        _say_preview(opened, event, json=json)
        return
    stopped = stop_use(opened, event, confirmed_by)
    if not json:
        _say_stopped(opened, stopped, confirmed=confirmed_by is not None)
    done = _destroy_at_once(opened, stopped) if confirmed_by else None
    if json:
        facts({**_stopped_facts(stopped), "destroyed": destroyed_facts(done) if done else None})
    elif done:
        say_destroyed(done)
    elif confirmed_by is not None:
        say(f"Confirmed by {confirmed_by}, and not yet destroyed: an investigator runs chatham retention --dispose")


@app.command("undo")
def consent_undo(
    participant: Participant,
    reach: OneReach = None,
    at: AtOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take a withdrawal back, before anything is destroyed. Everything is then as it was before it."""
    from flows.consenting import parse_at, parse_reach
    from flows.withdrawal import undo
    from flows.withdrawn import withdrawals

    opened = open_study(study, user)
    back = undo(opened, participant, reach=parse_reach(opened, reach) if reach else None, at=parse_at(at))
    if json:
        facts({"participant": participant, "reach": str(back.event.reach), "entry": back.index, "undone": True})
        return
    say(f"The withdrawal of {participant} ({back.event.reach}) is taken back: what was allowed before it is again.")
    for other in (one for one in withdrawals(opened, participant) if one.open):
        say(f"  Another one still stands ({other.event.reach}): chatham consent undo {participant}")
    say("Next: chatham run, which builds the data sets again.")


@app.command("confirm")
def consent_confirm(
    participant: Participant,
    reach: OneReach = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Confirm, as the second person, that words are destroyed. On the day, or after it, they are.

    Whoever recorded the withdrawal cannot confirm it, unless the study has one person alone. Before the day this is
    only noted; on the day, or after it, an investigator's confirmation also destroys.
    """
    from flows.confirming import confirm
    from flows.consenting import parse_reach
    from flows.destroying import destroy
    from flows.settings import utc_now

    opened = open_study(study, user)
    waiting = confirm(opened, participant, reach=parse_reach(opened, reach) if reach else None)
    investigator = "investigator" in opened.keyring.roles
    due = [one for one in waiting if one.due(utc_now()) and investigator]
    done = [destroy(opened, one, progress(quiet=json)) for one in due]
    if json:
        rest = [_waiting_facts(one) for one in waiting if one not in due]
        facts({"participant": participant, "waiting": rest, "destroyed": [destroyed_facts(one) for one in done]})
        return
    for one in waiting:
        if one not in due:
            _say_waiting(one)
    for destroyed in done:
        say_destroyed(destroyed)


@app.command("certificate")
def consent_certificate(
    participant: Annotated[
        str | None, typer.Argument(metavar="[P]", help="The participant's id; without it, of voices nobody knew.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Sign the certificate of what was destroyed. It states how things stand today; two people sign it."""
    from flows.certifying import certificates

    issued = certificates(open_study(study, user), participant)
    if json:
        facts([_issued_facts(one) for one in issued])
        return
    for one in issued:
        say(f"Certificate {one.number}: {one.made.html}")
        say(f"  to print: {one.made.pdf}; for programs: {one.made.json}")
        say(f"  signed by {', '.join(one.signed_by) or 'nobody yet'}.")
        if one.wanted:
            say(f"  One more person signs it: chatham consent certificate {participant or ''} --user NAME")


def _destroy_at_once(opened: "Study", stopped: "Stopped") -> "Destroyed | None":
    """Carry out what the participant asked in writing to be done today, where this user may."""
    from flows.destroying import destroy
    from flows.withdrawn import withdrawals

    if "investigator" not in opened.keyring.roles:
        return None
    [one] = [one for one in withdrawals(opened, stopped.participant) if one.index == stopped.index]
    return destroy(opened, one, progress(quiet=True))


def _say_preview(opened: "Study", event: "ConsentEvent", *, json: bool) -> None:
    from flows.consenting import what_changes
    from flows.previewing import impact

    touched = impact(opened, event) if opened.may_open_consent else None
    lines = what_changes(opened, event) if opened.may_run else []
    if json:
        numbers = {
            "data_sets": list(touched.data_sets) if touched else None,
            "passages": touched.passages if touched else None,
            "outputs": [output.id for output in touched.outputs] if touched else None,
            "public_recordings": [session for session, _ in touched.public] if touched else None,
        }
        facts({"recorded": 0, **numbers, "changes": lines})
        return
    say(f"This would touch: {touched or 'every data set'}.")
    for line in lines or ["nothing in any session so far"]:
        say(f"  {line}")
    if opened.may_open_consent:
        _say_promise(opened, event.participant)


def _say_stopped(opened: "Study", stopped: "Stopped", *, confirmed: bool) -> None:
    from flows.users import people_of

    who = stopped.participant
    if stopped.data == "stop":
        say(f"Use stopped: nothing {who} says from {stopped.at:%Y-%m-%d %H:%M} on is used ({stopped.reach}).")
    elif stopped.use is not None:
        say(f"Use stopped: the voice of {who} may not be used from now on ({stopped.reach}); the words may.")
    else:
        say(f"Use stopped: nothing that {who} said may be used from now on ({stopped.reach}).")
    say_gone(stopped.gone)
    if stopped.gone.names:
        say("Next: chatham run, to build the data sets without these words.")
    if stopped.destroy_on is not None and not confirmed:
        who_confirms = "a second person confirms" if len(people_of(opened)) > 1 else "you, its only person, confirm"
        say(f"To be destroyed on {stopped.destroy_on:%Y-%m-%d}, after {who_confirms}:")
        say(f"  chatham consent confirm {who}")
        say(f"Until then it can be taken back: chatham consent undo {who}")
    if opened.may_open_consent:
        _say_promise(opened, who)
        _say_tasks(opened, who)


def _say_promise(opened: "Study", participant: str) -> None:
    from flows.withdrawn import form_of

    form = form_of(opened, participant)
    if form and (form.withdraw_until or form.after_that):
        say(f"The form they signed ({form.version}) says of withdrawing: until {form.withdraw_until or 'not said'}.")
        after = (form.after_that or "not said").rstrip(".")
        say(f"  After that: {after}. You may do more than it promises, never less.")


def _say_tasks(opened: "Study", participant: str) -> None:
    from flows.sending import task_words, tasks
    from flows.settings import utc_now

    days = opened.config.take_down_days
    for task in tasks(opened.ledger.entries(), opened.register(), utc_now(), days):
        if task.participant == participant:
            say(f"To do by {task.due:%Y-%m-%d}: {task_words(task)}.")


def _say_waiting(one: "Withdrawal") -> None:
    from flows.settings import utc_now

    who, day = one.event.participant, one.event.destroy_on
    if one.due(utc_now()):
        say(f"Confirmed. The words of {who} ({one.event.reach}) are due: an investigator runs")
        say("  chatham retention --dispose")
    elif day is not None:
        say(f"Confirmed. The words of {who} ({one.event.reach}) are destroyed on {day:%Y-%m-%d} or after:")
        say("  chatham retention --dispose")


def say_destroyed(done: "Destroyed") -> None:
    """What was destroyed, where its certificate lies, and what a person is to look at."""
    whose = done.participant or "voices that nobody knows"
    say(f"Destroyed: {done.items} things of {whose}, in {len(done.sessions)} sessions; all keys are new.")
    say(f"The certificate: {done.certificate.html}")
    if done.signatures_wanted:
        say(f"  One more person signs it: chatham consent certificate {done.participant or ''} --user NAME")
    for session, second in done.sound_alikes:
        say(f"  Listen there: {session}, {_clock(second)}: something may be their name.")
    for session, start_s, end_s in done.reported:
        say(f"  Look there: {session}, {_clock(start_s)} to {_clock(end_s)}: others report them; it stays withheld.")
    say("Next: chatham run, to build the data sets again.")


def _clock(second: float) -> str:
    return f"{int(second) // 60}:{int(second) % 60:02}"


def _stopped_facts(stopped: "Stopped") -> dict[str, Any]:
    return {
        "participant": stopped.participant,
        "reach": stopped.reach,
        "data": stopped.data,
        "at": stopped.at,
        "destroy_on": stopped.destroy_on,
        "entry": stopped.index,
        "removed": list(stopped.gone.names),
        "held_open": list(stopped.gone.held),
        "still_there": list(stopped.gone.stayed),
    }


def destroyed_facts(done: "Destroyed") -> dict[str, Any]:
    """The same as plain facts."""
    return {
        "participant": done.participant,
        "entry": done.entry,
        "items": done.items,
        "sessions": list(done.sessions),
        "reported": [{"session": session, "from_s": start, "to_s": end} for session, start, end in done.reported],
        "sound_alikes": [{"session": session, "at_s": second} for session, second in done.sound_alikes],
        "certificate": {
            "html": str(done.certificate.html),
            "pdf": str(done.certificate.pdf),
            "json": str(done.certificate.json),
        },
    }


def _waiting_facts(one: "Withdrawal") -> dict[str, Any]:
    return {
        "reach": str(one.event.reach),
        "destroy_on": one.event.destroy_on,
        "confirmed": one.confirmation is not None,
    }


def _issued_facts(one: "Issued") -> dict[str, Any]:
    return {
        "number": one.number,
        "participant": one.participant,
        "html": str(one.made.html),
        "pdf": str(one.made.pdf),
        "json": str(one.made.json),
        "sha256": one.made.sha256,
        "signed_by": list(one.signed_by),
        "signatures_wanted": one.wanted,
    }
