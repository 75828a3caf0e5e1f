"""What was measured, round by round, and the rows that it comes to. Only arithmetic."""

from statistics import median

from msgspec import Struct

YARDSTICK = "nginx"


class Row(Struct, frozen=True, kw_only=True):
    """One figure of the result: a target at a work.

    `spread` is the lowest and the highest of the rounds; `ratio_to_nginx` the median of the ratios of each
    round, where nginx did the same work in it. `goal` and `is_met` are there where one was set.
    """

    work: str
    target: str
    metric: str
    median: float
    spread: tuple[float, float]
    ratio_to_nginx: float | None = None
    goal: str | None = None
    is_met: bool | None = None


class Samples:
    """The measurements of all rounds."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str], dict[int, float]] = {}

    def add(self, round_number: int, work: str, target: str, metric: str, value: float) -> None:
        """Take a measurement; a second one of the same round takes its place."""
        self._values.setdefault((work, target, metric), {})[round_number] = value

    def values(self, work: str, target: str, metric: str) -> dict[int, float]:
        """Return the measurements by round."""
        return self._values.get((work, target, metric), {})

    def rows(self) -> list[Row]:
        """Return a row for each figure, in the order in which they were first measured."""
        return [self._row(*key) for key in self._values]

    def ratio(self, work: str, metric: str, target: str, to: str) -> float | None:
        """Return the median of the rounds' ratios of two targets, or none where no round had both."""
        ours, theirs = self.values(work, target, metric), self.values(work, to, metric)
        return median_ratio(ours, theirs)

    def _row(self, work: str, target: str, metric: str) -> Row:
        values = [*self.values(work, target, metric).values()]
        return Row(
            work=work,
            target=target,
            metric=metric,
            median=median(values),
            spread=(min(values), max(values)),
            ratio_to_nginx=None if target == YARDSTICK else self.ratio(work, metric, target, YARDSTICK),
        )


def median_ratio(ours: dict[int, float], theirs: dict[int, float]) -> float | None:
    """Return the median over the rounds that both have, leaving out those in which the other has nothing."""
    ratios = [value / theirs[number] for number, value in ours.items() if theirs.get(number, 0.0) > 0]
    return median(ratios) if ratios else None
