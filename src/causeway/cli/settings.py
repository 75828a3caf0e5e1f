"""Command-line options laid over the configuration file, and the address that they come to."""

import argparse
import os
import socket
import sys
from pathlib import Path

import msgspec

from causeway.config.load import ConfigError, load_config
from causeway.config.providers import configured_providers
from causeway.config.schema import Config, ServerConfig
from causeway.providers.catalog import load_catalog
from causeway.providers.provider import Provider

_BACKLOG = 2048
_MOST_DEFAULT_WORKERS = 4


def settings_from(arguments: argparse.Namespace) -> Config:
    """Return the configuration that a command asks for; what is given on its line wins.

    Raises ConfigError.
    """
    config = load_config(Path(arguments.config) if arguments.config else None)
    names = ("host", "port", "workers", "strict_models", "allow_unauthenticated")
    given = {name: value for name in names if (value := getattr(arguments, name, None)) is not None}
    engine = config.engine
    if arguments.model:
        engine = msgspec.structs.replace(engine, model=arguments.model, enabled=True)
    if arguments.no_engine:
        engine = msgspec.structs.replace(engine, enabled=False)
    return msgspec.structs.replace(
        config, server=msgspec.structs.replace(config.server, **given), engine=engine
    )


def providers_from(arguments: argparse.Namespace, config: Config) -> tuple[Provider, ...]:
    """Return the providers that a command's configuration and the environment switch on.

    Raises ConfigError.
    """
    file_name = arguments.config or "configuration"
    return configured_providers(config, os.environ, load_catalog(), file_name=file_name)


def worker_count(server: ServerConfig) -> int:
    """Return how many processes are to answer requests."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return server.workers or min(_MOST_DEFAULT_WORKERS, cores)


def listen(server: ServerConfig, count: int = 1) -> tuple[socket.socket, ...]:
    """Return `count` sockets that listen where `server` says; raises ConfigError.

    On Linux each has a queue of its own, and the kernel spreads connections evenly over them. Elsewhere
    they are one and the same socket.
    """
    host = server.host.strip("[]")
    try:
        first = _bound(host, server.port)
        # From here on only sockets of this user may join it; before, its address had to be free.
        is_spread = count > 1 and sys.platform == "linux"
        if is_spread:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.listen(_BACKLOG)
        if not is_spread:
            return (first,) * count
        others = [_bound(host, first.getsockname()[1], joins=True) for _ in range(count - 1)]
        for other in others:
            other.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number and number > 0 else error
        raise ConfigError(f"cannot listen on {host}:{server.port}: {reason}") from None
    return (first, *others)


def _bound(host: str, port: int, *, joins: bool = False) -> socket.socket:
    """Return a socket with an address of its own, or one that `joins` others which allow it."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if joins:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Connections inherit it; asyncio itself sees to it only where a listener's protocol is named.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
    except BaseException:
        listener.close()
        raise
    return listener
