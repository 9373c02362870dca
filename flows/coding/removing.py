"""Takes coding out of the study for good: single codings, a code with those under it, or what one coder did."""

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import uuid4

from flows.coding.anchored import codings_standing, save_codings
from flows.coding.importing import StandingDataSet, standing_data_set
from flows.coding.merging import folded
from flows.coding.released import shown_codebook, shown_codings
from flows.progress import Progress
from flows.roles import refuse_service, require
from flows.sheets import read_sheet
from flows.study import Study
from schemas.coding import Codebook, Coding, Guid, Lost, SessionCodings, StudyCodebook, children, texts_of
from schemas.errors import UsageError
from vault.sessions import SessionStore

Goes = Callable[[SessionStore, Coding | Lost], bool]
"""Whether a coding of a session is to go, or what is told of one that was lost."""


@dataclass(frozen=True)
class Removed:
    """What was taken out, or would be.

    Attributes:
        not_here: Codings of a table that are not in the data set just so, with all their rows.
    """

    codings: int
    codes: int
    coders: int
    memos: int
    not_here: int = 0


def remove_listed(study: Study, path: Path, progress: Progress, *, preview: bool = False) -> Removed:
    """Take out the codings of which a table has every row, as ``coding export`` writes them; codes and coders stay.

    A coding is known by its ``coding_id``, and goes only where words, code and coder are those of the data set too.

    Args:
        path: A table with the columns ``coding_id``, ``words``, ``code`` and ``coder``.
    Raises:
        UsageError: no data set stands that is made of today's words. MissingKey: also to a service user.
        BadInput: the file is no such table.
    """
    from warehouse.exchange.layout import lay_out
    from warehouse.exchange.tables import listed_codings, read_listed

    _require(study)
    listed = read_listed(read_sheet(path, required=("coding_id", "words", "code", "coder")))
    with study.building():
        standing = standing_data_set(study, progress)
        here = listed_codings(lay_out(study.research))
        same = {one for one, rows in listed.items() if here.get(one) == rows}
        gone = {own for one, own in _own_ids(standing).items() if one in same}
        sessions = {one.state.store.opaque: one.state.intake.session.session for one in standing.ready}

        def goes(store: SessionStore, one: Coding | Lost) -> bool:
            return (sessions.get(store.opaque), one.coding) in gone

        removed = _without(study, goes, lambda book: book, preview=preview)
    return replace(removed, not_here=len(listed) - len(gone))


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
        without = partial(_without_codes, gone)
        return _without(study, lambda _, one: one.code in gone, without, preview=preview)


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
        return _without(study, lambda _, one: one.coder == gone, partial(_without_coder, gone), preview=preview)


def _require(study: Study) -> None:
    require(study, "coding remove")
    refuse_service(study, "takes coding away")
    study.require_whole_register()


def _own_ids(standing: StandingDataSet) -> dict[str, tuple[str, Guid]]:
    """Id of each coding in the data set to its session, and its id in the vault."""
    at = {(session, one.utterance, one.piece): known for known, (session, one) in standing.pieces.items()}
    found = {}
    for coding in shown_codings(standing.ready, standing.shown):
        on = sorted({at[one.session, one.utterance, one.piece] for one in coding.stretches})
        found[standing.ids.coding_id(coding.coding, on)] = (coding.stretches[0].session, coding.coding)
    return found


def _shown(study: Study) -> Codebook:
    """The codebook as people see it."""
    from deidentification.api import Names

    return shown_codebook(study.vault.codebook.get(), {}, Names(study.table()))


def _is(wanted: str, known_by: Guid, name: str) -> bool:
    said, *meant = (folded(unicodedata.normalize("NFC", one)) for one in (wanted, known_by, name))
    return said in meant


def _one(found: Sequence[Guid], what: str) -> Guid:
    if not found:
        raise UsageError(f"there is no {what} of that name", hint="See them with chatham coding list.")
    if len(found) > 1:
        raise UsageError(
            f"several {what}s have that name", hint="Name it by its id: chatham coding list --json tells it."
        )
    return found[0]


def _without(study: Study, goes: Goes, without: Callable[[Codebook], Codebook], *, preview: bool) -> Removed:
    """Take out codings that go, what ``without`` takes out of the codebook, and the memos on all of it.

    Memos go first and codes last, so that nothing is ever about what is not there. The codebook is marked as another
    before any coding goes: killed on the way, the next run builds anew, and the same call goes on.
    """
    stores = [(store, gone) for store in study.vault.sessions() if (gone := _gone(store, goes)) is not None]
    ids = {one for _, gone in stores for one in gone}
    before = study.vault.codebook.get()
    left = without(before.codebook)
    memos = tuple(one for one in left.memos if one.about != "coding" or one.on not in ids)
    left = left.model_copy(update={"memos": memos})
    if not preview and (stores or left != before.codebook):
        study.vault.codebook.put(_as_another(before, before.codebook.model_copy(update={"memos": memos})))
        for store, _ in stores:
            with study.lock(store.opaque):
                if here := codings_standing(store):
                    save_codings(store, _less(store, here, goes))
        study.vault.codebook.put(_as_another(before, left))
    return Removed(
        codings=sum(len(gone) for _, gone in stores),
        codes=len(before.codebook.codes) - len(left.codes),
        coders=len(before.codebook.coders) - len(left.coders),
        memos=len(before.codebook.memos) - len(left.memos),
    )


def _gone(store: SessionStore, goes: Goes) -> set[Guid] | None:
    """Ids of the codings of a session that go; None where nothing that is kept of them does."""
    here = codings_standing(store)
    if here is None or here == _less(store, here, goes):
        return None
    return {one.coding for one in (*here.codings, *here.held) if goes(store, one)}


def _less(store: SessionStore, here: SessionCodings, goes: Goes) -> SessionCodings:
    return here.model_copy(
        update={
            "codings": tuple(one for one in here.codings if not goes(store, one)),
            "held": tuple(one for one in here.held if not goes(store, one)),
            "lost": tuple(one for one in here.lost if not goes(store, one)),
        }
    )


def _as_another(before: StudyCodebook, left: Codebook) -> StudyCodebook:
    """The codebook with what is left, and the quotations in that; marked as another."""
    stand = texts_of(left)
    quoted = tuple(one for one in before.quoted if (one.of, one.part) in stand)
    return before.model_copy(update={"codebook": left, "quoted": quoted, "made": str(uuid4())})


def _without_codes(gone: Collection[Guid], book: Codebook) -> Codebook:
    codes = tuple(one for one in book.codes if one.code not in gone)
    memos = tuple(one for one in book.memos if one.about != "code" or one.on not in gone)
    return book.model_copy(update={"codes": codes, "memos": memos})


def _without_coder(gone: Guid, book: Codebook) -> Codebook:
    coders = tuple(one for one in book.coders if one.coder != gone)
    return book.model_copy(update={"coders": coders, "memos": tuple(one for one in book.memos if one.coder != gone)})
