"""Remembers what a function returned, for questions that are asked again and again.

Bounded in number and size, since most questions come from callers: past the bound all is forgotten, which
costs each question one more answer and no bookkeeping in between.
"""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

MAX_CHARACTERS = 1024


class Memo(dict[Key, Value]):
    """`memo[key]` is what `find(key)` returned; what that raised is not remembered.

    A dict, so that what is remembered costs a lookup and no call. `measure` says how many characters a key
    holds; one with more than MAX_CHARACTERS is found anew each time.
    """

    def __init__(
        self, find: Callable[[Key], Value], measure: Callable[[Key], int], *, max_entries: int = 1024
    ) -> None:
        super().__init__()
        self._find = find
        self._measure = measure
        self._max_entries = max_entries

    def __missing__(self, key: Key) -> Value:
        value = self._find(key)
        if self._measure(key) <= MAX_CHARACTERS:
            if len(self) >= self._max_entries:
                self.clear()
            self[key] = value
        return value
