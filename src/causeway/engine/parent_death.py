"""Has the kernel end a child process together with the process that started it, where it can."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(wanted: bool) -> None:
    """Ask for it, or take it back. It covers the moments in which nobody would see a socket close."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL if wanted else 0, 0, 0, 0)
