"""How Chatham uses Prefect: what a task or flow may carry, and what it may say when it fails.

Prefect writes flow parameters, run names, log lines and exception texts into its database. So flows and tasks take and
give opaque ids, hashes and counts only, nothing is persisted or cached there, and a failure leaves a task as the bare
name of its type; what a person is told is kept in this process.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from prefect import flow as prefect_flow
from prefect import task as prefect_task
from prefect.cache_policies import NO_CACHE

from flows.passphrases import take_passphrase
from flows.progress import Progress
from flows.study import Study
from flows.worker import Worker
from schemas.errors import ChathamError, UsageError

P = ParamSpec("P")
R = TypeVar("R")


class StepError(RuntimeError):
    """A step failed; the text is the failure's type and nothing else."""


_failures: list[Exception] = []
_worker: Worker | None = None
_deployed = False
"""Whether this process was started by a Prefect worker: then nobody but its own output tells what went wrong."""


def use_worker(worker: Worker | None) -> None:
    """Let tasks of this process work on this open study; None forgets it."""
    global _worker
    _worker = worker


def current_worker() -> Worker:
    """The open study that tasks of this process work on; a deployed worker opens it from its environment.

    Raises:
        UsageError: neither was a study handed over, nor does ``CHATHAM_STUDY`` name one.
    """
    global _deployed
    if _worker is None:
        _deployed = True
        folder = os.environ.get("CHATHAM_STUDY")
        if not folder:
            raise UsageError("no study is named", hint="Set CHATHAM_STUDY for the worker.")
        study = Study.open(Path(folder), user=os.environ.get("CHATHAM_USER"), passphrase=take_passphrase())
        use_worker(Worker(study, Progress()))
    if _worker is None:
        raise UsageError("no study is open", hint="Set CHATHAM_STUDY for the worker.")
    return _worker


def take_failure() -> Exception:
    """The failure behind the last ``StepError`` of this process, once."""
    failure = _failures[0] if _failures else StepError("unknown")
    _failures.clear()
    return failure


def step(function: Callable[P, R]) -> Callable[P, R]:
    """A Prefect task that persists nothing, caches nothing, retries nothing and fails without words."""
    decorate = prefect_task(
        name=function.__name__, persist_result=False, cache_policy=NO_CACHE, retries=0, cache_result_in_memory=False
    )
    return cast(Callable[P, R], decorate(_guarded(function)))


def story(function: Callable[P, R]) -> Callable[P, R]:
    """A Prefect flow with the same rules; its parameters must be opaque ids."""
    decorate = prefect_flow(name=function.__name__, persist_result=False, validate_parameters=False, retries=0)
    return cast(Callable[P, R], decorate(_guarded(function)))


def _guarded(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except StepError as error:
            kind = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach Prefect's database
            _failures.append(error)
            kind = type(error).__name__
            if _deployed and isinstance(error, ChathamError):
                Progress().say(f"chatham: {error.message}\n  {error.hint}")
        raise StepError(kind)  # outside the except block, so that no cause or context is pickled with it

    return guarded
