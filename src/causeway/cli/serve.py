"""`causeway serve`: starts the gateway and tells the user how to talk to it."""

import argparse
import contextlib
import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from causeway.cli.announce import Announcer
from causeway.cli.settings import listen, settings_from
from causeway.config.load import ConfigError, check_exposure, load_keys
from causeway.config.schema import Config
from causeway.engine.gguf import GgufError, read_header
from causeway.rules.access import KeyRing
from causeway.server.compose import compose_application, compose_model

_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 10


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop; returns the exit status."""
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        config = settings_from(arguments)
        keys = load_keys(config.server, os.environ)
        check_exposure(config.server, keys)
        _check_model(config)
        listener = listen(config.server)
    except ConfigError as error:
        print(f"causeway: {error}", file=sys.stderr)
        return 2
    return _serve(config, keys, listener)


def _check_model(config: Config) -> None:
    if config.engine.model:
        try:
            read_header(Path(config.engine.model))
        except GgufError as error:
            raise ConfigError(f"the model cannot be used: {error}") from None


def _serve(config: Config, keys: KeyRing, listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    announcer = Announcer(host=config.server.host, port=port, needs_key=bool(keys))
    model = compose_model(config, announcer.tell)
    application = compose_application(config, keys, model)
    announcer.model_name = model.name
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    return 0 if server.started else 1
