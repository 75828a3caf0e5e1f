"""The result as a table for people and as JSON for programs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from bench.proxy.goals import Verdict
from bench.proxy.samples import Row

_HEADINGS = ("work", "target", "metric", "median", "lowest .. highest", "of nginx", "goal", "")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as aligned columns, works and their targets together."""
    lines = [_HEADINGS, *map(_cells, sorted(rows, key=_place))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict_lines(verdicts: Iterable[Verdict], notes: Mapping[tuple[str, str], str]) -> list[str]:
    """Return a line for each goal, and one for each thing that could not be measured."""
    lines = []
    for verdict in verdicts:
        goal, figure = verdict.goal, verdict.figure
        shown = "not measured" if figure is None else f"{figure:.3g}"
        word = "-" if figure is None else "pass" if verdict.is_met else "FAIL"
        lines.append(f"{word:<5} {goal.work:<16} {goal.metric:<24} {shown:>12}   goal {goal}")
    lines += [f"not measured: {work}, {target}: {why}" for (work, target), why in notes.items()]
    return lines


def write_results(rows: Sequence[Row], file: Path) -> None:
    """Write the rows as a JSON list."""
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def _cells(row: Row) -> tuple[str, ...]:
    lowest, highest = row.spread
    return (
        row.work,
        row.target,
        row.metric,
        f"{row.median:,.4g}" if row.median < 1000 else f"{row.median:,.0f}",
        f"{lowest:.4g} .. {highest:.4g}",
        "" if row.ratio_to_nginx is None else f"{row.ratio_to_nginx:.2f}",
        row.goal or "",
        "" if row.is_met is None else "pass" if row.is_met else "FAIL",
    )


def _place(row: Row) -> tuple[str, str]:
    return row.work, row.metric
