import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeway.engine.gguf import GgufError, GgufHeader, read_header

UINT8, UINT32, STRING, ARRAY = 0, 4, 8, 9


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def array(kind: int, count: int, items: bytes) -> bytes:
    return struct.pack("<IQ", kind, count) + items


def model_file(*entries: bytes, version: int = 3, count: int | None = None) -> bytes:
    header = struct.pack("<IQQ", version, 0, len(entries) if count is None else count)
    return b"GGUF" + header + b"".join(entries)


ARCHITECTURE = entry("general.architecture", STRING, text("llama"))
NAME = entry("general.name", STRING, text("Tiny"))
CONTEXT = entry("llama.context_length", UINT32, struct.pack("<I", 2048))
WHOLE = model_file(
    ARCHITECTURE,
    entry("tokens", ARRAY, array(STRING, 3, text("a") + text("bc") + text(""))),
    entry("scores", ARRAY, array(UINT8, 4, b"abcd")),
    entry("nested", ARRAY, array(ARRAY, 1, array(UINT8, 2, b"xy"))),
    entry("bert.context_length", UINT32, struct.pack("<I", 1)),
    CONTEXT,
    NAME,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def test_finds_its_values_among_others(path: Path) -> None:
    path.write_bytes(WHOLE)
    assert read_header(path) == GgufHeader("llama", "Tiny", 2048)


def test_reads_the_bundled_weights(weights: Path) -> None:
    header = read_header(weights)
    assert (header.architecture, header.context_tokens) == ("llama", 8192)


def test_name_and_context_may_be_missing(path: Path) -> None:
    path.write_bytes(model_file(ARCHITECTURE))
    assert read_header(path) == GgufHeader("llama", None, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a GGUF"),
        (b"GGU", "not a GGUF"),
        (b"PK\x03\x04" + bytes(100), "not a GGUF"),
        (b"GGUF\x03\x00", "truncated"),
        (model_file(ARCHITECTURE, version=1), "version 1"),
        (model_file(NAME), "architecture"),
        (model_file(entry("x", 99, b"")), "no known type"),
        (model_file(ARCHITECTURE, count=2**63), "truncated"),
        (model_file(entry("x", STRING, struct.pack("<Q", 2**63))), "truncated"),
        (model_file(struct.pack("<Q", 2**40)), "longer than the format allows"),
        (model_file(entry("x", ARRAY, array(UINT32, 2**62, b""))), "truncated"),
        (model_file(entry("x", ARRAY, array(STRING, 2**62, text("a")))), "truncated"),
        (model_file(entry("x", ARRAY, array(ARRAY, 1, b"") * 9)), "no known type"),
        (model_file(entry("general.name", STRING, struct.pack("<Q", 2**31) + b"x")), "longer than"),
    ],
)
def test_says_what_is_wrong_with_a_file(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(GgufError, match=f"model.gguf: .*{reason}"):
        read_header(path)


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(GgufError, match="no such file"):
        read_header(tmp_path / "nothing.gguf")
    with pytest.raises(GgufError, match="directory"):
        read_header(tmp_path)


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_every_truncation_is_an_error(path: Path, length: int) -> None:
    path.write_bytes(WHOLE[:length])
    with pytest.raises(GgufError):
        read_header(path)


@given(position=st.integers(4, len(WHOLE) - 1), damage=st.binary(min_size=1, max_size=9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_never_raises_anything_else(path: Path, position: int, damage: bytes) -> None:
    path.write_bytes(WHOLE[:position] + damage + WHOLE[position + len(damage) :])
    with contextlib.suppress(GgufError):
        read_header(path)
