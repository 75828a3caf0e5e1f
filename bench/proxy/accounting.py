"""What programs cost, by the kernel's own account in /proc: CPU time and memory of a tree of processes."""

import re
from pathlib import Path

from msgspec import Struct

_PROC = Path("/proc")


class Usage(Struct, frozen=True):
    """CPU time since the start, by process id."""

    microseconds: dict[int, float]

    def since(self, before: "Usage") -> dict[int, float]:
        """Return what each process has used since `before`; one that is new since then, all of its own."""
        return {pid: used - before.microseconds.get(pid, 0.0) for pid, used in self.microseconds.items()}


def process_tree(root: int) -> list[int]:
    """Return a process and all its descendants, itself first; none of those that have ended."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        try:
            tasks = [*(_PROC / str(pid) / "task").iterdir()]
            found.append(pid)
            for task in tasks:
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_usage(root: int) -> Usage:
    """Return what each process of a tree has used, all its threads together."""
    return Usage({pid: sum(map(_thread_microseconds, _threads(pid))) for pid in process_tree(root)})


def read_schedstat(text: str) -> float:
    """Return the microseconds that a thread has run, from the text of its `schedstat`."""
    return int(text.split()[0]) / 1000


def resident_megabytes(root: int) -> float:
    """Return the memory that a tree of processes holds now, in 10^6 bytes."""
    return sum(_status_megabytes(pid, "VmRSS") for pid in process_tree(root))


def peak_megabytes(pid: int) -> float:
    """Return the most memory that a process has held since `forget_peak`."""
    return _status_megabytes(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Begin to watch for the peak anew."""
    (_PROC / str(pid) / "clear_refs").write_text("5")


def read_status_megabytes(text: str, field: str) -> float:
    """Return a field of the text of a process's `status`; 0 for a process that holds no memory any more."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _status_megabytes(pid: int, field: str) -> float:
    return read_status_megabytes((_PROC / str(pid) / "status").read_text(), field)


def _threads(pid: int) -> list[Path]:
    try:
        return [*(_PROC / str(pid) / "task").iterdir()]
    except FileNotFoundError:
        return []


def _thread_microseconds(thread: Path) -> float:
    try:
        return read_schedstat((thread / "schedstat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
