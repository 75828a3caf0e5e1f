"""The features of the matrix: what the upstream answers, what the client asks, and what must be seen.

A feature is a function that raises AssertionError where it does not hold. It looks at both ends: what the
client saw, and what the upstream was sent.
"""

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from causeway.model.content import Citation, Source
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.testing import Answer, Call, ScriptedUpstream, Status
from support.matrix.ask import Ask, Client, RefusedError, Seen, ToolSpec

KEY = "sk-matrix"
QUESTION = "What is the capital of France?"
TEXT = "The capital of France is Paris."
WEATHER = ToolSpec(
    "get_weather",
    "Tells the weather of a city",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
PERSON: dict[str, Any] = {
    "type": "object",
    "title": "Person",
    "description": "Notes a person and the size of the shoes",
    "properties": {"name": {"type": "string"}, "shoe_size": {"type": "integer"}},
    "required": ["name", "shoe_size"],
    "additionalProperties": False,
}
FACT = "Emperor penguins grow up to 122 cm tall."
THOUGHT = "The user asks for a capital."
_EMBEDDED_TOKENS = 60
# One red pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


class Cell(Struct):
    """One client in front of one upstream, of this name; the embedded model has no `upstream` to script."""

    client: Client
    upstream: ScriptedUpstream | None
    name: str

    @property
    def is_embedded(self) -> bool:
        """Whether the model that comes with the gateway answers, in its own words."""
        return self.upstream is None

    def script(self, *replies: Answer | Status) -> None:
        """Say what the upstream answers to the next requests."""
        if self.upstream is not None:
            self.upstream.script(*replies)

    def ask(self, ask: Ask) -> Seen:
        """Ask the client. The embedded model is given fewer words, so that all cells take minutes."""
        if self.is_embedded and ask.max_tokens is None:
            ask = replace(ask, max_tokens=_EMBEDDED_TOKENS)
        return self.client.ask(ask)

    def sent(self, index: int = -1) -> bytes:
        """Return the body of a request that the upstream was sent."""
        assert self.upstream is not None
        return self.upstream.requests[index].body


def plain(cell: Cell) -> None:
    """A question is answered in one piece."""
    cell.script(Answer(text=TEXT))
    seen = cell.ask(Ask(text=QUESTION))
    _assert_text(cell, seen)
    assert seen.finish in ("stop", None)
    if not cell.is_embedded:
        assert QUESTION.encode() in cell.sent()


def streaming(cell: Cell) -> None:
    """The same, as it is written."""
    cell.script(Answer(text=TEXT))
    seen = cell.ask(Ask(text=QUESTION, stream=True))
    _assert_text(cell, seen)
    assert seen.deltas > 1


def tool_round_trip(cell: Cell) -> None:
    """A tool is called, and its result told."""
    cell.script(Answer(tool_calls=(Call("get_weather", {"city": "Rome"}),)), Answer(text="It is 20 degrees."))
    question = "What is the weather in Rome?"
    called = cell.ask(Ask(text=question, tools=(WEATHER,)))
    assert called.calls == (("get_weather", {"city": "Rome"}),)
    told = cell.ask(Ask(text=question, tools=(WEATHER,), answered=called, results=("20 degrees",)))
    assert not told.calls
    if cell.is_embedded:
        assert told.text
    else:
        assert told.text == "It is 20 degrees."
        assert b"20 degrees" in cell.sent()
        assert b"get_weather" in cell.sent()


def parallel_tools(cell: Cell) -> None:
    """Two tools are called at once, in a stream, and both results are told in the order of the calls."""
    calls = (Call("get_weather", {"city": "Rome"}), Call("get_weather", {"city": "Oslo"}))
    cell.script(Answer(tool_calls=calls), Answer(text="Rome is warmer."))
    question = "What is the weather in Rome and in Oslo?"
    called = cell.ask(Ask(text=question, tools=(WEATHER,), stream=True))
    assert [arguments["city"] for _, arguments in called.calls] == ["Rome", "Oslo"]
    told = cell.ask(
        Ask(text=question, tools=(WEATHER,), answered=called, results=("20 degrees", "3 degrees"))
    )
    assert told.text
    if not cell.is_embedded:
        sent = cell.sent()
        assert 0 < sent.index(b"20 degrees") < sent.index(b"3 degrees")


def structured_output(cell: Cell) -> None:
    """The answer is JSON that holds against the schema."""
    ada = {"name": "Ada", "shoe_size": 38}
    tool = cell.client.answer_tool
    cell.script(Answer(text=json.dumps(ada)) if tool is None else Answer(tool_calls=(Call(tool, ada),)))
    seen = cell.ask(Ask(text="Note this person: Ada has shoes of size 38.", schema=PERSON))
    person = _json(seen)
    assert isinstance(person["name"], str)
    assert isinstance(person["shoe_size"], int)
    if not cell.is_embedded:
        assert person == ada
        assert b"shoe_size" in cell.sent()


def documents(cell: Cell) -> None:
    """Documents are read and cited."""
    source = Source("document", "doc:0", {"text": FACT})
    cited = Citation(0, len(FACT), FACT, (source,), "text", 0)
    cell.script(Answer(text=FACT, citations=(cited,)))
    seen = cell.ask(Ask(text="How tall do emperor penguins grow?", documents=(FACT,)))
    assert seen.citations
    assert all(text and text in seen.text for text in seen.citations)
    if not cell.is_embedded:
        assert b"122 cm" in cell.sent()


def images(cell: Cell) -> None:
    """A picture reaches the model; one that cannot see says so."""
    cell.script(Answer(text="A red pixel."))
    if cell.is_embedded:
        refused = _refusal(cell, Ask(text="What is this?", image_png=PNG))
        assert "cannot see images" in refused.message
        return
    assert cell.ask(Ask(text="What is this?", image_png=PNG)).text == "A red pixel."
    assert b"iVBORw0KGgo" in cell.sent()


def thinking(cell: Cell) -> None:
    """The model is asked to think, and its thinking is shown."""
    cell.script(Answer(thinking=THOUGHT, text=TEXT))
    seen = cell.ask(Ask(text=QUESTION, thinks=True, max_tokens=4096))
    assert seen.thinking == THOUGHT
    assert seen.text == TEXT


def stop_sequence(cell: Cell) -> None:
    """The answer ends before a sequence that the caller named."""
    if cell.name == "responses":  # which cannot be told: the gateway stops the answer
        cell.script(Answer(text="one two END three"))
    else:
        cell.script(Answer(text="one two", finish_reason=FinishReason.STOP_SEQUENCE, stop_sequence="END"))
    seen = cell.ask(Ask(text="Say one two END three.", stop="END"))
    assert "END" not in seen.text
    assert seen.finish in ("stop", "stop_sequence", None)
    if cell.is_embedded:
        return
    assert seen.text.strip() == "one two"
    assert cell.name == "responses" or b'"END"' in cell.sent()


def max_tokens(cell: Cell) -> None:
    """The answer is no longer than the caller allows, and says that it was cut."""
    cell.script(Answer(text="one two", finish_reason=FinishReason.MAX_TOKENS))
    seen = cell.ask(Ask(text="Write a long story about the sea.", max_tokens=17))
    assert seen.finish == "length"
    if not cell.is_embedded:
        assert b"17" in cell.sent()


def cached_usage(cell: Cell) -> None:
    """The counts are the provider's, and what came from its cache is told apart."""
    usage = Usage(
        input_tokens=1200,
        output_tokens=7,
        billed_input_tokens=1200,
        billed_output_tokens=7,
        cached_tokens=1024,
    )
    cell.script(Answer(text=TEXT, usage=usage))
    seen = cell.ask(Ask(text=QUESTION))
    if cell.is_embedded:
        assert (seen.input_tokens or 0) > 0
        assert (seen.output_tokens or 0) > 0
        return
    assert (seen.input_tokens, seen.output_tokens) == (1200, 7)
    assert seen.cached_tokens == 1024


def error(cell: Cell) -> None:
    """What a provider refuses is the client's own error, with the provider's status and words."""
    if cell.is_embedded:
        refused = _refusal(cell, Ask(text="What is this?", image_png=PNG))
        assert refused.status in (400, None)
        return
    cell.script(Status(400, "The scripted provider does not like this."))
    refused = _refusal(cell, Ask(text=QUESTION))
    assert refused.status in (400, None)
    assert "does not like this" in refused.message


FEATURES: dict[str, Callable[[Cell], None]] = {
    feature.__name__: feature
    for feature in (
        plain,
        streaming,
        tool_round_trip,
        parallel_tools,
        structured_output,
        documents,
        images,
        thinking,
        stop_sequence,
        max_tokens,
        cached_usage,
        error,
    )
}


def _assert_text(cell: Cell, seen: Seen) -> None:
    if cell.is_embedded:
        assert "Paris" in seen.text
    else:
        assert seen.text == TEXT


def _refusal(cell: Cell, ask: Ask) -> RefusedError:
    try:
        cell.ask(ask)
    except RefusedError as refused:
        return refused
    raise AssertionError("nothing was refused")


def _json(seen: Seen) -> dict[str, Any]:
    parsed = json.loads(seen.text) if seen.text else seen.calls[0][1]
    assert isinstance(parsed, dict)
    return parsed
