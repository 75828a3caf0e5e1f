"""Keeps the garbage collector from looking again and again at what will never be garbage."""

import gc

_YOUNG_OBJECTS = 50_000


def settle() -> None:
    """Take what lives as long as the process out of the collector's sight; to be called once all is set up.

    A call makes some hundreds of objects, nearly all freed by their counts: at Python's own threshold of 700
    the collector ran for almost every call, a fifth of the gateway's time (docs/performance.md). Cycles are
    still found, after more objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
