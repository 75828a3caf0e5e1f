"""Streams that tell what a script says: events, parts of several, relayed frames, and errors."""

from collections.abc import Sequence

from causeway.model.events import Event
from causeway.pipeline.answers import Part, PartSource, TakePart
from causeway.pipeline.chat import ChatStream

Item = Event | bytes
# A list of events stands for those that came together.
Script = Sequence[Item | list[Event] | BaseException]


class ScriptedSource:
    """A `PartSource` that counts how often it is closed."""

    def __init__(self, script: Script) -> None:
        self._script = list(script)
        self.closed = 0

    async def pump(self, take: TakePart) -> bool:
        while self._script:
            item = self._script.pop(0)
            if isinstance(item, BaseException):
                raise item
            if take(item.copy() if isinstance(item, list) else item if isinstance(item, bytes) else [item]):
                return False
        return True

    async def aclose(self) -> None:
        self.closed += 1


async def parts_of(stream: PartSource | ChatStream, *, at_once: int = 1) -> list[Part]:
    """Return all parts of a stream, of which so many are taken before there is enough for a while."""
    parts: list[Part] = []

    def take(part: Part) -> bool:
        assert part, "an empty part would be an empty write"
        parts.append(part)
        return len(parts) % at_once == 0

    while not await stream.pump(take):
        assert len(parts) % at_once == 0, "it stopped though there was not enough"
    return parts
