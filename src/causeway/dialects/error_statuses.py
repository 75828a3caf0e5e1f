"""Which statuses a caller can meet, for the OpenAPI document. Source of truth: `model/errors.py`."""

from collections.abc import Iterator

from causeway.model import errors

# Nobody is left to read a 499.
_UNREAD_STATUSES = (499,)


def error_statuses() -> dict[int, str]:
    """Return every status that the gateway itself answers, each in the words of the errors it stands for."""
    statuses: dict[int, str] = {}
    for error in _concrete_errors(errors.CausewayError):
        if error.status not in _UNREAD_STATUSES:
            known = statuses.get(error.status)
            statuses[error.status] = f"{known} {_summary(error)}" if known else _summary(error)
    return statuses


def provider_error() -> str:
    """Return what any other status means where providers are asked."""
    return _summary(errors.UpstreamRefusedError)


def _summary(error: type[errors.CausewayError]) -> str:
    return (error.__doc__ or "").split("\n", 1)[0]


def _concrete_errors(root: type[errors.CausewayError]) -> Iterator[type[errors.CausewayError]]:
    # Its status is the provider's own.
    if root is errors.UpstreamRefusedError:
        return
    subclasses = root.__subclasses__()
    if not subclasses or root.status != errors.CausewayError.status:
        yield root
    for subclass in subclasses:
        yield from _concrete_errors(subclass)
