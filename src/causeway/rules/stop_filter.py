"""Ends a text where a stop sequence begins, for models that cannot be told of it.

Parts go in as they come, and out as soon as they are known not to begin a sequence.
"""

from collections.abc import Iterable


class StopFilter:
    """Cuts one text at the first of `sequences` that is complete in it; empty ones never are.

    Where two are complete with the same character, the one that began first counts. Where the parts are cut
    makes no difference to the whole (`tests/rules/test_stop_filter.py`).
    """

    def __init__(self, sequences: Iterable[str]) -> None:
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._held = ""
        self._is_stopped = False

    def feed(self, text: str) -> tuple[str, bool]:
        """Take a part; return what may be sent on, and whether the text ends there. Then it takes no more."""
        if self._is_stopped:
            return "", True
        text = self._held + text
        places = [(text.find(sequence), sequence) for sequence in self._sequences]
        found = [(place + len(sequence), place) for place, sequence in places if place >= 0]
        if found:
            self._held, self._is_stopped = "", True
            return text[: min(found)[1]], True
        safe = min((self._possible_start(text, sequence) for sequence in self._sequences), default=len(text))
        self._held = text[safe:]
        return text[:safe], False

    def finish(self) -> str:
        """Return what was held back, once no more text comes."""
        rest, self._held = self._held, ""
        return rest

    @staticmethod
    def _possible_start(text: str, sequence: str) -> int:
        """Return where the end of `text` may begin `sequence`; the length of `text` if nowhere."""
        start = text.find(sequence[0], max(0, len(text) - len(sequence) + 1))
        while start >= 0 and not sequence.startswith(text[start:]):
            start = text.find(sequence[0], start + 1)
        return start if start >= 0 else len(text)
