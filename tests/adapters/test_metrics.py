"""Metrics: what is counted is what was recorded, for however many processes, and Prometheus can read it."""

import os
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from causeway.adapters.metrics.board import _HEAD, SnapshotBoard
from causeway.adapters.metrics.call_metrics import LABEL_SET_LIMIT, CallMetrics
from causeway.adapters.metrics.exposition import encode_exposition
from causeway.adapters.metrics.families import CALLS, GAUGES, TABLES, TARGETS
from causeway.adapters.metrics.families import Counter as CounterMetric
from causeway.adapters.metrics.gateway_metrics import GatewayMetrics
from causeway.adapters.metrics.snapshot import (
    OTHER,
    CountTable,
    Reading,
    Snapshot,
    decode_snapshot,
    encode_snapshot,
    merge,
)
from causeway.model.provenance import Provenance
from causeway.model.usage import Usage
from causeway.pipeline.call import Attempt, CallRecord
from support.call_records import FAILED, RECORD, call_records, record

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def nothing_shared() -> list[Reading]:
    return []


def metrics_of(records: Iterable[CallRecord]) -> CallMetrics:
    metrics = CallMetrics()
    for one in records:
        metrics.begin(one.operation, one.is_stream)
        metrics.record(one)
    return metrics


def snapshot_of(records: Iterable[CallRecord]) -> Snapshot:
    return GatewayMetrics(metrics_of(records), list, nothing_shared).snapshot()


def samples(snapshot: Snapshot) -> Samples:
    """Return every sample, by its name and labels, as Prometheus' own parser reads it."""
    families = text_string_to_metric_families(encode_exposition(snapshot).decode())
    found: Samples = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, "a sample stands there twice"
            found[key] = sample.value
    return found


def total(found: Samples, name: str, **labels: str) -> float:
    return sum(
        value
        for (known, pairs), value in found.items()
        if known == name and labels.items() <= dict(pairs).items()
    )


@given(st.lists(call_records(), max_size=20))
@settings(deadline=None)
def test_the_sums_agree_with_the_records(records: list[CallRecord]) -> None:
    found = samples(snapshot_of(records))
    assert total(found, "causeway_calls_total") == len(records)
    for outcome in ("success", "error", "cancelled"):
        expected = sum(one.outcome == outcome for one in records)
        assert total(found, "causeway_calls_total", outcome=outcome) == expected
    # Each target that was asked is one request, and ends as a success, an error, or neither.
    targets = [target for one in records for target in targets_asked(one)]
    successes = sum(one.outcome == "success" for one in records)
    errors = sum(not is_cancelled for is_cancelled in targets) - successes
    assert total(found, "bifrost_upstream_requests_total") == len(targets)
    assert total(found, "bifrost_success_requests_total") == successes
    assert total(found, "bifrost_error_requests_total") == errors
    latencies = "bifrost_upstream_latency_seconds_count"
    assert total(found, latencies, is_success="true") == successes
    assert total(found, latencies, is_success="false") == errors
    assert total(found, "bifrost_request_retries_count") == len(targets)
    usages = [one.usage for one in records if one.usage is not None]
    assert total(found, "bifrost_input_tokens_total") == sum(one.input_tokens for one in usages)
    assert total(found, "bifrost_output_tokens_total") == sum(one.output_tokens for one in usages)
    cached = sum(one.cached_tokens or 0 for one in usages)
    assert total(found, "bifrost_cache_read_input_tokens_total") == cached
    failed = [attempt for one in records for attempt in one.attempts if attempt.error_code]
    assert total(found, "causeway_failed_attempts_total") == len(failed)
    assert total(found, "bifrost_active_requests") == 0


def targets_asked(one: CallRecord) -> list[bool]:
    """Return for each target that was asked whether its caller left it."""
    by_index: dict[int, list[Attempt]] = {}
    for attempt in one.attempts:
        by_index.setdefault(attempt.fallback_index, []).append(attempt)
    ends = {index: tried[-1].error_code == "cancelled" for index, tried in by_index.items()}
    if one.provenance is not None:
        ends[one.provenance.fallback_index] = one.outcome == "cancelled"
    return list(ends.values())


