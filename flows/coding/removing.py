"""Takes coding out of the study for good: single codings, a code with those under it, or what one coder did."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from flows.coding.anchored import codings_of, save_codings
from flows.coding.importing import arriving_on, fitted, standing_data_set
from flows.coding.recording import known_here
from flows.coding.released import shown_codebook
from flows.progress import Progress
from flows.roles import refuse_service, require
from flows.study import Study
from schemas.coding import Code, Codebook, Coder, Coding, Guid, SessionCodings, StudyCodebook, children, texts_of
from schemas.errors import BadInput, UsageError
from schemas.speech import Attributed
from vault.sessions import SessionStore

TABLES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Removed:
    """What was taken out, or would be.

    Attributes:
        not_here: Rows of a table whose coding is not in the study.
    """

    codings: int
    codes: int
    coders: int
    memos: int
    not_here: int = 0


def remove_listed(study: Study, path: Path, progress: Progress, *, preview: bool = False) -> Removed:
    """Take out the codings that a table lists, as ``coding export`` writes it; codes and coders stay.

    A coding goes only where the table has it exactly: its words, its code and its coder.

    Raises:
        UsageError: no data set stands that is made of today's words. MissingKey: also to a service user.
        BadInput: the file is no table of codings.
    """
    _require(study)
    if path.suffix.lower() not in TABLES:
        raise BadInput(
            "a file of this kind does not list codings",
            hint=f"Give a table ({', '.join(TABLES)}) with the rows to take out of what chatham coding export wrote.",
        )
    with study.building():
        standing = standing_data_set(study, progress)
        found, _ = fitted(path, study.research)
        if not found.codings and not found.unfit:
            raise BadInput("the table lists codes and no codings", hint="A code is taken out with --code NAME.")
        listed = known_here(standing.worker, found.codebook, arriving_on(standing, found))
        here = _codings(study, lambda store, one: one.coding in listed.get(store.opaque, ()))
        removed = _without(study, here, lambda book: book, preview=preview)
    return Removed(**{**vars(removed), "not_here": len(found.codings) + len(found.unfit) - removed.codings})


def remove_code(study: Study, name: str, *, preview: bool = False) -> Removed:
    """Take out a code, those under it, every coding with them, and the memos on all these; on withheld words too.

    Args:
        name: As ``coding list`` shows it, or its id.
    Raises:
        UsageError: there is no such code, or several have that name. MissingKey: also to a service user.
    """
    _require(study)
    with study.building():
        book = _shown(study)
        top = _one([one.code for one in book.codes if _is(name, one.code, one.name)], "code")
        gone = {top, *(one.code for one, _ in children(book.codes, top))}
        here = _codings(study, lambda _, one: one.code in gone)
        return _without(study, here, lambda book: _without_codes(book, gone), preview=preview)


def remove_coder(study: Study, name: str, *, preview: bool = False) -> Removed:
    """Take out a coder, and every coding and memo of theirs; on withheld words too. Codes stay.

    Args:
        name: As ``coding list`` shows it, or their id.
    Raises:
        UsageError: there is no such coder, or several have that name. MissingKey: also to a service user.
    """
    _require(study)
    with study.building():
        gone = _one([one.coder for one in _shown(study).coders if _is(name, one.coder, one.name)], "coder")
        here = _codings(study, lambda _, one: one.coder == gone)
        return _without(study, here, lambda book: _without_coder(book, gone), preview=preview)


def _require(study: Study) -> None:
    require(study, "coding remove")
    refuse_service(study, "takes coding away")
    study.require_whole_register()


def _shown(study: Study) -> Codebook:
    """The codebook as people see it."""
    from deidentification.api import Names

    return shown_codebook(study.vault.codebook.get(), {}, Names(study.table()))


def _is(wanted: str, known_by: Guid, name: str) -> bool:
    return wanted == known_by or " ".join(wanted.split()).casefold() == " ".join(name.split()).casefold()


def _one(found: Sequence[Guid], what: str) -> Guid:
    if not found:
        raise UsageError(f"there is no {what} of that name", hint="See them with chatham coding list.")
    if len(found) > 1:
        raise UsageError(
            f"several {what}s have that name", hint="Name it by its id: chatham coding list --json tells it."
        )
    return found[0]


def _codings(study: Study, goes: Callable[[SessionStore, Coding], bool]) -> list[tuple[SessionStore, set[Guid]]]:
    """The sessions of which codings go, and the ids of these."""
    found = []
    for store in study.vault.sessions():
        here = _of(store)
        if gone := {one.coding for one in (*here.codings, *here.held) if goes(store, one)} if here else set():
            found.append((store, gone))
    return found


def _of(store: SessionStore) -> SessionCodings | None:
    turns = store.latest("attributed", Attributed) if store.exists() else None
    return codings_of(store, turns.digest()) if turns is not None else None


def _without(
    study: Study,
    sessions: Sequence[tuple[SessionStore, set[Guid]]],
    without: Callable[[Codebook], Codebook],
    *,
    preview: bool,
) -> Removed:
    """Take codings out of sessions, what ``without`` takes out of the codebook, and the memos on what goes.

    Memos go first and codes last, so that nothing is ever about what is not there. The codebook is marked as another
    before any coding goes: killed on the way, the next run builds anew, and the same call goes on.
    """
    gone = {one for _, ids in sessions for one in ids}
    before = study.vault.codebook.get()
    left = without(before.codebook)
    codes = {one.code for one in left.codes}
    memos = (one for one in left.memos if one.about != "coding" or one.on not in gone)
    left = left.model_copy(update={"memos": tuple(memos)})
    if not preview and (gone or left != before.codebook):
        study.vault.codebook.put(_as_another(before, before.codebook.model_copy(update={"memos": left.memos})))
        for store, ids in sessions:
            with study.lock(store.opaque):
                if here := _of(store):
                    save_codings(store, _less(here, ids))
        study.vault.codebook.put(_as_another(before, left))
    return Removed(
        codings=sum(len(ids) for _, ids in sessions),
        codes=len(before.codebook.codes) - len(codes),
        coders=len(before.codebook.coders) - len(left.coders),
        memos=len(before.codebook.memos) - len(left.memos),
    )


def _less(codings: SessionCodings, ids: Collection[Guid]) -> SessionCodings:
    return codings.model_copy(
        update={
            "codings": tuple(one for one in codings.codings if one.coding not in ids),
            "held": tuple(one for one in codings.held if one.coding not in ids),
        }
    )


def _as_another(before: StudyCodebook, left: Codebook) -> StudyCodebook:
    """The codebook with what is left, and the quotations in that; marked as another."""
    stand = texts_of(left)
    quoted = tuple(one for one in before.quoted if (one.of, one.part) in stand)
    return before.model_copy(update={"codebook": left, "quoted": quoted, "made": str(uuid4())})


def _without_codes(book: Codebook, gone: Collection[Guid]) -> Codebook:
    codes: tuple[Code, ...] = tuple(one for one in book.codes if one.code not in gone)
    memos = tuple(one for one in book.memos if one.about != "code" or one.on not in gone)
    return book.model_copy(update={"codes": codes, "memos": memos})


def _without_coder(book: Codebook, gone: Guid) -> Codebook:
    coders: tuple[Coder, ...] = tuple(one for one in book.coders if one.coder != gone)
    return book.model_copy(update={"coders": coders, "memos": tuple(one for one in book.memos if one.coder != gone)})
