"""`causeway mock`: the scripted upstream as a program, a provider that costs nothing and obeys a script."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import msgspec

from causeway.testing.requests import RecordedRequest
from causeway.testing.script import ScriptError, load_script
from causeway.testing.upstream import ScriptedUpstream


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop; returns the exit status."""
    given = {"models": arguments.model, "dialects": arguments.dialect, "required_key": arguments.require_key}
    upstream = ScriptedUpstream(
        host=arguments.host,
        port=arguments.port,
        tell=_tell,
        **{name: value for name, value in given.items() if value is not None},
    )
    try:
        if arguments.script:
            upstream.respond = load_script(Path(arguments.script))
        is_told_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: is_told_to_stop.set())
        upstream.start()
    except ScriptError as error:
        print(f"causeway: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        print(f"causeway: cannot listen on {arguments.host}:{arguments.port}: {reason}", file=sys.stderr)
        return 2
    print(f"The scripted upstream is ready: {upstream.url}", flush=True)
    is_told_to_stop.wait()
    upstream.stop()
    return 0


def _tell(request: RecordedRequest, outcome: str) -> None:
    """Print a request in one line: without its query and headers, where keys may be."""
    try:
        model = request.json["model"]
    except (msgspec.DecodeError, KeyError, TypeError):
        model = "-"
    print(f"{request.number} {request.method} {request.path} {model} -> {outcome}", flush=True)
