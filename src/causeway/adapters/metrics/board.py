"""Memory that the processes of one gateway share: each posts what it counted, and any of them reads all.

Whoever dies leaves what it posted last. Nobody waits for anybody: a worker has two places and writes them
in turn, so that what it is writing, or was when it was killed, is never what others read.
"""

import os
import sys
import tempfile
import zlib
from operator import itemgetter
from struct import Struct
from typing import Self

# A place takes up what is written to it, and no more. A snapshot is bounded: tests/adapters/test_metrics.py.
_PLACE_BYTES = 64 * 1024 * 1024
_HEAD = Struct("<QII")  # which turn it is, the content's length, and a checksum of both and the content


class SnapshotBoard:
    """Places for the workers 1 to `count`, in a file without a name that `descriptor` leads to."""

    def __init__(self, descriptor: int, count: int) -> None:
        self.descriptor = descriptor
        self.count = count

    @classmethod
    def create(cls, count: int) -> Self:
        """Return a new one, to be inherited by workers; raises OSError."""
        if sys.platform == "linux":
            return cls(os.memfd_create("causeway-metrics"), count)
        with tempfile.TemporaryFile() as file:
            return cls(os.dup(file.fileno()), count)

    def post(self, number: int, content: bytes) -> None:
        """Write what worker `number` says; only it may.

        Raises OSError where there is no memory, and ValueError for what is larger than a place.
        """
        if len(content) > _PLACE_BYTES - _HEAD.size:
            raise ValueError("this does not fit on the board")
        turn, _ = self._newest(number)
        turn += 1
        written = _HEAD.pack(turn, len(content), _checksum(turn, content)) + content
        if os.pwrite(self.descriptor, written, self._offset(number, turn)) != len(written):
            raise OSError("the board took only a part")

    def read(self, number: int) -> bytes | None:
        """Return what worker `number`, or one before it with the same number, posted last."""
        return self._newest(number)[1]

    def close(self) -> None:
        """Let go of the memory."""
        os.close(self.descriptor)

    def _newest(self, number: int) -> tuple[int, bytes | None]:
        return max((self._place(number, turn) for turn in (0, 1)), key=itemgetter(0))

    def _place(self, number: int, turn: int) -> tuple[int, bytes | None]:
        offset = self._offset(number, turn)
        head = os.pread(self.descriptor, _HEAD.size, offset)
        if len(head) == _HEAD.size:
            turn, length, checksum = _HEAD.unpack(head)
            content = os.pread(self.descriptor, length, offset + _HEAD.size)
            if turn and len(content) == length and checksum == _checksum(turn, content):
                return turn, content
        return 0, None

    def _offset(self, number: int, turn: int) -> int:
        return (2 * (number - 1) + turn % 2) * _PLACE_BYTES


def _checksum(turn: int, content: bytes) -> int:
    return zlib.crc32(content, turn & 0xFFFFFFFF)
