"""Lets a session go whole that cannot be run: nobody knows whose words are in it, so nobody can be freed from it."""

from flows.certifying import issue
from flows.destroying import Destroyed, require_investigator
from flows.erasure_entry import discard_event
from flows.progress import Progress
from flows.study import Study
from schemas.errors import UsageError
from vault.epoch import begin_epoch
from vault.erasure import Erased
from vault.files import digest_files
from vault.sessions import SessionStore


def discard_session(study: Study, session: str, progress: Progress) -> Destroyed:
    """Destroy a session that was never run to its end, with a certificate; the register keeps that it was held.

    The register first. Stopped before the session is gone, the same command ends it.

    Raises:
        MissingKey: the user is no investigator. Busy: a build is under way.
        UsageError: there is no such session, or it was run, so that people can be freed from it one by one.
    """
    require_investigator(study)
    with study.building():
        store = study.vault.session(session)
        _require_unrun(store)
        progress.step(f"removing session {session}")
        with study.lock(store.opaque):
            files = store.files()
            gone = Erased(store=store.name, items=len(files), before=digest_files(files), after=digest_files([]))
            entry = study.record(discard_event(study, session, gone))
            store.discard()
        study.go_on_with(begin_epoch(study.folder / "keys", study.keyring))
    issued = issue(study, entry)
    return Destroyed(None, entry, 0, (session,), issued.made, issued.wanted, (), ())


def _require_unrun(store: SessionStore) -> None:
    if not store.exists():
        raise UsageError("this study has no session of that id", hint="See the sessions with chatham doctor.")
    if store.was_run():
        raise UsageError(
            "that session was run, so it does not go whole",
            hint="Whoever withdraws is freed from it by chatham consent withdraw, with --reach session:ID.",
        )
