"""An answer in JSON: generated under the schema, and held against it before it counts as complete.

The engine writes free text where it cannot follow a schema, without a word. So nothing is passed on
that is not the beginning of an object, and a whole answer that does not hold is an error. One that
`max_tokens` or a stop sequence cuts short is passed on as it is.
"""

from collections.abc import AsyncGenerator

import msgspec
from msgspec.structs import replace

from causeway.engine.protocol import EngineSampling, Finished, PromptMessage, Token
from causeway.engine.text_answer import Start, TextTeller
from causeway.model.errors import InvalidGenerationError
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ResponseFormat
from causeway.schemas.accept import AcceptedSchema, accept_schema
from causeway.schemas.narrow import Bounds
from causeway.schemas.vocabulary import RESPONSE_FORMAT

_PATH = "response_format.json_schema"
_BOUNDS = Bounds(string_characters=1000, array_items=50, object_properties=20, any_levels=2)
# Without a schema a small model hardly finds an end, so Cohere's limit on nesting gets company.
_ANY_OBJECT = {"type": "object"}
_ANY_OBJECT_BOUNDS = Bounds(string_characters=1000, array_items=10, object_properties=8, any_levels=5)


def accept_response_format(wanted: ResponseFormat, losses: LossReport) -> AcceptedSchema:
    """Return the schema that the answer must hold to; raises InvalidRequestError."""
    return accept_schema(wanted.json_schema or _ANY_OBJECT, _PATH, RESPONSE_FORMAT, losses)


async def answer_json(
    start: Start, messages: tuple[PromptMessage, ...], sampling: EngineSampling, schema: AcceptedSchema
) -> AsyncGenerator[Event, None]:
    """Answer with an instance of the schema. Raises InvalidGenerationError where it is none."""
    shape = schema.narrowed(_ANY_OBJECT_BOUNDS if schema.tree == _ANY_OBJECT else _BOUNDS)
    constrained = replace(sampling, json_schema=msgspec.json.encode(shape).decode())
    teller, outline = TextTeller(sampling.logprobs), _Outline()
    generation = await start(messages, constrained)
    try:
        async for message in generation:
            if isinstance(message, Token):
                outline.add(message.text)
            elif isinstance(message, Finished) and message.reason == "end":
                problems = schema.problems(outline.text)
                if problems:
                    raise _invalid(problems[0])
            for event in teller.tell(message):
                yield event
    finally:
        generation.cancel()


class _Outline:
    """Follows the brackets of one JSON object while it is written, and keeps its text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._has_begun = False
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False

    @property
    def text(self) -> str:
        """What has been written so far."""
        return "".join(self._pieces)

    def add(self, piece: str) -> None:
        """Take the next piece; raises InvalidGenerationError where it cannot belong to one object."""
        self._pieces.append(piece)
        for character in piece:
            if self._is_in_string:
                self._is_in_string = self._is_escaped or character != '"'
                self._is_escaped = character == "\\" and not self._is_escaped
            elif self._depth == 0 and (self._has_begun or character != "{"):
                raise _invalid("it is not one JSON object")
            elif character == '"':
                self._is_in_string = True
            elif character in "{[":
                self._has_begun = True
                self._depth += 1
            elif character in "}]":
                self._depth -= 1


def _invalid(problem: str) -> InvalidGenerationError:
    return InvalidGenerationError(
        f"the model's answer does not hold to the schema ({problem}). Try again, or simplify the schema."
    )
