"""Where calls are logged, and for how long, as the configuration and the environment say."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from causeway.config.schema import Config
from causeway.config.state_directory import state_directory

_DEFAULT = Path("logs.db")


class RequestLogPlace(Struct, frozen=True):
    """A file for the log of calls, and how many days a call is kept there; 0 is for ever."""

    path: Path
    retention_days: int


def request_log_place(
    config: Config, config_path: Path | None, environment: Mapping[str, str]
) -> RequestLogPlace | None:
    """Return where calls are logged, or nothing where they are not.

    A path in the file at `config_path` is seen from that file's folder. Without one it is the state directory
    of the XDG base directory specification.
    """
    store = config.logs_store
    if not (store.enabled and config.client.enable_logging):
        return None
    days = config.client.log_retention_days if store.retention_days is None else store.retention_days
    if store.config.path is not None:
        folder = Path() if config_path is None else config_path.parent
        return RequestLogPlace(folder / Path(store.config.path).expanduser(), days)
    return RequestLogPlace(state_directory(environment) / _DEFAULT, days)
