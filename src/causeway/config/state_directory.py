"""Where the gateway keeps files of its own: the state directory of the XDG base directory specification."""

from collections.abc import Mapping
from pathlib import Path


def state_directory(environment: Mapping[str, str]) -> Path:
    """Return the gateway's folder for state; it need not be there."""
    stated = Path(environment.get("XDG_STATE_HOME", ""))
    # The specification: a relative path is to be passed over.
    base = stated if stated.is_absolute() else Path(environment.get("HOME", "/"), ".local", "state")
    return base / "causeway"
