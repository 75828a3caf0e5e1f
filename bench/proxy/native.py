"""The mock provider and the load, which are written in C so that they cost little beside what is measured."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
from bench.proxy import bodies
from bench.proxy.programs import BenchError, Program, free_port

_SOURCES = Path(__file__).resolve().parents[1] / "native"
_BUILT = _SOURCES / "build"

BODY_BYTES = {"whole": 560, "large-256k": 256_000, "large-1m": 1_024_000}


class Outcome(msgspec.Struct, frozen=True):
    """What the load has counted. Latencies and delays are in microseconds, and 0 where there were none.

    `open` is how many connections had something of an answer at the end.
    """

    answers: int
    events: int
    failures: int
    bytes: int
    open: int
    seconds: float
    latency_p50: float
    latency_p99: float
    delay_p50: float
    delay_p99: float


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked: see `native/load.c`."""

    connections: int
    seconds: float
    warm_seconds: float = 0.4
    ramp_seconds: float = 0.0


class LoadFailedError(BenchError):
    """A target did not answer as it should."""


def compile_natives() -> None:
    """Compile both programs where their sources are newer; raises BenchError without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchError("the bench needs a C compiler; on Debian: apt-get install gcc libc6-dev")
    _BUILT.mkdir(exist_ok=True)
    for name in ("mock", "load"):
        built, sources = _BUILT / name, [_SOURCES / f"{name}.c", _SOURCES / "common.h"]
        if built.exists() and built.stat().st_mtime > max(source.stat().st_mtime for source in sources):
            continue
        options = ["-O2", "-std=gnu17", "-Wall", "-Wextra", "-o", str(built)]
        done = subprocess.run([compiler, *options, str(sources[0])], capture_output=True, text=True)
        if done.returncode:
            raise BenchError(f"{sources[0]} cannot be compiled:\n{done.stderr}")


def start_mock(directory: Path, cores: frozenset[int]) -> tuple[Program, int]:
    """Start the mock provider; returns it and its port."""
    answers = directory / "answers"
    answers.mkdir()
    for name, size in BODY_BYTES.items():
        (answers / f"{name}.json").write_bytes(bodies.completion(size))
    (answers / "first.sse").write_bytes(bodies.first_frames())
    (answers / "event.sse").write_bytes(bodies.event_frame())
    (answers / "last.sse").write_bytes(bodies.last_frames())
    port = free_port()
    mock = Program([str(_BUILT / "mock"), str(port), str(answers)], cores=cores, log=directory / "mock.log")
    mock.wait_for_port(port)
    return mock, port


def put_load(
    load: Load, port: int, request: bytes, directory: Path, *, on_begin: Callable[[], None] = lambda: None
) -> Outcome:
    """Ask, and return what was counted; `on_begin` is called when the counting begins.

    Runs on the cores of the caller. Raises LoadFailedError where an answer was not what it should be.
    """
    file = directory / "request"
    file.write_bytes(request)
    figures = (load.connections, load.ramp_seconds, load.warm_seconds, load.seconds)
    command = [str(_BUILT / "load"), str(port), str(file), *map(str, figures)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        last = ""
        for line in process.stdout:
            last = line
            if line == "begin\n":
                on_begin()
            else:
                break  # at once: what comes after the counting is not to be measured
        outcome = msgspec.json.decode(last, type=Outcome) if last.startswith("{") else None
        complaint = process.stderr.read()
    if outcome is None or outcome.failures:
        count = "too many" if outcome is None else outcome.failures
        raise LoadFailedError(f"{count} failures: {complaint.strip()[:300]}")
    return outcome
