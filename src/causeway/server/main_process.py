"""The main process of a gateway with workers: it has the engines, and sees to it that the workers run.

It answers no requests, and imports nothing that does.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence

from causeway.adapters.metrics.board import SnapshotBoard
from causeway.engine.host import EngineHost
from causeway.engine.supervisor import OnState
from causeway.server.engines import compose_embedding_engine, compose_language_engine
from causeway.server.worker_pool import WORKER_COMMAND, WorkerPool
from causeway.server.worker_setup import WorkerSetup, encode_setup


async def run_main_process(
    setup: WorkerSetup,
    listeners: Sequence[socket.socket],
    *,
    when_serving: Callable[[], None],
    on_state: OnState,
) -> None:
    """Run workers on `listeners` until SIGTERM or SIGINT; then they finish. A second one ends them at once.

    `when_serving` is called once, when every worker serves. Raises WorkersFailedError.
    """
    language = compose_language_engine(setup.config, on_state)
    embedding = compose_embedding_engine(setup.config)
    host = EngineHost(language, embedding)
    board = SnapshotBoard.create(len(listeners)) if setup.config.server.metrics else None
    pool = WorkerPool(
        listeners,
        encode_setup(setup),
        host.take,
        command=WORKER_COMMAND if board is None else (*WORKER_COMMAND, f"--board={board.descriptor}"),
        inherited=() if board is None else (board.descriptor,),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, pool.stop)
    if setup.config.engine.enabled:
        language.start()
    try:
        await pool.run(when_serving)
    finally:
        await host.stop()
        await embedding.stop()
        await language.stop()
        if board is not None:
            board.close()
