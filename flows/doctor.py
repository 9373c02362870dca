"""``chatham doctor``: what is installed, which models are found, how the study stands, and what is due."""

import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from consent.decision import decide_session
from flows.name_models import Chosen, chosen_models
from flows.originals import UNKNOWN, Unconfirmed, unconfirmed
from flows.settings import CONFIG_NAME, read_config, utc_now
from flows.study import Study
from schemas.consent import State
from schemas.errors import ChathamError

PACKAGES = ("chatham", "prefect", "duckdb", "pydantic", "cryptography", "faster-whisper", "av", "spacy", "onnxruntime")
TESTED = "Linux"
ANY_LANGUAGE = "xx"
"""spaCy's code of a model for no language in particular."""


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``ok`` is False where something needs doing."""

    what: str
    state: str
    ok: bool = True


def examine(folder: Path, open_study: Callable[[], Study] | None, models: Sequence[str] = ()) -> list[Finding]:
    """Look at this machine and, where ``folder`` is a study and it can be opened, at the study.

    Args:
        models: Name models to look at too: spaCy packages or folders, GLiNER folders.
    """
    names = [*_name_models(*_wanted(folder)), *(_given_model(model) for model in models)]
    findings = [_system(), *_packages(), _speech_model(), *names, _disk(folder)]
    if open_study is None or not (folder / CONFIG_NAME).is_file():
        return [*findings, Finding("study", "none in this folder (name one with --study DIR)")]
    try:
        return [*findings, *_study(open_study())]
    except ChathamError as error:
        return [*findings, Finding("study", error.message, ok=False)]


def _system() -> Finding:
    tested = platform.system() == TESTED
    note = "" if tested else " (written for, not tested on this system)"
    return Finding("system", f"{platform.system()}, Python {sys.version.split()[0]}{note}", ok=tested)


def _packages() -> list[Finding]:
    findings = []
    for name in PACKAGES:
        try:
            findings.append(Finding(name, version(name)))
        except PackageNotFoundError:
            findings.append(Finding(name, "not installed", ok=False))
    return findings


def _speech_model() -> Finding:
    from transcription.models import find_model

    try:
        model = find_model("base")
    except ChathamError as error:
        return Finding("speech model", error.message, ok=False)
    return Finding("speech model", f"{model.name}, weights as pinned ({model.sha256[:12]})")


def _wanted(folder: Path) -> tuple[list[str], Chosen]:
    """The languages whose name models to look at, and the models chosen for them: the study's, where there is one."""
    try:
        config = read_config(folder)
    except ChathamError:
        return ["en", "fr"], ()
    return sorted({"en", "fr", *config.languages}), config.names


def _name_models(languages: Sequence[str], chosen: Chosen) -> list[Finding]:
    from deidentification.api import recogniser_versions, unusable_models

    wrong = unusable_models(languages, chosen)
    versions = recogniser_versions(languages, chosen)
    return [
        Finding(f"names: {name}", wrong[name].message if name in wrong else text, ok=name not in wrong)
        for name, text in sorted(versions.items())
    ]


def _given_model(model: str) -> Finding:
    """What the doctor says of a model that was given to it; its own files are looked at, its weights not loaded."""
    (chosen,) = chosen_models(ANY_LANGUAGE, [model])
    told = _name_models([kind for kind, _place in (chosen,) if kind == ANY_LANGUAGE], (chosen,))
    return next(replace(one, what="names: given") for one in told if one.what.endswith(("gliner", f"-{ANY_LANGUAGE}")))


def _disk(folder: Path) -> Finding:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free / 2**30
    return Finding("disk", f"{free:.0f} GiB free", ok=free > 2)


def _study(study: Study) -> list[Finding]:
    findings = [
        Finding("study", study.config.title),
        Finding("acting user", f"{study.keyring.user} ({', '.join(sorted(study.keyring.roles))})"),
    ]
    findings.append(_recovery(study))
    if study.may_see_ids:
        findings.append(Finding("people", str(len(study.participants()))))
    size, root = study.ledger.head()
    findings.append(Finding("consent register", f"{size} entries, every hash right, root {root[:12]}"))
    findings.append(_seal(study))
    if study.may_open_consent:
        findings += [*_due(study), *_originals(study), *_to_take_back(study)]
    findings += _still_open(study)
    if study.may_run:
        findings += _sessions(study)
    return findings


