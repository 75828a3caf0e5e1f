"""What the gateway is held to, and whether it holds. Only data and arithmetic."""

import operator
from collections.abc import Callable, Iterable
from typing import Literal

from bench.proxy.samples import Row, Samples
from msgspec import Struct
from msgspec.structs import replace

GATEWAY = "causeway"

_HOLDS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


class Goal(Struct, frozen=True):
    """A bound on one figure of the gateway: on its median, or on its ratio to another target's."""

    work: str
    metric: str
    sign: Literal["<=", ">="]
    limit: float
    ratio_to: str | None = None

    def __str__(self) -> str:
        if self.ratio_to is None:
            return f"{self.sign} {self.limit:g}"
        times = f"1/{1 / self.limit:g} of" if self.limit < 1 else f"{self.limit:g}x"
        return f"{self.sign} {times} {self.ratio_to}"

    def is_met(self, figure: float) -> bool:
        """Whether a figure is within the bound."""
        return _HOLDS[self.sign](figure, self.limit)


GOALS: tuple[Goal, ...] = (
    Goal("a", "CPU us/answer", "<=", 6, "nginx"),
    Goal("b", "CPU us/answer", "<=", 4.5, "nginx"),
    Goal("c", "CPU us/event", "<=", 6, "nginx"),
    Goal("d", "CPU us/event", "<=", 3, "nginx"),
    Goal("e 1,000", "share of offered rate", ">=", 0.99),
    Goal("e 1,000", "delay p99 ms", "<=", 4, "nginx"),
    Goal("e 2,000", "share of offered rate", ">=", 0.99),
    Goal("f", "MB/1,000 streams", "<=", 25),
    Goal("h request 200 kB", "CPU / msgspec pass", "<=", 3),
    Goal("h response 1 MB", "CPU / msgspec pass", "<=", 3),
    # Four times the body may cost four times as much, and what the measuring is off by.
    Goal("h request 200 kB", "CPU / a quarter's", "<=", 4.4),
    Goal("h response 1 MB", "CPU / a quarter's", "<=", 4.4),
    Goal("h response 1 MB", "peak memory in bodies", "<=", 8),
    Goal("i", "answers/s / one worker's", ">=", 1.7),
    Goal("latency", "added p50 us", "<=", 4, "nginx"),
)
PEER_GOALS = (
    Goal("a", "CPU us/answer", "<=", 1 / 80, "litellm"),
    Goal("a", "CPU us/answer", "<=", 1 / 20, "portkey"),
    Goal("start", "first answer s", "<=", 1 / 10, "litellm"),
    Goal("start", "memory MB", "<=", 1 / 5, "litellm"),
)


class Verdict(Struct, frozen=True):
    """A goal and the figure it is held against; none where that was not measured."""

    goal: Goal
    figure: float | None

    @property
    def is_met(self) -> bool:
        """Whether it was measured and is within the bound."""
        return self.figure is not None and self.goal.is_met(self.figure)


def judge(samples: Samples, goals: Iterable[Goal]) -> list[Verdict]:
    """Return the verdict on each goal."""
    rows = {(row.work, row.metric): row for row in samples.rows() if row.target == GATEWAY}
    verdicts = []
    for goal in goals:
        row = rows.get((goal.work, goal.metric))
        figure = None if row is None else row.median
        if goal.ratio_to is not None:
            figure = samples.ratio(goal.work, goal.metric, GATEWAY, goal.ratio_to)
        verdicts.append(Verdict(goal, figure))
    return verdicts


def with_verdicts(rows: Iterable[Row], verdicts: Iterable[Verdict]) -> list[Row]:
    """Return the rows, those of the gateway with their goals; one with several is met where all are."""
    told: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        told.setdefault((verdict.goal.work, verdict.goal.metric), []).append(verdict)
    judged = []
    for row in rows:
        found = told.get((row.work, row.metric), []) if row.target == GATEWAY else []
        if found:
            goal = ", ".join(str(verdict.goal) for verdict in found)
            row = replace(row, goal=goal, is_met=all(verdict.is_met for verdict in found))
        judged.append(row)
    return judged
