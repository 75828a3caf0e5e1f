import importlib.metadata
from pathlib import Path

import pytest

from causeway.engine.weights import bundled_weights, model_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2-135m-instruct"),
        ("Llama-3.2-1B-Instruct-Q4_K_M.gguf", "llama-3.2-1b-instruct"),
        ("gemma-3-270m-it-F16.gguf", "gemma-3-270m-it"),
        ("Qwen3-0.6B-IQ4_XS.gguf", "qwen3-0.6b"),
        ("gpt-oss-20b-mxfp4.gguf", "gpt-oss-20b"),
        ("big-q8_0-00001-of-00003.gguf", "big"),
        ("plain.gguf", "plain"),
        ("q4.gguf", "q4"),
    ],
)
def test_a_model_is_named_after_its_file(file: str, name: str) -> None:
    assert model_name(Path("/models") / file) == name


def test_bundled_weights_are_a_model_file(weights: Path) -> None:
    assert weights.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert weights.is_file()


def test_no_weights_without_their_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    def files(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", files)
    assert bundled_weights() is None