def _recovery(study: Study) -> Finding:
    """Whether a lost passphrase has its sheet of paper."""
    from flows.users import list_users
    from vault.recovery import RECOVERY

    made = [user.key_id for user in list_users(study) if user.name == RECOVERY]
    return Finding("recovery key", f"on paper, {made[0]}" if made else "none: chatham keys recovery", ok=bool(made))


def _seal(study: Study) -> Finding:
    """The register's key, in the groups that a printed seal shows."""
    from consent.publish import KEYS_NAME
    from flows.reports.verifier import key_fingerprint

    path = study.consent / KEYS_NAME
    if not path.is_file():
        return Finding("register's key", "not made yet: chatham ledger checkpoint", ok=False)
    return Finding("register's key", key_fingerprint(path.read_text("ascii")))


def _sessions(study: Study) -> list[Finding]:
    recorded = study.register().sessions
    stored = study.vault.session_ids()
    findings = [Finding("sessions", str(len([name for name in stored if name in recorded])))]
    findings += [
        Finding(f"session {name}", "was not wholly taken in: add it again", ok=False)
        for name in stored
        if name not in recorded
    ]
    findings += [Finding(f"session {store.intake().session.session}", store.opaque) for store in study.sessions()]
    findings += _never_asked(study)
    state = "built" if study.research.is_file() else "not built: chatham run"
    findings.append(Finding("research.duckdb", state, ok=study.research.is_file()))
    return [*findings, *_groups(study)]


def _still_open(study: Study) -> list[Finding]:
    """Programs that read a data set which was replaced or taken away."""
    from flows.still_open import still_open

    return [Finding("reads an old data set", f"{line}: close it there", ok=False) for line in still_open(study)]


def _groups(study: Study) -> list[Finding]:
    """Small groups of people who share what the data set for analysis says of them."""
    from flows.risks import groups_in, groups_told

    if not study.research.is_file():
        return []
    groups = groups_in(study.research)
    return [Finding("small groups", f"of people who are not named, {groups_told(groups)}", ok=1 not in groups)]


def _never_asked(study: Study) -> list[Finding]:
    """Speech of people whom nobody asked, and of voices that are nobody's: kept only to find out who it is."""
    from flows.retention import gone_words, taken_in, told

    findings, since, gone = [], taken_in(study), gone_words(study)
    for session, facts in told(study):
        people = decide_session(study.register(), session, facts.people, "analyse").decisions
        unasked = sum(
            decision.state is State.NOT_ASKED and (one, session) not in gone for one, decision in people.items()
        )
        if unasked or facts.unknown:
            until = since[session] + timedelta(days=study.config.never_asked_days)
            state = (
                f"{unasked} people not asked and {facts.unknown} unknown voices; "
                f"ask them, or destroy it by {until:%Y-%m-%d}: chatham retention"
            )
            findings.append(Finding(f"speech in {session}", state, ok=False))
    return findings


def _originals(study: Study) -> list[Finding]:
    """Sessions of which an original, or a copy of it in a cloud, may still lie somewhere."""
    return [
        Finding(
            f"originals of {one.session}",
            f"{_left(one)} not confirmed deleted: chatham session originals {one.session}",
            ok=False,
        )
        for one in unconfirmed(study.ledger.entries())
    ]


def _left(one: Unconfirmed) -> str:
    files = [f"{one.files} {'file' if one.files == 1 else 'files'}"] if one.files else []
    return " and ".join([*files, *(["copies in a cloud"] if one.cloud == UNKNOWN else [])])


def _due(study: Study) -> list[Finding]:
    from flows.destroying import unfinished_jobs
    from flows.withdrawn import due

    findings = [
        Finding("a destruction", "was begun and not ended: chatham retention --dispose", ok=False)
        for _ in unfinished_jobs(study)
    ]
    for participant, reach, date in due(study):
        late = date <= utc_now()
        state = f"use stopped; to be destroyed on {date:%Y-%m-%d}" + (", which is due now" if late else "")
        findings.append(Finding(f"withdrawal of {participant} ({reach})", state, ok=not late))
    return findings


def _to_take_back(study: Study) -> list[Finding]:
    """Copies and publications that somebody's choice asks back."""
    from flows.handing_on import open_tasks
    from flows.sending import task_words

    return [
        Finding(
            "to be taken back",
            f"{task_words(task)}, by {task.due:%Y-%m-%d}" + (", which is over" * task.late),
            ok=False,
        )
        for task in open_tasks(study)
    ]
