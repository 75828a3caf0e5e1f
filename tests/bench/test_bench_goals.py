"""Goals are held against what was measured, and what was not measured meets none."""

import msgspec
import pytest
from bench.proxy.goals import GOALS, PEER_GOALS, Goal, judge, with_verdicts
from bench.proxy.report import table, verdict_lines, write_results
from bench.proxy.samples import Row, Samples
from bench.proxy.works import ALL


def measured(**targets: float) -> Samples:
    samples = Samples()
    for target, value in targets.items():
        samples.add(1, "a", target, "CPU us/answer", value)
    return samples


@pytest.mark.parametrize(("figure", "is_met"), [(59.0, True), (60.0, True), (61.0, False)])
def test_a_ratio_is_met_up_to_its_limit(figure: float, is_met: bool) -> None:
    (verdict,) = judge(measured(nginx=10.0, causeway=figure), [Goal("a", "CPU us/answer", "<=", 6, "nginx")])
    assert verdict.figure == figure / 10
    assert verdict.is_met is is_met


def test_a_goal_without_another_target_is_on_the_figure_itself() -> None:
    (verdict,) = judge(measured(nginx=10.0, causeway=0.98), [Goal("a", "CPU us/answer", ">=", 0.99)])
    assert (verdict.figure, verdict.is_met) == (0.98, False)


@pytest.mark.parametrize("samples", [measured(causeway=1.0), measured(nginx=1.0), Samples()])
def test_what_was_not_measured_is_not_met(samples: Samples) -> None:
    (verdict,) = judge(samples, [Goal("a", "CPU us/answer", "<=", 6, "nginx")])
    assert verdict.figure is None
    assert not verdict.is_met


def test_a_row_with_two_goals_is_met_where_both_are() -> None:
    samples = measured(nginx=10.0, causeway=50.0, litellm=3000.0)
    goals = [
        Goal("a", "CPU us/answer", "<=", 6, "nginx"),
        Goal("a", "CPU us/answer", "<=", 1 / 80, "litellm"),
    ]
    rows = {row.target: row for row in with_verdicts(samples.rows(), judge(samples, goals))}
    assert rows["causeway"].goal == "<= 6x nginx, <= 1/80 of litellm"
    assert rows["causeway"].is_met is False
    assert rows["nginx"].goal is None
    assert rows["nginx"].is_met is None


def test_every_goal_is_on_a_work_that_there_is() -> None:
    names = {work.name for work in ALL}
    assert {goal.work for goal in (*GOALS, *PEER_GOALS)} <= names


def test_results_are_a_list_of_rows(tmp_path) -> None:
    file = tmp_path / "results" / "latest.json"
    samples = measured(nginx=10.0, causeway=50.0)
    rows = with_verdicts(samples.rows(), judge(samples, GOALS))
    write_results(rows, file)
    assert msgspec.json.decode(file.read_bytes(), type=list[Row]) == rows
    assert msgspec.json.decode(file.read_bytes())[1] == {
        "work": "a",
        "target": "causeway",
        "metric": "CPU us/answer",
        "median": 50.0,
        "spread": [50.0, 50.0],
        "ratio_to_nginx": 5.0,
        "goal": "<= 6x nginx",
        "is_met": True,
    }


def test_the_table_shows_each_row_and_the_list_each_goal() -> None:
    samples = measured(nginx=10.0, causeway=70.0)
    verdicts = judge(samples, [*GOALS[:1], *GOALS[2:3]])
    shown = table(with_verdicts(samples.rows(), verdicts)).splitlines()
    assert len({line.index("CPU us/answer") for line in shown[1:]}) == 1
    assert shown[2].endswith("7.00      <= 6x nginx  FAIL")
    failed, absent, note = verdict_lines(verdicts, {("g", "causeway"): "there is no openssl"})
    assert failed.startswith("FAIL  a")
    assert absent.startswith("-     c")
    assert note == "not measured: g, causeway: there is no openssl"
