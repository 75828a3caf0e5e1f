"""One gateway before scripted providers, for all tests here that want it."""

from support.fronts import front, shared_front

__all__ = ["front", "shared_front"]
