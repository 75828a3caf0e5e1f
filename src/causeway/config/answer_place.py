"""Where answers are kept that later turns build on, as the configuration and the environment say."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from causeway.config.schema import Config
from causeway.config.state_directory import state_directory

_DEFAULT = Path("answers.db")
_DAY_SECONDS = 86_400.0
_MEGABYTE = 1024 * 1024


class AnswerPlace(Struct, frozen=True):
    """A file for kept answers, none for the memory of each process, and the bounds of what is in it."""

    path: Path | None
    retention_seconds: float
    max_bytes: int


def answer_place(config: Config, config_path: Path | None, environment: Mapping[str, str]) -> AnswerPlace:
    """Return where answers are kept.

    A path in the file at `config_path` is seen from that file's folder. Without one it is in the state
    directory.
    """
    kept = config.kept_answers
    path: Path | None = None
    if kept.on_disk and kept.path is not None:
        folder = Path() if config_path is None else config_path.parent
        path = folder / Path(kept.path).expanduser()
    elif kept.on_disk:
        path = state_directory(environment) / _DEFAULT
    return AnswerPlace(path, kept.retention_days * _DAY_SECONDS, kept.max_megabytes * _MEGABYTE)
