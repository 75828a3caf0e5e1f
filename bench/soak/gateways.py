"""The gateway before a scripted provider: as its users start it, and within this process to look inside."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from bench.soak.callers import PROVIDER, WAIT_SECONDS
from bench.soak.holdings import POLL_SECONDS, SETTLE_SECONDS
from msgspec import Struct

from causeway.config.schema import Config, ServerConfig
from causeway.model.secret import Secret
from causeway.providers.catalog import load_catalog
from causeway.providers.network import Network
from causeway.providers.provider import Provider
from causeway.rules.access import KeyRing
from causeway.rules.provider_keys import ProviderKey
from causeway.server.compose import compose_application
from causeway.server.http_server import http_server

_KEY = "key-of-the-soak-test"
_READY = "Causeway is ready: "


class Program(Struct):
    """A running `causeway serve`."""

    url: str
    process_id: int


class Inside(Struct):
    """A gateway in a thread of this process."""

    url: str
    loop: asyncio.AbstractEventLoop

    def count_tasks(self) -> int:
        """Return how many tasks the gateway's loop has, without the one that counts."""
        counting = asyncio.run_coroutine_threadsafe(_count_tasks(), self.loop)
        return counting.result(WAIT_SECONDS)

    def settled_tasks(self, baseline: int) -> int:
        """Return how many there are once it is no more than `baseline`, or after a while."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (count := self.count_tasks()) > baseline and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return count


@contextmanager
def program(upstream_url: str) -> Iterator[Program]:
    """Run `causeway serve` without the embedded model; it has a provider at `upstream_url`."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "causeway.toml"
        config.touch(mode=0o600)
        config.write_text(
            "discover_providers = false\n"
            f'[providers.{PROVIDER}]\napi_key = "{_KEY}"\nbase_url = "{upstream_url}"\n'
            '[logs_store.config]\npath = "calls.db"\n'
        )
        command = ["serve", "--port", "0", "--no-engine", "--config", str(config)]
        process = subprocess.Popen(
            [sys.executable, "-m", "causeway", *command], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith(_READY):
                    yield Program(line.removeprefix(_READY).split()[0], process.pid)
                    break
            else:
                raise SystemExit("the gateway did not start")
        finally:
            process.terminate()
            try:
                process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:  # what went wrong before says more
                process.kill()
                process.wait()
            process.stdout.close()


@contextmanager
def inside(upstream_url: str) -> Iterator[Inside]:
    """Run the same gateway on a loop of this process, in a thread."""
    provider = Provider(
        name=PROVIDER,
        spec=load_catalog()[PROVIDER],
        base_url=upstream_url,
        keys=(ProviderKey(id="soak", name="soak", value=Secret(_KEY)),),
        network=Network(allows_private_addresses=True),
    )
    started = threading.Event()
    application = compose_application(Config(), KeyRing(), None, [provider], when_started=started.set)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server, loop = http_server(application, ServerConfig()), uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(sockets=[listener]),))
    thread.start()
    try:
        if not started.wait(WAIT_SECONDS):
            raise SystemExit("the gateway did not start")
        yield Inside(f"http://127.0.0.1:{listener.getsockname()[1]}", loop)
    finally:
        server.should_exit = True
        thread.join(WAIT_SECONDS)
        loop.close()


async def _count_tasks() -> int:
    return len(asyncio.all_tasks()) - 1
