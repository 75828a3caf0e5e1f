"""What Anthropic's models can be asked for, by the generation that their names tell.

Only for requests that came in other dialects: who writes Anthropic's has chosen the words for the model.
A name without a number is taken for the newest. Source of truth: the recorded exchanges, and Anthropic's
documentation of its models where none was recorded.
"""

import re
from functools import lru_cache

from msgspec import Struct

_NAME = re.compile(r"claude-(?:[a-z]+-)?(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2}))?(?!\d)")
_NEWEST = (99, 0)


class Abilities(Struct, frozen=True):
    """What one model takes.

    `thinks` at all; `thinks_adaptively` where it decides by itself how much, and `thinks_within_bounds` where
    a number of tokens can be given. `takes_highest_effort` is for `xhigh`. `shows_thinking_on_demand` where
    thinking is hidden unless it is asked for. `enforces_schemas` of answers and of tools' inputs.
    `takes_sampling` is for temperature, `top_p` and `top_k`, `takes_both` for the first two of these at once.
    """

    thinks: bool
    thinks_adaptively: bool
    thinks_within_bounds: bool
    takes_highest_effort: bool
    shows_thinking_on_demand: bool
    enforces_schemas: bool
    takes_sampling: bool
    takes_both: bool


@lru_cache(maxsize=64)
def abilities_of(model: str) -> Abilities:
    """Return what a model of this name takes."""
    match = _NAME.search(model.lower())
    generation = (int(match["major"]), int(match["minor"] or 0)) if match else _NEWEST
    return Abilities(
        thinks=generation >= (3, 7),
        thinks_adaptively=generation >= (4, 6),
        thinks_within_bounds=generation < (4, 7),
        takes_highest_effort=generation >= (4, 7),
        shows_thinking_on_demand=generation >= (4, 7),
        enforces_schemas=generation >= (4, 5) or generation == (4, 1),
        takes_sampling=generation < (4, 7),
        takes_both=generation < (4, 1),
    )
