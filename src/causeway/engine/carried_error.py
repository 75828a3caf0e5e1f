"""An error on its way from the process where it was raised to the one that tells the caller.

It arrives as the same class with the same attributes, so that its status, its field and when to retry are
those that were raised. Pure.
"""

from collections.abc import Iterator

from msgspec import Struct

from causeway.model.errors import CausewayError, InternalError

_Attribute = str | int | None | tuple[str, ...]


class CarriedError(Struct, frozen=True, tag=True):
    """A CausewayError as data: the name of its class and what the error itself knows."""

    name: str
    attributes: dict[str, _Attribute]


def carry_error(error: CausewayError) -> CarriedError:
    """Return an error as data."""
    return CarriedError(type(error).__name__, vars(error))


def raised_error(carried: CarriedError) -> CausewayError:
    """Return the error to raise; one of a class that is not known here becomes InternalError."""
    cls = _CLASSES.get(carried.name)
    if cls is None:
        return InternalError("internal server error")
    # Not by its constructor: each class takes other arguments, and all that they set is here.
    error = cls.__new__(cls, carried.attributes["message"])
    vars(error).update(carried.attributes)
    return error


def _subclasses(cls: type[CausewayError]) -> Iterator[type[CausewayError]]:
    yield cls
    for subclass in cls.__subclasses__():
        yield from _subclasses(subclass)


_CLASSES = {cls.__name__: cls for cls in _subclasses(CausewayError)}
