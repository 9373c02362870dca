"""Numbers for people who are nobody in the roster: the same name has the same number throughout a session."""

from collections.abc import Iterable


class ThirdParties:
    """Hands out numbers in the order in which names are first said.

    A single name that is part of a longer one said before has the number of the last such name; a longer name of
    which one part was said before, and belongs to nobody else yet, takes over its number.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        self._last_with: dict[str, int] = {}
        self._count = 0

    def number(self, words: Iterable[str]) -> int:
        """The number of the third party who is called ``words`` (folded)."""
        name = tuple(words)
        if name not in self._numbers:
            self._numbers[name] = self._known(name) or self._next()
        if len(name) > 1:
            for word in name:
                self._last_with[word] = self._numbers[name]
        return self._numbers[name] if len(name) > 1 else self._last_with.get(name[0], self._numbers[name])

    def _known(self, name: tuple[str, ...]) -> int | None:
        if len(name) == 1:
            return self._last_with.get(name[0])
        alone = self._numbers.get(name[:1])
        return alone if alone is not None and name[0] not in self._last_with else None

    def _next(self) -> int:
        self._count += 1
        return self._count
