"""Where the gateway's log goes, and how its lines look: to standard error, each with who wrote it."""

import logging


def start_log(*, is_verbose: bool, worker_number: int | None = None) -> None:
    """Begin to log; the lines of a worker carry its number."""
    writer = "" if worker_number is None else f"worker {worker_number} "
    logging.basicConfig(
        level=logging.DEBUG if is_verbose else logging.WARNING,
        format=f"%(asctime)s {writer}%(levelname)s %(name)s: %(message)s",
    )
