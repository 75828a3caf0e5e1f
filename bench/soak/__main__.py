"""`make soak`: thousands of callers who leave their streams, and what the gateway holds when they are gone.

They leave in each of the windows: before the provider's head, between it and the first content, and after
that. Fails where a descriptor, a thread, a task or a provider's connection is left over, or memory goes on
rising.
"""

import os
import platform
import resource
import sys
import time
from pathlib import Path

from bench.soak.callers import CONCURRENCY, WINDOWS, Callers
from bench.soak.gateways import inside, program
from bench.soak.holdings import Holdings, holdings, settled_holdings, slope

from causeway.testing import ScriptedUpstream

WARM_UP = 1_500  # the call log remembers a thousand
STREAMS = 10_000
STAGES = 10
STREAMS_INSIDE = 1_500
# Of the line through the second half of the stages, for every thousand streams.
MAX_RISE_KIBIBYTES = 256.0
_OPEN_FILES = 8_192


def main() -> int:
    if not Path("/proc/self/task").is_dir():
        print("make soak reads Linux's /proc, which is not here")
        return 1
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_OPEN_FILES, most), most))
    print(f"{os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}")
    print(f"{CONCURRENCY} callers at once, who leave {', '.join(WINDOWS)}")
    failures: list[str] = []
    for soak in (soak_program, soak_inside):
        try:
            failures += soak()
        except (TimeoutError, RuntimeError) as error:
            failures.append(f"{type(error).__name__}: {error}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print("Nothing is left over." if not failures else f"{len(failures)} failures.")
    return 1 if failures else 0


def soak_program() -> list[str]:
    """Leave streams of `causeway serve`; returns what is wrong after.

    Raises TimeoutError where a provider's connection stays open, and RuntimeError for an answer that is cut.
    """
    with (
        ScriptedUpstream(record_limit=1) as upstream,
        program(upstream.url) as gateway,
        Callers(upstream) as callers,
    ):
        callers.stay(gateway.url)
        callers.leave(gateway.url, WARM_UP)
        baseline = holdings(gateway.process_id)
        print(f"\n{'streams':>8} {'seconds':>8} {'descriptors':>12} {'threads':>8} {'memory':>12}")
        _print_row(0, 0.0, baseline)
        started, stages = time.perf_counter(), []
        for stage in range(1, STAGES + 1):
            callers.leave(gateway.url, STREAMS // STAGES)
            stages.append(settled_holdings(gateway.process_id, baseline))
            _print_row(stage * STREAMS // STAGES, time.perf_counter() - started, stages[-1])
        callers.stay(gateway.url)
        abandoned = upstream.replies_abandoned
    rise_by_stage = slope([stage.memory_kibibytes for stage in stages[STAGES // 2 :]])
    rise = rise_by_stage * 1000 * STAGES / STREAMS
    print(f"\n{abandoned} of {WARM_UP + STREAMS} replies were abandoned, the warm-up's with them")
    print(
        f"memory in the second half: {rise:+.1f} KiB by a thousand streams (at most {MAX_RISE_KIBIBYTES:+})"
    )
    return [
        *_left_over("descriptors", stages[-1].descriptors, baseline.descriptors),
        *_left_over("threads", stages[-1].threads, baseline.threads),
        *([] if rise <= MAX_RISE_KIBIBYTES else [f"memory rises by {rise:.1f} KiB by a thousand streams"]),
        *([] if abandoned == WARM_UP + STREAMS else ["not every reply was abandoned once"]),
    ]


def soak_inside() -> list[str]:
    """Leave streams of a gateway in this process; returns what is wrong after. Raises as `soak_program`."""
    with (
        ScriptedUpstream(record_limit=1) as upstream,
        inside(upstream.url) as gateway,
        Callers(upstream) as callers,
    ):
        callers.stay(gateway.url)
        before = gateway.count_tasks()
        callers.leave(gateway.url, STREAMS_INSIDE)
        after = gateway.settled_tasks(before)
        callers.stay(gateway.url)
    print(f"tasks of the gateway's loop: {before} before and {after} after {STREAMS_INSIDE} streams")
    return _left_over("tasks", after, before)


def _left_over(what: str, after: int, before: int) -> list[str]:
    return [f"{after} {what}, {before} before"] if after > before else []


def _print_row(streams: int, seconds: float, held: Holdings) -> None:
    memory = f"{held.memory_kibibytes:,} KiB"
    print(f"{streams:>8} {seconds:>8.1f} {held.descriptors:>12} {held.threads:>8} {memory:>12}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
