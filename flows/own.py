"""Nobody handles their own consent, words or quotes: which participant a user is, and the refusal."""

from collections.abc import Iterable, Mapping, Sequence

from flows.roles import Said, entries_about, refuse_service
from flows.study import Study
from schemas.errors import MissingKey
from vault.keys import list_users
from vault.recovery import RECOVERY

OWN = "records, changes or withdraws their own consent"
RECORDS = "records, confirms or changes anything about what people chose"


def own_ids(study: Study, about: Sequence[Said] | None = None) -> frozenset[str]:
    """Who of the participants the acting user is: none, or one, or more where a link was put right later.

    The user's file says it, which every role can read; the register says it to those who may open it, and that cannot
    be taken back by editing a file.

    Args:
        about: What the register says of the user, where the caller has read it.
    """
    linked = {user.participant for user in list_users(study.folder / "keys") if user.name == study.keyring.user}
    linked |= {_newest_link(entries_about(study) if about is None else about)}
    return frozenset(participant for participant in linked if participant)


def linked(study: Study, name: str) -> frozenset[str]:
    """Who of the participants another user is, as ``own_ids`` tells it of the acting one."""
    found = {user.participant for user in list_users(study.folder / "keys") if user.name == name}
    found |= {_newest_link(entries_about(study, name))}
    return frozenset(participant for participant in found if participant)


def refuse_own_rows(study: Study, rows: Sequence[tuple[int, Mapping[str, str]]]) -> None:
    """Refuse a consent sheet in which a row is the acting user's own, or was recorded by its own participant.

    Args:
        rows: Line and cells of each row, as read.
    Raises:
        MissingKey: naming the lines; nothing of the sheet may be recorded then.
    """
    about = entries_about(study)
    _refuse_no_person(study, about)
    own, names = own_ids(study, about), _names_of(study)
    lines = []
    for line, row in rows:
        if row["participant"] in own:
            lines.append(f"line {line}, column participant: is you")
        elif row.get("recorded_by", "").strip().casefold() in names.get(
            row["participant"], {row["participant"].lower()}
        ):
            lines.append(f"line {line}, column recorded_by: is the participant themselves")
    if lines:
        raise _refused("\n".join(["nobody records their own consent; nothing was recorded:", *lines]))


def refuse_own(study: Study, participants: Iterable[str], doing: str) -> None:
    """Refuse what the acting user would do about themselves, and a service user whatever it would do about anybody.

    Args:
        doing: What nobody does, such as ``records their own consent``.
    Raises:
        MissingKey: one of ``participants`` is the acting user, or the acting user is no person.
    """
    about = entries_about(study)
    _refuse_no_person(study, about)
    refuse_themselves(study, participants, doing, about)


def refuse_themselves(
    study: Study, participants: Iterable[str], doing: str, about: Sequence[Said] | None = None
) -> None:
    """Refuse what the acting user would do about themselves; a machine, which is nobody, may do it."""
    if own := own_ids(study, about) & set(participants):
        raise _refused(f"{min(own)} is you, and nobody {doing}")


def _refuse_no_person(study: Study, about: Sequence[Said]) -> None:
    """A machine and the printed key record nothing of what people chose: nobody could tell who did."""
    refuse_service(study, RECORDS, about)
    if study.keyring.user == RECOVERY:
        raise MissingKey(
            f"the printed recovery key never {RECORDS}",
            hint="Let a person in with it (chatham user add), who then does this under their own name.",
        )


def _names_of(study: Study) -> dict[str, set[str]]:
    """Names by which a participant who is a user would record, in small letters."""
    names: dict[str, set[str]] = {}
    for user in list_users(study.folder / "keys"):
        if user.participant:
            names.setdefault(user.participant, {user.participant.casefold()}).add(user.name.casefold())
    return names


def _refused(message: str) -> MissingKey:
    return MissingKey(
        message,
        hint="Ask another user of this study to do it; if there is none, add one: chatham user add NAME --role intake.",
    )


def _newest_link(about: Sequence[Said]) -> str | None:
    """Who the register says the acting user is."""
    links = [str(said["participant"]) for said in about if said.get("participant")]
    return links[-1] if links else None
