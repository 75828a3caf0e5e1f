"""`make bench-engine`: the embedded model through the gateway, beside the engine alone in the same run."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median

import msgspec
from bench.engine.gateway import Gateway
from bench.engine.work import MAX_TOKENS, ROUNDS, STREAMS, Outcome, spread


def main() -> int:
    if not Path("/proc/self/schedstat").exists():
        print("make bench-engine reads Linux's /proc, which is not here")
        return 1
    print(
        f"{os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}; "
        f"{ROUNDS} rounds, {MAX_TOKENS} tokens a stream, medians (lowest .. highest)\n"
    )
    alone = subprocess.Popen(
        [sys.executable, "-m", "bench.engine.alone"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    gateway = Gateway()
    try:
        print(f"start to ready: {gateway.ready_seconds:.2f} s")
        for pair in (ask_alone(alone, 0, 1), gateway.measure(0, 1)):
            assert pair.tokens > 0, "the warm-up gave no tokens"
        for streams in STREAMS:
            compare(alone, gateway, streams)
        for name in gateway.pids:
            print(f"peak memory of the {name}: {gateway.peak_megabytes(name):.0f} MB")
    finally:
        gateway.close()
        assert alone.stdin is not None
        alone.stdin.close()
        alone.wait()
    return 0


def compare(alone: "subprocess.Popen[str]", gateway: Gateway, streams: int) -> None:
    """Print the figures of so many streams at once; the two targets take turns."""
    pairs: list[tuple[Outcome, Outcome]] = []
    events, cpu = gateway.events, gateway.cpu_microseconds("gateway")
    for round_number in range(1, ROUNDS + 1):
        asked = streams * 10 + round_number
        pairs.append((ask_alone(alone, asked, streams), gateway.measure(asked, streams)))
    cpu_per_event = (gateway.cpu_microseconds("gateway") - cpu) / (gateway.events - events)
    ratio = median(through.tokens_per_second / base.tokens_per_second for base, through in pairs)
    print(f"\n{streams} stream{'s' * (streams > 1)}")
    for title, index in (("engine alone", 0), ("gateway", 1)):
        outcomes = [pair[index] for pair in pairs]
        firsts = [median(outcome.first_token_seconds) * 1000 for outcome in outcomes]
        speeds = [outcome.tokens_per_second for outcome in outcomes]
        print(f"  {title:<13} tokens/s {spread(speeds):<28} first token ms {spread(firsts)}")
    print(f"  tokens/s of the gateway to the engine's alone: {ratio:.2f}")
    print(f"  CPU of the gateway's process: {cpu_per_event:.0f} microseconds an event")


def ask_alone(alone: "subprocess.Popen[str]", round_number: int, streams: int) -> Outcome:
    """Have the engine alone do a round."""
    assert alone.stdin is not None
    assert alone.stdout is not None
    alone.stdin.write(json.dumps({"round": round_number, "streams": streams}) + "\n")
    alone.stdin.flush()
    return msgspec.json.decode(alone.stdout.readline(), type=Outcome)


if __name__ == "__main__":
    sys.exit(main())
