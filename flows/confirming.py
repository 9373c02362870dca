"""The second yes to a destruction: by another person, or noted on the participant's written request."""

from flows.own import linked, refuse_own
from flows.roles import require
from flows.settings import utc_now
from flows.study import Study
from flows.users import people_of
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import Reach
from schemas.errors import MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent

CONFIRMING = frozenset({"assistant", "investigator", "ethics"})
"""Roles whose users may be the second person."""


def confirm(study: Study, participant: str, *, reach: Reach | None = None) -> list[Withdrawal]:
    """Record the second yes to the destruction of a participant's words, for each withdrawal that waits for it.

    Returns:
        The participant's withdrawals that wait for their day or are due, confirmed all of them.
    Raises:
        UsageError: nothing waits. MissingKey: the user recorded the withdrawal themselves and is not alone, or is the
            participant, or may not.
    """
    require(study, "consent confirm")
    refuse_own(study, [participant], "confirms their own withdrawal")
    with study.ledger.lock():
        waiting = [
            one for one in withdrawals(study, participant) if one.waits and (reach is None or one.event.reach == reach)
        ]
        if not waiting:
            raise UsageError(
                "no withdrawal of that participant waits to be confirmed", hint="See chatham retention for what is due."
            )
        alone = len(people_of(study)) == 1
        events = [_confirmed(study, one, alone) for one in waiting if one.confirmation is None]
        study.append(events)
    return [one for one in withdrawals(study, participant) if one.index in {first.index for first in waiting}]


def _confirmed(study: Study, one: Withdrawal, alone: bool) -> LedgerEvent:
    own = one.key == study.keyring.signer.key_id or one.event.recorded_by == study.keyring.user
    if own and not alone:
        raise MissingKey(
            "you recorded this withdrawal, so somebody else confirms that the words are destroyed",
            hint=f"Ask another user to run: chatham consent confirm {one.event.participant}",
        )
    if study.keyring.user not in {user.name for user in people_of(study)}:
        raise MissingKey(
            "a second person confirms, and this user is no person of the team",
            hint="Ask an assistant, investigator or ethics officer.",
        )
    return confirmation_event(one.index, one.event.participant, study.keyring.user, alone=own and alone)


def written_confirmation(study: Study, index: int, participant: str, name: str) -> LedgerEvent:
    """The entry that ``name`` confirmed a destruction that the participant asked for in writing, to be done at once.

    Args:
        index: Of the withdrawal.
    """
    return confirmation_event(index, participant, name, written=True, alone=len(people_of(study)) == 1)


def require_second(study: Study, participant: str, name: str, *, days: int, data: str) -> None:
    """Refuse a second person who is none, and one for what is not to be destroyed today.

    Raises:
        UsageError: no such person in this study, or there is a day to wait for.
        MissingKey: the acting user, or the participant, is named.
    """
    if days != 0 or data == "stop":
        raise UsageError(
            "--confirmed-by goes with words that are to be destroyed today",
            hint="Add --destroy-after 0, or leave it out: the second person then runs chatham consent confirm.",
        )
    people = {user.name: user for user in people_of(study)}
    if name not in people:
        raise UsageError("--confirmed-by names nobody of this study", hint="See the users with chatham user list.")
    if name == study.keyring.user and len(people) > 1:
        raise MissingKey("nobody is their own second person", hint="Name the other person who confirmed it.")
    if not people[name].roles & CONFIRMING:
        raise MissingKey("that user's role may not confirm", hint="Name an assistant, investigator or ethics officer.")
    if participant in linked(study, name):
        raise MissingKey("nobody confirms their own withdrawal", hint="Name another person of the study.")


def confirmation_event(
    index: int, participant: str, by: str, *, written: bool = False, alone: bool = False
) -> LedgerEvent:
    """The entry of a second yes to withdrawal number ``index``."""
    payload = {
        "type": "confirmation",
        "participant": participant,
        "withdrawal": index,
        "by": by,
        "written_request": written,
        "alone": alone,
        "at": utc_now().isoformat(timespec="seconds"),
    }
    return LedgerEvent(kind=EventKind.ERASE_ATTEST, payload=payload, refs=(index,))
