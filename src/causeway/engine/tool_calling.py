"""An answer that calls tools: a plan in a sentence, then the calls one after the other.

The tools are chosen in `tool_choice`, their arguments found in `tool_arguments`; here they become
events. The first comes when the first call is whole, so that what fails before is an honest error.
"""

import secrets
import uuid
from collections.abc import AsyncGenerator

from causeway.engine.protocol import EngineSampling
from causeway.engine.text_answer import Start
from causeway.engine.tool_arguments import added, find_arguments
from causeway.engine.tool_choice import PlannedCall
from causeway.model.events import (
    Event,
    MessageEnd,
    MessageStart,
    PlanDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.loss import LossReport
from causeway.model.request import Sampling
from causeway.model.response import FinishReason
from causeway.model.usage import Usage

_ID_CHARACTERS = 12
_MAX_ARGUMENT_TOKENS = 512
_CROCKFORD_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


async def call_tools(
    start: Start, calls: tuple[PlannedCall, ...], sampling: EngineSampling
) -> AsyncGenerator[Event, None]:
    """Answer with calls of tools. Raises InvalidGenerationError where no valid arguments can be found."""
    usage = Usage()
    for index, call in enumerate(calls):
        arguments = await find_arguments(start, call, sampling)
        usage = added(usage, arguments.usage)
        if index == 0:
            yield MessageStart(str(uuid.uuid4()))
            yield PlanDelta(_plan(calls))
        yield ToolCallStart(index, _new_id(call), call.tool.tool.name)
        yield ToolCallDelta(index, arguments.text)
        yield ToolCallEnd(index)
    yield MessageEnd(FinishReason.TOOL_CALL, usage)


def argument_sampling(sampling: EngineSampling, asked: Sampling, losses: LossReport) -> EngineSampling:
    """Return how to generate arguments: greedily, and to their end.

    What of the caller's wishes that leaves out is added to `losses`.
    """
    for name, value in (
        ("max_tokens", asked.max_tokens),
        ("stop_sequences", asked.stop_sequences),
        ("logprobs", asked.logprobs),
    ):
        if value:
            losses.add("dropped", name, "not applied to the arguments of tool calls")
    return EngineSampling(
        max_tokens=_MAX_ARGUMENT_TOKENS,
        stop_sequences=(),
        temperature=0.0,
        top_k=sampling.top_k,
        top_p=sampling.top_p,
        seed=sampling.seed,
        frequency_penalty=0.0,
        presence_penalty=0.0,
        logprobs=False,
    )


def _plan(calls: tuple[PlannedCall, ...]) -> str:
    names = list(dict.fromkeys(call.tool.tool.name for call in calls))
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"I will use the {listed} tool{'s' if len(names) > 1 else ''} to answer this."


def _new_id(call: PlannedCall) -> str:
    characters = "".join(secrets.choice(_CROCKFORD_BASE32) for _ in range(_ID_CHARACTERS))
    return f"{call.tool.tool.name}_{characters}"
