"""The gateway as its users run it, asked over HTTP by raw sockets."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.engine.work import MAX_TOKENS, SYSTEM_TEXT, Outcome, question


class Gateway:
    """A running `causeway serve`. `close` ends it."""

    def __init__(self) -> None:
        self._state = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "causeway", "serve", "--port", "0", "--workers", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "XDG_STATE_HOME": self._state.name},  # where it logs calls
        )
        started = time.perf_counter()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("Causeway is ready: "):
                self._port = int(line.split()[3].rpartition(":")[2])
                break
        else:
            raise SystemExit("the gateway did not start; `make doctor` says why")
        self.ready_seconds = time.perf_counter() - started
        pid = self._process.pid
        (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.pids = {"gateway": pid, "engine": int(worker)}
        self.events = 0

    def measure(self, round_number: int, streams: int) -> Outcome:
        """Ask `streams` questions at once."""
        return asyncio.run(self._measure(round_number, streams))

    def peak_megabytes(self, name: str) -> float:
        """Return the most memory that a process has held."""
        status = Path(f"/proc/{self.pids[name]}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024

    def cpu_microseconds(self, name: str) -> float:
        """Return the CPU time of all threads of a process, by the scheduler's own account."""
        tasks = Path(f"/proc/{self.pids[name]}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000

    def close(self) -> None:
        """End the gateway."""
        self._process.terminate()
        self._process.wait()
        self._state.cleanup()

    async def _measure(self, round_number: int, streams: int) -> Outcome:
        started = time.perf_counter()
        answers = await asyncio.gather(
            *(self._ask(question(round_number, stream), started) for stream in range(streams))
        )
        wall_seconds = time.perf_counter() - started
        return Outcome(sum(tokens for tokens, _ in answers), wall_seconds, [first for _, first in answers])

    async def _ask(self, text: str, started: float) -> tuple[int, float]:
        messages = [{"role": "system", "content": SYSTEM_TEXT}, {"role": "user", "content": text}]
        asked = {"model": "m", "messages": messages, "stream": True, "seed": 1, "max_tokens": MAX_TOKENS}
        body = json.dumps(asked).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = b"POST /v2/chat HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        first_token_seconds = 0.0
        received = bytearray()
        while chunk := await reader.read(65536):
            received += chunk
            if not first_token_seconds and b"content-delta" in received:
                first_token_seconds = time.perf_counter() - started
        writer.close()
        self.events += received.count(b"event: ")
        return int(re.findall(rb'"output_tokens":(\d+)', received)[-1]), first_token_seconds
