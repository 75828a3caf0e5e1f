"""`make bench`, `bench-quick` and `bench-peers`: the gateway as a proxy, beside nginx in the same run."""

import argparse
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.proxy import works
from bench.proxy.goals import GOALS, PEER_GOALS, judge, with_verdicts
from bench.proxy.native import compile_natives
from bench.proxy.peers import PEERS as ALL_PEERS
from bench.proxy.programs import BenchError, divide_cores
from bench.proxy.report import table, verdict_lines, write_results
from bench.proxy.rounds import FULL, PEERS, QUICK, run

_RESULTS = Path(__file__).resolve().parents[1] / "results"
_OPEN_FILES = 20_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.proxy", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=("full", "quick", "peers"), default="full")
    kind = parser.parse_args().kind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    try:
        return _measure(kind)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2


def _measure(kind: str) -> int:
    plan = {"full": FULL, "quick": QUICK, "peers": PEERS}[kind]
    if not Path("/proc/self/schedstat").exists():
        raise BenchError("the bench reads the scheduler's account in Linux's /proc, which is not here")
    _allow_open_files()
    compile_natives()
    peers = ALL_PEERS if kind == "peers" else ()
    for peer in peers:
        print(f"{peer.name} {peer.install()}", flush=True)
    cores = divide_cores(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores.load)
    print(
        f"{platform.platform()}, {_processor()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f}, commit {_commit()}; medians of {plan.rounds} rounds",
        flush=True,
    )
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        measuring = run(plan, Path(directory), cores, peers, lambda text: print(text, flush=True))
    goals = (*GOALS, *PEER_GOALS) if peers else GOALS
    measured = {(row.work, row.metric) for row in measuring.samples.rows()}
    if kind != "full":
        goals = tuple(goal for goal in goals if (goal.work, goal.metric) in measured)
    verdicts = judge(measuring.samples, goals)
    rows = with_verdicts(measuring.samples.rows(), verdicts)
    if kind != "quick":
        print("\n" + table(rows))
        print("\n" + "\n".join(f"{work.name:<18} {work.title}" for work in works.ALL) + "\n")
        write_results(rows, _RESULTS / ("latest.json" if kind == "full" else "peers.json"))
    print("\n".join(verdict_lines(verdicts, measuring.notes)))
    print(f"{time.monotonic() - started:.0f} s")
    return int(kind == "quick" and not all(verdict.is_met for verdict in verdicts))


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if wanted < 6000:
        raise BenchError(f"only {hard} files may be open here (ulimit -Hn); 2,000 streams need 6,000")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()} x{os.cpu_count()}"
    return f"{platform.machine()} x{os.cpu_count()}"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    told = subprocess.run([git, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return told.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
