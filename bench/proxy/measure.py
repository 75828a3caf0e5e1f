"""Measures one target at one work, and puts what was seen into the samples."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from bench.proxy.accounting import (
    Usage,
    cpu_usage,
    forget_peak,
    peak_megabytes,
    process_tree,
    resident_megabytes,
)
from bench.proxy.bodies import completion, encode_question
from bench.proxy.goals import GATEWAY
from bench.proxy.native import BODY_BYTES, LoadFailedError, Outcome, put_load
from bench.proxy.programs import BenchError, Cores
from bench.proxy.samples import Samples
from bench.proxy.targets import Target
from bench.proxy.works import IDLE, LARGE_RESPONSE, START, Work

_FIRST_ANSWER_SECONDS = 120.0


class Measuring:
    """Where measurements go. `notes` says what could not be measured, and why."""

    def __init__(self, directory: Path, cores: Cores) -> None:
        self.samples = Samples()
        self.notes: dict[tuple[str, str], str] = {}
        self.round_number = 0
        self._directory = directory
        self._cores = cores

    def work(self, work: Work, target: Target) -> None:
        """Put a work's load on a target: CPU, rate, delays. What failed at once is not tried again."""
        if (work.name, target.name) in self.notes and not self._was_measured(work, target):
            return
        usage: list[Usage] = []
        target.program.settle()
        outcome = self._load(work, target, lambda: usage.append(cpu_usage(target.program.pid)))
        if outcome is None:
            return
        used = cpu_usage(target.program.pid).since(usage[0])
        count = outcome.answers if work.per == "answer" else outcome.events
        if not count:
            self._note(work, target, f"not one {work.per} came in {outcome.seconds:.1f} s")
            return

        def add(metric: str, value: float) -> None:
            self.add(work.name, target.name, metric, value)

        add(f"CPU us/{work.per}", sum(used.values()) / count)
        if target.name == GATEWAY:
            self._name_children(work, target, used, count)
        add(f"{work.per}s/s", count / outcome.seconds)
        if work.offered_per_second:
            add("share of offered rate", count / outcome.seconds / work.offered_per_second)
        if outcome.delay_p99:
            add("delay p50 ms", outcome.delay_p50 / 1000)
            add("delay p99 ms", outcome.delay_p99 / 1000)

    def latency(self, work: Work, targets: list[Target]) -> None:
        """Ask over one connection; the first target is what every other one's latency holds as well."""
        found: dict[str, float] = {}
        for target in targets:
            target.program.settle()
            outcome = self._load(work, target)
            if outcome is not None:
                found[target.name] = outcome.latency_p50
                self.add(work.name, target.name, "p50 us", outcome.latency_p50)
        base = found.pop(targets[0].name, None)
        if base is not None:
            for name, latency in found.items():
                self.add(work.name, name, "added p50 us", latency - base)

    def start(self, make: Callable[[], Target]) -> None:
        """Start a target; measure until its first answer, and what it holds then."""
        with self._started(make) as target:
            self.add(START.name, target.name, "memory MB", resident_megabytes(target.program.pid))

    def idle(self, make: Callable[[], Target]) -> None:
        """Measure what open streams hold in a target that has done nothing else."""
        with self._started(make) as target:
            pid, connections = target.program.pid, IDLE.load.connections
            before, held = resident_megabytes(pid), []
            outcome = self._load(IDLE, target, lambda: held.append(resident_megabytes(pid)))
            if outcome is None:
                return
            if outcome.open < connections:
                self._note(IDLE, target, f"only {outcome.open} of {connections} streams were opened")
                return
            self.add(IDLE.name, target.name, "MB/1,000 streams", (held[0] - before) / connections * 1000)

    def large_peak(self, make: Callable[[], Target]) -> None:
        """Measure what a target holds for large answers that go through it, in bodies that are in flight."""
        with self._started(make) as target:
            before = resident_megabytes(target.program.pid)
            pids = process_tree(target.program.pid)
            for pid in pids:
                forget_peak(pid)
            if self._load(LARGE_RESPONSE, target) is None:
                return
            peak = sum(peak_megabytes(pid) for pid in pids)
            in_flight = LARGE_RESPONSE.load.connections * BODY_BYTES["large-1m"] / 1e6
            self.add(LARGE_RESPONSE.name, target.name, "peak memory in bodies", (peak - before) / in_flight)

    def msgspec_pass(self, work: Work, quarter: Work) -> None:
        """Hold a large work against one decode and encode of its body, and against a quarter of itself."""
        name = work.question.model.removeprefix("mock-body-")
        body = encode_question(work.question, "m") if name == "whole" else completion(BODY_BYTES[name])
        cost = self._on_target_core(lambda: msgspec.json.encode(msgspec.json.decode(body)))
        self.add(work.name, "msgspec", "CPU us/pass", cost)
        ours = self.samples.values(work.name, GATEWAY, "CPU us/answer").get(self.round_number)
        if ours is None:
            return
        self.add(work.name, GATEWAY, "CPU / msgspec pass", ours / cost)
        part = self.samples.values(quarter.name, GATEWAY, "CPU us/answer").get(self.round_number)
        if part is not None:
            self.add(work.name, GATEWAY, "CPU / a quarter's", ours / part)

    def add(self, work: str, target: str, metric: str, value: float) -> None:
        """Take a measurement of the round under way."""
        self.samples.add(self.round_number, work, target, metric, value)

    def _load(
        self, work: Work, target: Target, on_begin: Callable[[], None] = lambda: None
    ) -> Outcome | None:
        try:
            request = target.request(work.question)
            return put_load(work.load, target.port, request, self._directory, on_begin=on_begin)
        except LoadFailedError as error:
            self._note(work, target, str(error))
            return None

    def _note(self, work: Work, target: Target, why: str) -> None:
        self.notes[work.name, target.name] = f"round {self.round_number}: {why}"

    def _was_measured(self, work: Work, target: Target) -> bool:
        return bool(self.samples.values(work.name, target.name, f"CPU us/{work.per}"))

    def _name_children(self, work: Work, target: Target, used: dict[int, float], count: int) -> None:
        for pid, microseconds in used.items():
            if pid != target.program.pid:
                self.add(
                    work.name, target.name, f"CPU us/{work.per} in {_name_of(pid)}", microseconds / count
                )

    @contextmanager
    def _started(self, make: Callable[[], Target]) -> Iterator[Target]:
        started = time.perf_counter()
        with running(make) as target:
            self.add(START.name, target.name, "first answer s", time.perf_counter() - started)
            yield target

    def _on_target_core(self, act: Callable[[], object]) -> float:
        """Return the CPU microseconds of an act on the core of what is measured, the least of some tries."""
        os.sched_setaffinity(0, self._cores.target)
        try:
            tries = []
            for _ in range(5):
                repeats, started = 0, time.thread_time_ns()
                while time.thread_time_ns() - started < 20_000_000:
                    act()
                    repeats += 1
                tries.append((time.thread_time_ns() - started) / repeats / 1000)
            return min(tries)
        finally:
            os.sched_setaffinity(0, self._cores.load)


@contextmanager
def running(make: Callable[[], Target]) -> Iterator[Target]:
    """Start a target, wait until it has answered, and stop it after; raises BenchError."""
    target = make()
    try:
        request, deadline = target.request(START.question), time.monotonic() + _FIRST_ANSWER_SECONDS
        while not _is_answered(target.port, request):
            if target.program.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{target.name} does not answer:\n{target.program.log_tail()}")
            time.sleep(0.002)
        yield target
    finally:
        target.program.stop()


def _is_answered(port: int, request: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _name_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return next((word for word in words if word.startswith("causeway.")), words[0])
