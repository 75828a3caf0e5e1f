"""What a worker must know, as the main process sends it, so that all have one view of the configuration."""

import pickle

from msgspec import Struct

from causeway.config.answer_place import AnswerPlace
from causeway.config.request_log import RequestLogPlace
from causeway.config.schema import Config
from causeway.providers.provider import Provider
from causeway.rules.access import KeyRing


class WorkerSetup(Struct, frozen=True, kw_only=True):
    """The configuration as it was checked once, where calls and answers are kept, and how many workers."""

    config: Config
    keys: KeyRing
    providers: tuple[Provider, ...]
    log_place: RequestLogPlace | None
    answer_place: AnswerPlace
    worker_count: int
    is_verbose: bool


def encode_setup(setup: WorkerSetup) -> bytes:
    """Return it as it goes to a worker. It holds secrets."""
    # Both ends are this very program, and the worker has nothing but what the other end gave it: a format
    # with less power would protect nobody, and would need a way to write each setting down.
    return pickle.dumps(setup)


def decode_setup(encoded: bytes) -> WorkerSetup:
    """Return what `encode_setup` was given. To be used on what the main process sent, and nothing else."""
    setup: WorkerSetup = pickle.loads(encoded)  # noqa: S301 - see `encode_setup`
    return setup