@given(st.lists(st.lists(call_records(), max_size=5), max_size=5), st.randoms())
@settings(deadline=None)
def test_processes_together_count_what_one_would_have(parts: list[list[CallRecord]], chance: object) -> None:
    apart = [snapshot_of(part) for part in parts]
    together = snapshot_of([one for part in parts for one in part])
    chance.shuffle(apart)  # type: ignore[attr-defined]
    summed = merge(apart)
    assert {name for name, rows in summed.counts.items() if rows} == {
        name for name, rows in together.counts.items() if rows
    }
    for name, rows in together.counts.items():
        assert set(rows) == set(summed.counts.get(name, {}))
        for labels, row in rows.items():
            assert row == pytest.approx(summed.counts[name][labels])


@given(st.lists(call_records(), max_size=4), st.lists(call_records(), max_size=4))
@settings(deadline=None)
def test_merging_is_associative_and_changes_nothing_that_it_reads(
    first: list[CallRecord], second: list[CallRecord]
) -> None:
    a, b, c = snapshot_of(first), snapshot_of(second), snapshot_of([RECORD, FAILED])
    before = [encode_snapshot(one) for one in (a, b, c)]
    left, right = samples(merge([merge([a, b]), c])), samples(merge([a, merge([b, c])]))
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert value == pytest.approx(right[key])
    assert [encode_snapshot(one) for one in (a, b, c)] == before


@given(st.lists(call_records(), max_size=10))
@settings(deadline=None)
def test_a_snapshot_is_the_same_in_another_process(records: list[CallRecord]) -> None:
    snapshot = snapshot_of(records)
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


def test_a_key_is_up_only_where_no_process_leaves_it_alone() -> None:
    name, labels = "bifrost_provider_key_up", ("openai", "first")
    up, down = Snapshot(gauges={name: {labels: 1}}), Snapshot(gauges={name: {labels: 0}})
    assert merge([up, up]).gauges[name][labels] == 1
    assert merge([up, down]).gauges[name][labels] == 0


def test_a_call_is_counted_for_every_target_that_was_asked() -> None:
    answered = record(
        attempts=(*FAILED.attempts[:2], Attempt("cohere", "command-a", "cohere", "", 200, 60.0, 1)),
        provenance=Provenance(
            provider="cohere",
            model="command-a",
            model_requested="openai/gpt-4o",
            request_type="chat_completion",
            key_name="cohere",
            fallback_index=1,
            upstream_milliseconds=60.0,
        ),
    )
    found = samples(snapshot_of([answered]))
    asked = "bifrost_upstream_requests_total"
    assert total(found, asked, provider="openai", selected_key_name="", fallback_index="0") == 1
    assert total(found, asked, provider="cohere", selected_key_name="cohere", fallback_index="1") == 1
    assert total(found, "bifrost_error_requests_total", provider="openai", status_code="504") == 1
    assert total(found, "bifrost_error_requests_total") == 1
    assert total(found, "bifrost_key_rotation_events_total", key_name="first", provider="openai") == 1
    assert total(found, "bifrost_request_retries_sum", provider="openai") == 1
    latency = "bifrost_upstream_latency_seconds_sum"
    assert total(found, latency, is_success="false") == pytest.approx(0.030)
    # What went by before the fallback was asked is not its latency: 250 ms less 30.
    assert total(found, latency, is_success="true") == pytest.approx(0.220)


def test_a_call_that_was_left_is_neither_a_success_nor_an_error() -> None:
    left = record(outcome="cancelled", status=499, error_code="client_disconnected", usage=None)
    found = samples(snapshot_of([left]))
    assert total(found, "bifrost_upstream_requests_total") == 1
    assert total(found, "bifrost_success_requests_total") == 0
    assert total(found, "bifrost_error_requests_total") == 0
    assert total(found, "causeway_calls_total", outcome="cancelled", status_code="499") == 1


