"""The reader of weights: what it reads, and that no header leads it outside the file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeway.engine.safetensors import SafetensorsError, read_tensors


def written(path: Path, header: object, data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def tensor(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_tensors_are_read_in_their_shapes_and_other_types_are_left_out(tmp_path: Path) -> None:
    data = np.arange(6, dtype="<f4").tobytes() + bytes(8)
    header = {
        "__metadata__": {"format": "pt"},
        "a": tensor([2, 3], 0, 24),
        "b": tensor([], 4, 8),
        "ids": tensor([1], 24, 32, "I64"),
    }
    tensors = read_tensors(written(tmp_path / "model.safetensors", header, data))
    assert set(tensors) == {"a", "b"}
    assert tensors["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tensors["b"].tolist() == 1
    assert not tensors["a"].flags.writeable


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"a": tensor([2], 0, 9)}, "outside the file"),
        ({"a": tensor([1], -4, 0)}, "outside the file"),
        ({"a": tensor([1], 8, 4)}, "outside the file"),
        ({"a": tensor([2], 0, 4)}, "not as large as its shape"),
        ({"a": tensor([-1], 0, 4)}, "impossible shape"),
        ({"a": tensor([0], 0, 0)}, "impossible shape"),
        ({"a": tensor([1] * 9, 0, 4)}, "impossible shape"),
        ({"a": tensor([2**62, 2**62], 0, 8)}, "not as large as its shape"),
        ({"a": {"dtype": "F32"}}, "header is broken"),
        ([], "header is broken"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: object, reason: str) -> None:
    with pytest.raises(SafetensorsError, match=reason):
        read_tensors(written(tmp_path / "model.safetensors", header, bytes(8)))


@pytest.mark.parametrize(
    "content", [b"", b"\1", b"\xff" * 8, b"\5\0\0\0\0\0\0\0{}", b"\2\0\0\0\0\0\0\0{\xff"]
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(SafetensorsError):
        read_tensors(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SafetensorsError, match=r"none\.safetensors cannot be read"):
        read_tensors(tmp_path / "none.safetensors")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(-3, 2**40), max_size=4),
    start=st.integers(-(2**63), 2**63 - 1),
    end=st.integers(-(2**63), 2**63 - 1),
)
def test_any_header_is_read_inside_the_file_or_refused(
    tmp_path: Path, shape: list[int], start: int, end: int
) -> None:
    path = written(tmp_path / "model.safetensors", {"a": tensor(shape, start, end)}, bytes(16))
    try:
        read = read_tensors(path)["a"]
    except SafetensorsError:
        return
    assert read.nbytes <= 16
    assert read.tolist() is not None
