"""A whole response, decoded: its items as content and tool calls, and the rest of it."""

from causeway.dialects.responses.decode_ending import decode_response_ending, failure_of, has_calls
from causeway.dialects.responses.decode_items import DecodedItems
from causeway.dialects.responses.items import MalformedItemError
from causeway.dialects.responses.read_response import created_of, id_of, model_of, output_of, read_response
from causeway.model.errors import UpstreamProtocolError
from causeway.model.response import AnswerEnding, ChatResponse


def decode_response(body: bytes) -> ChatResponse:
    """Return the whole answer; raises UpstreamProtocolError where the body is not one.

    Raises UpstreamRefusedError where it is an error, or a response that failed before it said anything.
    """
    response = read_response(body)
    output = output_of(response)
    if response.get("status") == "failed" and not output:
        raise failure_of(response)
    items = DecodedItems()
    for index, item in enumerate(output):
        try:
            items.add(item)
        except MalformedItemError as error:
            raise UpstreamProtocolError(f"the provider's answer is broken: output[{index}].{error}") from None
    ending = decode_response_ending(response, has_calls=has_calls(output))
    return ChatResponse(
        id=id_of(response, body),
        content=tuple(items.content),
        tool_calls=tuple(items.tool_calls),
        citations=tuple(items.citations),
        finish_reason=ending.finish_reason,
        usage=ending.usage,
        logprobs=tuple(items.logprobs) or None,
        failure=ending.failure,
        model=model_of(response),
        created=created_of(response),
        extras=ending.extras,
    )


def decode_ending(body: bytes) -> AnswerEnding:
    """Return how a whole answer ended, without its items; raises as `decode_response` does."""
    response = read_response(body)
    output = output_of(response)
    if response.get("status") == "failed" and not output:
        raise failure_of(response)
    ending = decode_response_ending(response, has_calls=has_calls(output))
    return AnswerEnding(ending.finish_reason, ending.usage, ending.failure, is_empty=not output)
