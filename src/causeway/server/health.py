"""What `GET /health` says. It says nothing that needs a key to know."""

import os
from typing import Any

import msgspec
from msgspec import Struct

from causeway import __version__
from causeway.engine.model import EmbeddedModel


class WorkerPlace(Struct, frozen=True):
    """Which of the gateway's workers this process is. A gateway without workers is its only one."""

    number: int = 1
    count: int = 1


async def describe_health(model: EmbeddedModel | None, place: WorkerPlace) -> dict[str, Any]:
    """Return the body: the gateway answers, which process of it, and how its embedded model is.

    Raises CausewayError where that cannot be known.
    """
    status = None if model is None else await model.status()
    return {
        "status": "ok",
        "version": __version__,
        "components": {"db_pings": "disabled", "engine": "disabled" if status is None else status.state},
        "engine": None if model is None else {"model": model.name, **msgspec.to_builtins(status)},
        "worker": {"number": place.number, "count": place.count, "pid": os.getpid()},
    }
