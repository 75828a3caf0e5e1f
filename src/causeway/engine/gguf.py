"""Reads what Causeway needs to know from the header of a GGUF file.

It must not trust the file: every length is checked against what is left of it, and nothing is read
into memory whole but the few values that are wanted.
Source of truth: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

_MAGIC = b"GGUF"
_SCALAR_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ARRAY = 9
_LONGEST_KEY_BYTES = 65_535
_LONGEST_VALUE_BYTES = 65_535
_LONGEST_HEADER_BYTES = 256 * 2**20
_DEEPEST_ARRAY = 4


class GgufError(ValueError):
    """The file cannot be used as a model; the message says why and names the file."""


class GgufHeader(Struct, frozen=True):
    """What a model file says about itself; `None` where it does not."""

    architecture: str
    name: str | None
    context_tokens: int | None


def read_header(path: Path) -> GgufHeader:
    """Read a model file's header; raises GgufError where there is none to read."""
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).read()
    except FileNotFoundError:
        raise GgufError(f"{path.name}: there is no such file") from None
    except IsADirectoryError:
        raise GgufError(f"{path.name}: this is a directory, not a model file") from None
    except OSError as error:
        raise GgufError(f"{path.name}: cannot be read: {error.strerror}") from None
    except GgufError as error:
        raise GgufError(f"{path.name}: {error}") from None


class _Reader:
    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._left_bytes = size_bytes
        self._header_left_bytes = _LONGEST_HEADER_BYTES

    def read(self) -> GgufHeader:
        if self._left_bytes < len(_MAGIC) or self._take(len(_MAGIC)) != _MAGIC:
            raise GgufError("this is not a GGUF file")
        version = self._number("I")
        if version not in (2, 3):
            raise GgufError(f"GGUF version {version} is not supported")
        self._number("Q")  # the count of tensors
        values: dict[str, str | int] = {}
        for _ in range(self._number("Q")):
            key = self._string(_LONGEST_KEY_BYTES)
            self._read_value(key, values)
            if _header_of(values, complete=True):
                break
        header = _header_of(values, complete=False)
        if header is None:
            raise GgufError("the file does not name its model's architecture")
        return header

    def _read_value(self, key: str, values: dict[str, str | int]) -> None:
        kind = self._number("I")
        if kind == _STRING and key in ("general.architecture", "general.name"):
            values[key] = self._string(_LONGEST_VALUE_BYTES)
        elif kind in (4, 10) and key.endswith(".context_length"):
            values[key] = self._number(_SCALAR_FORMATS[kind])
        else:
            self._skip_value(kind, depth=0)

    def _skip_value(self, kind: int, depth: int) -> None:
        if kind in _SCALAR_FORMATS:
            self._skip(struct.calcsize(f"<{_SCALAR_FORMATS[kind]}"))
        elif kind == _STRING:
            self._skip(self._number("Q"))
        elif kind == _ARRAY and depth < _DEEPEST_ARRAY:
            self._skip_array(depth + 1)
        else:
            raise GgufError("the header is damaged: a value has no known type")

    def _skip_array(self, depth: int) -> None:
        kind, count = self._number("I"), self._number("Q")
        if kind in _SCALAR_FORMATS:
            self._skip(count * struct.calcsize(f"<{_SCALAR_FORMATS[kind]}"))
            return
        for _ in range(count):
            self._skip_value(kind, depth)

    def _number(self, code: str) -> int:
        # Only called with the integer codes.
        value: int = struct.unpack(f"<{code}", self._take(struct.calcsize(f"<{code}")))[0]
        return value

    def _string(self, longest_bytes: int) -> str:
        length = self._number("Q")
        if length > longest_bytes:
            raise GgufError("the header is damaged: a name is longer than the format allows")
        return self._take(length).decode("utf-8", "replace")

    def _take(self, count: int) -> bytes:
        self._account(count)
        taken = self._file.read(count)
        if len(taken) != count:
            raise GgufError("the file is truncated")
        return taken

    def _skip(self, count: int) -> None:
        self._account(count)
        self._file.seek(count, 1)

    def _account(self, count: int) -> None:
        if count > self._left_bytes:
            raise GgufError("the file is truncated")
        if count > self._header_left_bytes:
            raise GgufError("the header is longer than any real one")
        self._left_bytes -= count
        self._header_left_bytes -= count


def _header_of(values: dict[str, str | int], *, complete: bool) -> GgufHeader | None:
    architecture = values.get("general.architecture")
    name = values.get("general.name")
    context_tokens = values.get(f"{architecture}.context_length")
    if not isinstance(architecture, str):
        return None
    if complete and (name is None or context_tokens is None):
        return None
    return GgufHeader(
        architecture,
        name if isinstance(name, str) else None,
        context_tokens if isinstance(context_tokens, int) else None,
    )
