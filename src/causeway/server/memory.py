"""How the process treats memory once it serves: what its collector looks at, and what it keeps when freed."""

import ctypes
import gc

_YOUNG_OBJECTS = 50_000
_KEPT_BYTES = 16 * 1024 * 1024
# Of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def settle() -> None:
    """Take what lives as long as the process out of the collector's sight; to be called once all is set up.

    A call makes some hundreds of objects, nearly all freed by their counts: at Python's own threshold of 700
    the collector ran for almost every call, a fifth of the gateway's time (docs/performance.md). Cycles are
    still found, after more objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Have the C library keep up to 16 MB that were freed, where it can be told so.

    A large body is a few buffers of its size. Given back to the system each time, their pages are new and
    empty the next time: that was a quarter of the time of an answer of 1 MB.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
