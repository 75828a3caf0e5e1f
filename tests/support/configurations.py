"""Configurations, from data as a file would give it."""

from typing import Any

import msgspec

from causeway.config.problems import find_problems
from causeway.config.schema import Config
from causeway.config.values import decode_value


def config_of(data: dict[str, Any]) -> Config:
    """Return a configuration that has no mistakes of shape."""
    assert list(find_problems(data, Config)) == []
    return msgspec.convert(data, Config, dec_hook=decode_value)
