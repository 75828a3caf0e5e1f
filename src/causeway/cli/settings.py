"""Command-line options laid over the configuration file, and the address that they come to."""

import argparse
import os
import socket
from pathlib import Path

import msgspec

from causeway.config.load import ConfigError, load_config
from causeway.config.schema import Config, ServerConfig

_BACKLOG = 2048


def settings_from(arguments: argparse.Namespace) -> Config:
    """Return the configuration that a command asks for; what is given on its line wins.

    Raises ConfigError.
    """
    config = load_config(Path(arguments.config) if arguments.config else None)
    names = ("host", "port", "strict_models", "allow_unauthenticated")
    given = {name: value for name in names if (value := getattr(arguments, name, None)) is not None}
    engine = config.engine
    if arguments.model:
        engine = msgspec.structs.replace(engine, model=arguments.model)
    return msgspec.structs.replace(
        config, server=msgspec.structs.replace(config.server, **given), engine=engine
    )


def listen(server: ServerConfig) -> socket.socket:
    """Return a socket that listens where `server` says; raises ConfigError."""
    host = server.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, server.port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else error
        raise ConfigError(f"cannot listen on {host}:{server.port}: {reason}") from None