@pytest.mark.parametrize("nonsense", [-5, 2**40, 10**400])
def test_no_number_that_a_provider_says_spoils_a_sum(nonsense: int) -> None:
    said = Usage(input_tokens=nonsense, output_tokens=nonsense, cached_tokens=nonsense)
    found = samples(decode_snapshot(encode_snapshot(snapshot_of([RECORD, record(usage=said), RECORD]))))
    assert total(found, "bifrost_input_tokens_total") == 24
    assert total(found, "bifrost_output_tokens_total") == 68
    assert total(found, "bifrost_cache_read_input_tokens_total") == 0
    assert total(found, "bifrost_success_requests_total") == 3


def test_the_first_token_is_that_of_streams_alone() -> None:
    name = "bifrost_stream_first_token_latency_seconds"
    assert total(samples(snapshot_of([RECORD])), f"{name}_count") == 0
    found = samples(snapshot_of([record(is_stream=True)]))
    assert total(found, f"{name}_sum") == pytest.approx(0.240)
    assert total(found, f"{name}_bucket", le="0.1") == 0
    assert total(found, f"{name}_bucket", le="0.25") == 1


def test_calls_under_way_are_those_that_have_begun_and_not_ended() -> None:
    metrics = CallMetrics()
    for _ in range(3):
        metrics.begin("chat", True)
    metrics.begin("embed", False)
    metrics.record(record(is_stream=True))
    found = samples(GatewayMetrics(metrics, list, nothing_shared).snapshot())
    assert total(found, "bifrost_active_requests", method="chat_completion_stream") == 2
    assert total(found, "bifrost_active_requests", method="embedding") == 1


@given(st.text(), st.text())
def test_labels_may_be_any_text(model: str, key_name: str) -> None:
    model, key_name = (text.encode("utf-8", "replace").decode()[:100] for text in (model, key_name))
    snapshot = Snapshot(counts={"errors": {("p", model, "m", key_name, 0, 200): [1]}})
    ((name, labels),) = samples(snapshot)
    assert name == "bifrost_error_requests_total"
    assert dict(labels)["model"] == model
    assert dict(labels)["selected_key_name"] == key_name


def test_labels_are_bounded_in_number_and_length() -> None:
    table = CountTable(1, limit=3)
    for number in range(10):
        table.row((f"model-{number}", "x" * 1000))[0] += 1
        table.row((f"model-{number}", "x" * 1000))[0] += 1
    assert len(table.rows) == 4
    assert table.rows[OTHER, OTHER] == [14]
    assert table.rows["model-0", "x" * 100] == [2]


def test_whatever_is_counted_fits_on_the_board() -> None:
    metrics = CallMetrics()
    for number in range(LABEL_SET_LIMIT + 1):
        for table in metrics.tables.values():
            labels = next(one.labels for one in TABLES if metrics.tables.get(one.name) is table)
            row = table.row(tuple(f"{number}" + "\U0001f600" * 200 for _ in labels))
            row[:] = [0.1] * len(row)
    board = SnapshotBoard.create(1)
    sharing = GatewayMetrics(metrics, list, nothing_shared)
    board.post(1, encode_snapshot(sharing.snapshot()))
    board.close()


