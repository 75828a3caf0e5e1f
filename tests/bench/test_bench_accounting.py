"""The kernel's account of processes is read as it is written."""

import os
import subprocess
import sys

import pytest
from bench.proxy.accounting import (
    Usage,
    cpu_usage,
    process_tree,
    read_schedstat,
    read_status_megabytes,
    resident_megabytes,
)

STATUS = "Name:\tpython\nVmPeak:\t  90000 kB\nVmHWM:\t   50000 kB\nVmRSS:\t   40000 kB\nThreads:\t3\n"


def test_schedstat_tells_the_time_on_a_core_first_and_in_nanoseconds() -> None:
    assert read_schedstat("123456789 42 17\n") == pytest.approx(123_456.789)


def test_memory_is_told_in_millions_of_bytes() -> None:
    assert read_status_megabytes(STATUS, "VmRSS") == pytest.approx(40.96)
    assert read_status_megabytes(STATUS, "VmHWM") == pytest.approx(51.2)


def test_a_process_that_has_let_go_of_its_memory_holds_none() -> None:
    assert read_status_megabytes("Name:\tpython\nState:\tZ (zombie)\n", "VmRSS") == 0


def test_usage_is_counted_from_a_moment_and_that_of_a_new_process_from_its_start() -> None:
    before, now = Usage({1: 100.0, 2: 50.0}), Usage({1: 130.0, 3: 7.0})
    assert now.since(before) == {1: 30.0, 3: 7.0}


def test_a_tree_holds_the_children_of_every_process_and_not_those_that_have_ended() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdout.readline()
        root, child = process_tree(parent.pid)
        assert root == parent.pid
        assert cpu_usage(parent.pid).microseconds.keys() == {root, child}
        assert resident_megabytes(parent.pid) > resident_megabytes(child) > 0
        parent.stdin.write("\n")
        parent.stdin.close()
    assert process_tree(parent.pid) == []


def test_time_on_a_core_grows_with_work() -> None:
    before = cpu_usage(os.getpid())
    sum(range(1_000_000))
    assert cpu_usage(os.getpid()).since(before)[os.getpid()] > 0
