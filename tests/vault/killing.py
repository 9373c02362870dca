"""Simulated kills: after so many changes of folders nothing more happens, as if the process had ended there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

OPS = ("replace", "rename", "unlink", "rmdir", "mkdir")


class Killed(BaseException):
    """The process ended here."""


@contextmanager
def killed_after(writes: int) -> Iterator[list[str]]:
    """Everything that changes a folder counts; after so many, nothing more happens."""
    done: list[str] = []

    def counting(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def changed(*args: object, **more: object) -> object:
            if len(done) >= writes:
                raise Killed
            done.append(name)
            return real(*args, **more)

        return changed

    with pytest.MonkeyPatch.context() as patch:
        for name in OPS:
            patch.setattr(os, name, counting(name, getattr(os, name)))
        yield done
