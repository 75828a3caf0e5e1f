"""A worker of the gateway: `python -m causeway.server.worker`. It answers; the engines run elsewhere.

It inherits its listener and a link to the main process, reads no files or variables to configure itself,
and lives no longer than the main process does.
"""

import argparse
import signal
import socket

from causeway.adapters.metrics.board import SnapshotBoard
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.parent_death import die_with_parent
from causeway.engine.remote import RemoteEmbeddingEngine, RemoteLanguageEngine
from causeway.server.compose import compose_application, compose_model
from causeway.server.health import WorkerPlace
from causeway.server.http_server import http_server
from causeway.server.log import start_log
from causeway.server.worker_link import MainLink, receive_setup
from causeway.server.worker_setup import WorkerSetup, decode_setup


def main() -> int:
    """Serve until told to stop, or until the main process is gone; returns the exit status."""
    parser = argparse.ArgumentParser(prog="causeway.server.worker")
    parser.add_argument("--number", type=int, required=True, help="which of the workers this is, from 1")
    parser.add_argument("--listener", type=int, required=True, help="file descriptor of a listening socket")
    parser.add_argument(
        "--link", type=int, required=True, help="file descriptor of the main process's socket"
    )
    parser.add_argument("--board", type=int, help="file descriptor of what the workers' metrics stand on")
    arguments = parser.parse_args()
    die_with_parent(True)
    link = socket.socket(fileno=arguments.link)
    received = receive_setup(link)
    if received is None:
        return 0
    setup = decode_setup(received)
    start_log(is_verbose=setup.is_verbose, worker_number=arguments.number)
    board = None if arguments.board is None else SnapshotBoard(arguments.board, setup.worker_count)
    return _serve(setup, arguments.number, MainLink(link), socket.socket(fileno=arguments.listener), board)


def _serve(
    setup: WorkerSetup, number: int, link: MainLink, listener: socket.socket, board: SnapshotBoard | None
) -> int:
    def when_started() -> None:
        # Where the kernel has not ended this process already, it ends as if it had been told to.
        link.watch(when_gone=lambda: signal.raise_signal(signal.SIGTERM))
        link.say_serving()

    model = embedder = None
    if setup.config.engine.enabled:
        model = compose_model(setup.config, engine=RemoteLanguageEngine(link.open_call))
        embedder = EmbeddedEmbedder(RemoteEmbeddingEngine(link.open_call))
    application = compose_application(
        setup.config,
        setup.keys,
        model,
        setup.providers,
        embedder=embedder,
        log_place=setup.log_place,
        answer_place=setup.answer_place,
        board=board,
        place=WorkerPlace(number, setup.worker_count),
        when_started=when_started,
    )
    server = http_server(application, setup.config.server)
    server.run(sockets=[listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    raise SystemExit(main())
