"""`causeway serve`: starts the gateway and tells the user how to talk to it.

One process does everything, or a main process has the engines and workers answer; what a mode alone needs
is imported by it, since the main process is to stay small.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

from causeway.cli.announce import Announcer
from causeway.cli.settings import listen, providers_from, settings_from, worker_count
from causeway.config.answer_place import AnswerPlace, answer_place
from causeway.config.load import ConfigError, check_exposure, load_keys
from causeway.config.request_log import RequestLogPlace, request_log_place
from causeway.config.schema import Config
from causeway.engine.gguf import GgufError, read_header
from causeway.engine.weights import served_name
from causeway.providers.provider import Provider
from causeway.rules.access import KeyRing
from causeway.server.engines import weights_of
from causeway.server.log import start_log
from causeway.server.worker_setup import WorkerSetup


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop; returns the exit status."""
    start_log(is_verbose=arguments.verbose)
    try:
        config = settings_from(arguments)
        keys = load_keys(config.server, os.environ)
        check_exposure(config.server, keys)
        _check_model(config)
        providers = providers_from(arguments, config)
        listeners = listen(config.server, worker_count(config.server))
    except ConfigError as error:
        print(f"causeway: {error}", file=sys.stderr)
        return 2
    port: int = listeners[0].getsockname()[1]
    config_path = Path(arguments.config) if arguments.config else None
    log_place = request_log_place(config, config_path, os.environ)
    kept_at = answer_place(config, config_path, os.environ)
    announcer = Announcer(host=config.server.host, port=port, needs_key=bool(keys))
    announcer.list_providers(providers)
    if config.engine.enabled:
        announcer.model_name = served_name(weights_of(config))
    if len(listeners) == 1:
        return _serve_alone(config, keys, providers, log_place, kept_at, listeners[0], announcer)
    setup = WorkerSetup(
        config=config,
        keys=keys,
        providers=providers,
        log_place=log_place,
        answer_place=kept_at,
        worker_count=len(listeners),
        is_verbose=arguments.verbose,
    )
    return _serve_with_workers(setup, listeners, announcer)


def _check_model(config: Config) -> None:
    if config.engine.enabled and config.engine.model:
        try:
            read_header(Path(config.engine.model))
        except GgufError as error:
            raise ConfigError(f"the model cannot be used: {error}") from None


def _serve_alone(
    config: Config,
    keys: KeyRing,
    providers: tuple[Provider, ...],
    log_place: RequestLogPlace | None,
    kept_at: AnswerPlace,
    listener: socket.socket,
    announcer: Announcer,
) -> int:
    from causeway.server.compose import compose_application, compose_model
    from causeway.server.http_server import http_server

    model = compose_model(config, announcer.tell) if config.engine.enabled else None
    application = compose_application(
        config,
        keys,
        model,
        providers,
        log_place=log_place,
        answer_place=kept_at,
        when_started=announcer.serving,
    )
    server = http_server(application, config.server)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    return 0 if server.started else 1


def _serve_with_workers(
    setup: WorkerSetup, listeners: tuple[socket.socket, ...], announcer: Announcer
) -> int:
    import uvloop

    from causeway.server.main_process import run_main_process
    from causeway.server.worker_pool import WorkersFailedError

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                run_main_process(setup, listeners, when_serving=announcer.serving, on_state=announcer.tell)
            )
    except WorkersFailedError as error:
        print(f"causeway: {error}", file=sys.stderr)
        return 1
    return 0
