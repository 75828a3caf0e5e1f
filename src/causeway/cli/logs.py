"""`causeway logs`: shows the last calls from the request log. It changes nothing there."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from causeway.adapters.request_log.database import LogFile, LogFileError
from causeway.adapters.request_log.rows import Value
from causeway.config.load import ConfigError, load_config
from causeway.config.request_log import request_log_place

_HEADINGS = ("time", "status", "call", "model", "tokens", "ms")
_NUMERIC = {"tokens", "ms"}


def run(arguments: argparse.Namespace) -> int:
    """Print the calls, the newest last; returns 1 where there is no log to read and 2 for a wrong file."""
    path = Path(arguments.config) if arguments.config else None
    try:
        place = request_log_place(load_config(path), path, os.environ)
    except ConfigError as error:
        print(f"causeway: {error}", file=sys.stderr)
        return 2
    if place is None:
        print("causeway: the request log is switched off", file=sys.stderr)
        return 1
    try:
        calls = _read(place.path, arguments.limit)
    except LogFileError as error:
        print(f"causeway: cannot read the request log {place.path}: {error}", file=sys.stderr)
        return 1
    lines = map(json.dumps, calls) if arguments.json else table_lines(calls)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _read(path: Path, limit: int) -> list[dict[str, Value]]:
    file = LogFile.open_to_read(path)
    try:
        return list(file.last(limit))[::-1]
    finally:
        file.close()


def table_lines(calls: Iterable[dict[str, Value]]) -> Iterator[str]:
    """Yield a table with a line for each call; times are this machine's."""
    rows = [_HEADINGS, *map(_cells, calls)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        yield "  ".join(
            cell.rjust(width) if heading in _NUMERIC else cell.ljust(width)
            for cell, width, heading in zip(row, widths, _HEADINGS, strict=True)
        ).rstrip()


def _cells(call: dict[str, Value]) -> tuple[str, ...]:
    began = float(call["timestamp"] or 0)
    status = str(call["status"])
    if call["error_code"]:
        status = f"{status} {call['status_code']} {call['error_code']}"
    answered_by = f"{call['provider']}/{call['model']}" if call["provider"] else "nobody"
    asked = str(call["model_requested"])
    tokens = "" if call["prompt_tokens"] is None else f"{call['prompt_tokens']}+{call['completion_tokens']}"
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(began)),
        _printable(status),
        str(call["object"]),
        _printable(answered_by if answered_by == asked else f"{asked} -> {answered_by}"),
        tokens,
        f"{call['latency']:.0f}",
    )


def _printable(text: str) -> str:
    """Return others' words without what could act on a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
