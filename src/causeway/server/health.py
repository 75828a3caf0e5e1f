"""What `GET /health` says. It says nothing that needs a key to know."""

from typing import Any

import msgspec

from causeway import __version__
from causeway.engine.model import EngineStatus


def describe_health(engine: EngineStatus) -> dict[str, Any]:
    """Return the body: the gateway answers, and how its embedded model is."""
    return {
        "status": "ok",
        "version": __version__,
        "components": {"db_pings": "disabled", "engine": engine.state},
        "engine": msgspec.to_builtins(engine),
    }
