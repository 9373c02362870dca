"""Takes in what was coded outside: read, fitted to the words of the data set for analysis, and carried to the vault."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.bridging import shown_words
from flows.build import name_table, prepare
from flows.coding.recording import Arriving, Taken, record, sorted_out
from flows.coding.whose import done_by
from flows.plan import states_of
from flows.progress import Progress
from flows.published import PURPOSE, shows_words_of
from flows.roles import require
from flows.sheets import Row, read_sheet
from flows.study import Study
from flows.worker import Ready, Worker
from schemas.coding import Coding, Fitted, FittedCoding, Place
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.errors import BadInput, UsageError

if TYPE_CHECKING:
    from warehouse.exchange.layout import LaidOut
    from warehouse.load import ReleaseIds

KINDS = (".qdpx", ".qdc", ".sqlite3", ".csv", ".xlsx")
"""Files that can be taken in: REFI-QDA projects and codebooks, Taguette's projects, tables."""


@dataclass(frozen=True)
class Imported:
    """What became of a file.

    Attributes:
        taken: What came in, or would.
        shortened: Codings of which some words are not in the data set any more.
        unfit: Why codings did not fit, to how many.
        left: What else the file holds and is not taken, in plain words, to how many.
    """

    taken: Taken
    shortened: int
    unfit: Mapping[str, int]
    left: Mapping[str, int]


@dataclass(frozen=True)
class StandingDataSet:
    """The data set for analysis as it stands, and what its utterances are in the vault.

    Attributes:
        shown: The words of ``ready`` as they stand in it.
        ids: Mints its ids.
        pieces: Id of each utterance with words to its session, and what is shown.
    """

    worker: Worker
    ready: Sequence[Ready]
    shown: Sequence[RedactedSession]
    ids: "ReleaseIds"
    pieces: Mapping[str, tuple[str, DeidentifiedUtterance]]


def import_codings(
    study: Study,
    path: Path,
    progress: Progress,
    *,
    coder: str | None = None,
    preview: bool = False,
) -> Imported:
    """Take a file's codes, memos and codings in; given again, nothing is doubled. What is not in it stays.

    Args:
        path: One of ``KINDS``.
        coder: Who coded, where the file does not say, or says it of one coder who is not known here.
        preview: Only say what would come in.
    Raises:
        UsageError: no data set stands that is made of today's words, or ``coder`` would be several.
        BadInput: the file, and where.
    """
    require(study, "coding import")
    study.require_whole_register()
    if path.suffix.lower() not in KINDS:
        raise BadInput("a file of this kind is not read here", hint=f"Files of coding end in {', '.join(KINDS)}.")
    with study.building():
        standing = standing_data_set(study, progress)
        progress.step("fitting codings to the words")
        fitted, left = _fitted(path, study.research)
        if coder is not None:
            fitted = done_by(coder, fitted, study.vault.codebook.get().codebook.coders)
        arriving = _arriving(standing, fitted)
        take_in = sorted_out if preview else record
        taken = take_in(standing.worker, fitted.codebook, arriving).taken
    return Imported(
        taken=taken,
        shortened=sum(not one.whole for one in fitted.codings),
        unfit=Counter(one.why for one in fitted.unfit),
        left=left,
    )


def standing_data_set(study: Study, progress: Progress) -> StandingDataSet:
    """The data set for analysis, if it stands and is made of today's words and choices; else UsageError."""
    from warehouse.load import ReleaseIds

    worker = Worker(study, progress)
    states = [state for state in states_of(worker) if state.facts]
    names = name_table(worker, states)
    ready = [one for state in states if (one := prepare(worker, state, names))]
    if len(ready) < len(states) or not ready or shows_words_of(worker, ready, names) is None:
        raise UsageError(
            "the data set for analysis is not there, or not of today's words and choices",
            hint="Run chatham run, then give the command again.",
        )
    shown = shown_words(worker, ready, PURPOSE)
    ids = ReleaseIds(study.vault.roster.study_key(), worker.secrets)
    pieces = {
        ids.utterance_id(piece, session.session): (session.session, piece)
        for session in shown
        for piece in session.utterances
        if isinstance(piece, DeidentifiedUtterance)
    }
    return StandingDataSet(worker, ready, shown, ids, pieces)


def _fitted(path: Path, research: Path) -> tuple[Fitted, Mapping[str, int]]:
    """The file's coding on the words of the data set, and what else is in the file."""
    from warehouse.exchange import refi_qda, taguette
    from warehouse.exchange.fitting import fit_to
    from warehouse.exchange.layout import lay_out

    kind = path.suffix.lower()
    if kind == ".qdc":
        codebook, left = refi_qda.read_codebook(path)
        return Fitted(codebook=codebook), left
    laid = lay_out(research)
    if kind in (".csv", ".xlsx"):
        return _of_table(read_sheet(path, required=()), laid), {}
    read = refi_qda.read_project if kind == ".qdpx" else taguette.read_project
    imported = read(path)
    return fit_to(imported.project, laid), imported.left


def _of_table(rows: Sequence[Row], laid: "LaidOut") -> Fitted:
    """A table by its columns: Taguette's highlights, codings, or a codebook."""
    from warehouse.exchange import highlights, tables

    columns = set(rows[0][1])
    if columns >= set(highlights.COLUMNS):
        return highlights.fit_highlights(rows, laid)
    if "code" in columns and columns & {"words", "utterance_id"}:
        return tables.fit_codings(rows, laid)
    if "code" in columns:
        return Fitted(codebook=tables.read_codebook(rows))
    raise BadInput(
        "the table is neither of codings nor of codes",
        hint=f"Codings have the columns {', '.join(tables.CODINGS)}; codes {', '.join(tables.CODEBOOK)}.",
    )


def _arriving(standing: StandingDataSet, fitted: Fitted) -> list[Arriving]:
    """The codings on the words of the vault, by session."""
    from warehouse.exchange.guids import NOBODY

    parts = {one.guid for one in fitted.codings if not one.whole}
    unsigned = {one.guid for one in fitted.codings if one.coder == NOBODY}
    shown: dict[str, dict[str, list[DeidentifiedUtterance]]] = defaultdict(lambda: defaultdict(list))
    for session, piece in standing.pieces.values():
        shown[session][piece.utterance].append(piece)
    by_session: dict[str, list[Coding]] = defaultdict(list)
    for one in fitted.codings:
        for session, coding in _codings(one, standing.pieces):
            by_session[session].append(coding)
    return [
        Arriving(ready.state.store, ready.stage.attributed, by_session[session], parts, unsigned, shown[session])
        for ready in standing.ready
        if (session := ready.state.intake.session.session) in by_session
    ]


def _codings(one: FittedCoding, pieces: Mapping[str, tuple[str, DeidentifiedUtterance]]) -> list[tuple[str, Coding]]:
    """A coding for each session that it lies in; no program makes one over several, and none here has."""
    from deidentification.api import to_source

    places: dict[str, list[Place]] = defaultdict(list)
    for stretch in one.stretches:
        session, piece = pieces[stretch.utterance_id]
        source = to_source(piece.spans, stretch.start_char, stretch.end_char)
        if source is not None:
            places[session].append(Place(utterance=piece.utterance, start_char=source[0], end_char=source[1]))
    return [
        (session, Coding(coding=one.guid, code=one.code, coder=one.coder, places=tuple(listed), at=one.at))
        for session, listed in places.items()
    ]
