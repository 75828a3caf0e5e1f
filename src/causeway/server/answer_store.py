"""Opens the store of kept answers where the configuration says."""

from causeway.adapters.answer_store.store import AnswerStore
from causeway.config.answer_place import AnswerPlace


def compose_answer_store(place: AnswerPlace | None) -> AnswerStore:
    """Return the store at `place`; without one, what it keeps is in memory."""
    if place is None:
        return AnswerStore()
    return AnswerStore(place.path, max_bytes=place.max_bytes, retention_seconds=place.retention_seconds)
