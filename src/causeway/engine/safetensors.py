"""Reads tensors out of a safetensors file without copying them.

The header is taken for hostile: every size and offset in it is checked against the file before
anything is mapped. Source of truth: the format's description at
https://github.com/huggingface/safetensors.
"""

from math import prod
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_MAX_HEADER_BYTES = 10_000_000
_MAX_DIMENSIONS = 8
_LENGTH_BYTES = 8
_FLOAT_BYTES = 4


class SafetensorsError(Exception):
    """The file cannot be used; the message is for people."""


class _Tensor(Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the 32-bit float tensors of a file, by name, mapped read-only.

    Tensors of other types are left out. Raises SafetensorsError.
    """
    try:
        with path.open("rb") as file:
            header, data_start = _read_header(file)
        file_bytes = path.stat().st_size
        return {
            name: _map(path, name, tensor, data_start, file_bytes)
            for name, tensor in header.items()
            if tensor.dtype == "F32"
        }
    except OSError as error:
        raise SafetensorsError(f"{path.name} cannot be read: {error.strerror}") from None


def _read_header(file: BinaryIO) -> tuple[dict[str, _Tensor], int]:
    length = file.read(_LENGTH_BYTES)
    header_bytes = int.from_bytes(length, "little")
    if len(length) < _LENGTH_BYTES or header_bytes > _MAX_HEADER_BYTES:
        raise SafetensorsError("not a safetensors file")
    text = file.read(header_bytes)
    if len(text) < header_bytes:
        raise SafetensorsError("the safetensors header is cut short")
    try:
        fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        fields.pop("__metadata__", None)
        header = {name: msgspec.json.decode(raw, type=_Tensor) for name, raw in fields.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SafetensorsError("the safetensors header is broken") from None
    return header, _LENGTH_BYTES + header_bytes


def _map(path: Path, name: str, tensor: _Tensor, data_start: int, file_bytes: int) -> NDArray[np.float32]:
    start, end = tensor.data_offsets
    if len(tensor.shape) > _MAX_DIMENSIONS or any(size < 1 for size in tensor.shape):
        raise SafetensorsError(f"tensor {name[:100]} has an impossible shape")
    if not 0 <= start <= end <= file_bytes - data_start:
        raise SafetensorsError(f"tensor {name[:100]} lies outside the file")
    if end - start != prod(tensor.shape) * _FLOAT_BYTES:
        raise SafetensorsError(f"tensor {name[:100]} is not as large as its shape")
    return np.memmap(path, np.dtype("<f4"), "r", data_start + start, tensor.shape)