def test_every_metric_has_its_own_name_and_its_head() -> None:
    counted = {table.name: {tuple("x" for _ in table.labels): [1.0] * table.width} for table in TABLES}
    gauges = {gauge.name: {tuple("x" for _ in gauge.labels): 1.0} for gauge in GAUGES}
    text = encode_exposition(Snapshot(counts=counted, gauges=gauges)).decode()  # type: ignore[arg-type]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    metrics = [metric for table in TABLES for metric in table.metrics]
    names = [*(metric.name for metric in metrics), *(gauge.name for gauge in GAUGES)]
    assert len(set(names)) == len(names) == len(families)
    for metric in metrics:
        kind = "counter" if isinstance(metric, CounterMetric) else "histogram"
        # The parser knows a counter by its name without the ending.
        assert families[metric.name.removesuffix("_total")].type == kind
        assert families[metric.name.removesuffix("_total")].documentation == metric.help
    assert all(families[gauge.name].type == "gauge" for gauge in GAUGES)
    assert TARGETS.width == len(counted["targets"].popitem()[1])


def test_the_board_has_what_each_worker_posted_last() -> None:
    board = SnapshotBoard.create(3)
    assert [board.read(number) for number in (1, 2, 3)] == [None, None, None]
    board.post(2, b"two")
    board.post(3, b"")
    board.post(2, b"two again")
    assert [board.read(number) for number in (1, 2, 3)] == [None, b"two again", b""]
    board.close()


def test_a_worker_killed_while_it_writes_leaves_what_it_posted_before() -> None:
    board = SnapshotBoard.create(1)
    for turn in range(1, 6):
        board.post(1, b"content of turn %d" % turn)
        earlier = board.read(1)
        written = _bytes_of_turn(turn + 1, b"content of turn %d" % (turn + 1))
        for cut in range(len(written)):
            os.pwrite(board.descriptor, written[:cut] + b"\xff", board._offset(1, turn + 1))
            assert board.read(1) == earlier
    board.close()


def _bytes_of_turn(turn: int, content: bytes) -> bytes:
    other = SnapshotBoard.create(1)
    for _ in range(turn):
        other.post(1, content)
    written = os.pread(other.descriptor, _HEAD.size + len(content), other._offset(1, turn))
    other.close()
    return written


async def test_any_worker_tells_of_all_and_a_successor_goes_on_counting() -> None:
    board = SnapshotBoard.create(2)
    first = GatewayMetrics(metrics_of([RECORD] * 3), list, nothing_shared, board=board, number=1)
    second = GatewayMetrics(metrics_of([RECORD] * 4), list, nothing_shared, board=board, number=2)
    assert await told(first) == 3, "the other has posted nothing yet"
    assert await told(second) == 7
    assert await told(first) == 7
    successor = GatewayMetrics(metrics_of([RECORD]), list, nothing_shared, board=board, number=1)
    assert await told(successor) == 8
    another = GatewayMetrics(CallMetrics(), list, nothing_shared, board=board, number=1)
    assert await told(another) == 8, "nothing was counted twice"
    board.close()


async def told(metrics: GatewayMetrics) -> float:
    text = (await metrics.exposition()).decode()
    (family,) = (one for one in text_string_to_metric_families(text) if one.name == "causeway_calls")
    return sum(sample.value for sample in family.samples)


async def test_gauges_of_a_predecessor_are_not_kept() -> None:
    board = SnapshotBoard.create(1)
    readings = [("causeway_outbound_connections", (), 5.0), ("dropped_rows", (), 2.0)]
    before = GatewayMetrics(CallMetrics(), lambda: readings, nothing_shared, board=board)
    await before.exposition()
    after = GatewayMetrics(CallMetrics(), lambda: readings, nothing_shared, board=board).snapshot()
    assert after.gauges["causeway_outbound_connections"] == {(): 5}
    assert after.counts["dropped_rows"] == {(): [4]}
    board.close()


async def test_a_stopping_worker_posts_for_the_last_time() -> None:
    board = SnapshotBoard.create(1)
    calls = CallMetrics()
    metrics = GatewayMetrics(calls, list, nothing_shared, board=board)
    metrics.start()
    calls.record(RECORD)
    await metrics.stop()
    await metrics.stop()
    posted = board.read(1)
    assert posted is not None
    assert sum(row[0] for row in decode_snapshot(posted).counts[CALLS.name].values()) == 1
    board.close()
