"""The same dialect on both sides: what a caller sends and what the provider answers goes through as it is.

Bodies and answers are compared byte for byte, with a real socket on either side of the gateway.
"""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from causeway.model.usage import Usage
from causeway.testing import Recording, Replay, ScriptedUpstream, Status
from support.fronts import Front

QUESTION = '[{"role":"user","content":"caf\\u00e9 \\/ \U0001f600"}]'
EXTRA_FIELDS = re.compile(rb',"extra_fields":\{[^\n]*\}(?=\s*\}\s*$)', re.MULTILINE)


class Door(Struct, frozen=True):
    """A path and the provider that speaks its dialect."""

    path: str
    provider: str

    def upstream(self, front: Front) -> ScriptedUpstream:
        """Return the provider's server."""
        return front.openai if self.provider == "openai" else front.cohere


OPENAI = Door("/openai/v1/chat/completions", "openai")
UNIFIED = Door("/v1/chat/completions", "openai")
COHERE = Door("/v2/chat", "cohere")
DOORS = [OPENAI, UNIFIED, COHERE]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def post(client: httpx.Client, front: Front, door: Door, body: str | bytes) -> httpx.Response:
    return client.post(front.url + door.path, content=body)


# Requests


def spelled(value: str) -> st.SearchStrategy[str]:
    """Return ways to write a string in JSON: any of its characters may be an escape."""

    def write(choices: list[bool]) -> str:
        told = (
            f"\\u{ord(one):04x}" if is_escaped else one
            for one, is_escaped in zip(value, choices, strict=True)
        )
        return f'"{"".join(told)}"'

    return st.lists(st.booleans(), min_size=len(value), max_size=len(value)).map(write)


SPACE = st.text(" \t\r\n", max_size=3)
NUMBERS = st.sampled_from(
    ["0", "-0.0", "1E2", "1e-400", "0.10000000000000000555", "123456789012345678901234567890", "1.0"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    NUMBERS | TEXTS.map(json.dumps) | st.sampled_from(["true", "false", "null"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        # Among them members that are called as those of the body itself.
        | st.dictionaries(st.sampled_from(["model", "fallbacks", "stream", "a"]), inner, max_size=3).map(
            lambda members: (
                f"{{{' ,'.join(f'{json.dumps(name)} :{value}' for name, value in members.items())}}}"
            )
        )
    ),
    max_leaves=5,
)
OWN: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "openai": {
        "temperature": st.sampled_from(["0", "1.0", "10e-1"]),
        "metadata": VALUES,
        "x_unknown": VALUES,
        "logit_bias": VALUES,
        "user": TEXTS.map(json.dumps),
        "stop": st.sampled_from(['"x"', '["x" , "y"]', "null"]),
        "tools": st.just('[ {"type":"function","function":{"name":"f","parameters":{"model":"object"}}}]'),
    },
    "cohere": {
        "temperature": st.sampled_from(["0", "1.0", "10e-1"]),
        "seed": st.sampled_from(["0", "18446744073709551615"]),
        "stop_sequences": st.sampled_from(['["x" , "y"]', "null"]),
        "documents": st.just('[ {"id":"d" ,"data":{"model":"m","text":"A fact."}}]'),
        "safety_mode": st.just('"OFF"'),
        "priority": st.just("7"),
    },
}


class Written(Struct, frozen=True):
    """A body as it is sent, and as the provider shall get it."""

    sent: str
    expected: str


@st.composite
def bodies(draw: st.DrawFn, provider: str) -> Written:
    """Draw a body with its members in any order, white space anywhere and names in any spelling."""
    names = draw(st.lists(st.sampled_from(sorted(OWN[provider])), unique=True, max_size=4))
    members = [(draw(spelled(name)), draw(OWN[provider][name])) for name in names]
    members.append((draw(spelled("messages")), QUESTION))
    members = draw(st.permutations([*members, (draw(spelled("model")), "")]))
    name = draw(st.sampled_from(["scripted", "gpt-4o", "a/b:c", "n\u00e4me"]))
    given_name = draw(spelled(f"{provider}/{name}"))

    parts = []
    for index, (key, value) in enumerate(members):
        comma = "," if index else ""
        parts.append(f"{comma}{draw(SPACE)}{key}{draw(SPACE)}:{draw(SPACE)}{value or '{model}'}{draw(SPACE)}")
    template = f"{draw(SPACE)}{{{''.join(parts)}}}{draw(SPACE)}"
    # As the gateway writes it: JSON, not escaped.
    return Written(template.replace("{model}", given_name), template.replace("{model}", f'"{name}"'))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(DOORS))
def test_a_provider_gets_the_body_as_it_was_sent_but_for_the_models_name(
    shared_front: Front, client: httpx.Client, data: st.DataObject, door: Door
) -> None:
    written = data.draw(bodies(door.provider))
    shared_front.forget()
    response = post(client, shared_front, door, written.sent.encode())
    assert response.status_code == 200, response.text
    assert "x-causeway-loss" not in response.headers
    (request,) = door.upstream(shared_front).requests
    assert request.body == written.expected.encode()


@pytest.mark.parametrize("door", DOORS)
def test_a_bare_name_leaves_every_byte_alone(front: Front, client: httpx.Client, door: Door) -> None:
    name = "gpt\\u002d4o" if door.provider == "openai" else "command\\u002dr"
    body = f' {{ "messages" : {QUESTION},"model":"{name}" }} '
    assert post(client, front, door, body).status_code == 200
    assert door.upstream(front).requests[0].body == body.encode()


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_is_there_twice_is_changed_twice(front: Front, client: httpx.Client, door: Door) -> None:
    body = f'{{"model":"{door.provider}/x","messages":{QUESTION}, "mod\\u0065l":"{door.provider}/y"}}'
    assert post(client, front, door, body).status_code == 200
    sent = door.upstream(front).requests[0].body
    assert sent == f'{{"model":"y","messages":{QUESTION}, "mod\\u0065l":"y"}}'.encode()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ('{"fallbacks":["P/b"],"model":"P/a","messages":M}', '{"model":"a","messages":M}'),
        ('{"model":"P/a" , "fallbacks": [ "P/b" ] , "messages":M}', '{"model":"a" , "messages":M}'),
        ('{"model":"P/a","messages":M, "fallbacks":["P/b"] }', '{"model":"a","messages":M }'),
        ('{"model":"P/a","messages":M,"fall\\u0062acks":["P/b"]}', '{"model":"a","messages":M}'),
    ],
)
def test_fallbacks_are_the_gateways_own(
    front: Front, client: httpx.Client, door: Door, sent: str, expected: str
) -> None:
    body = sent.replace("P", door.provider).replace("M", QUESTION)
    assert post(client, front, door, body).status_code == 200
    assert door.upstream(front).requests[0].body == expected.replace("M", QUESTION).encode()


# Answers

OPENAI_ANSWER = """
 { "id" : "chatcmpl-1","object":"chat.completion", "created":1700000000,
   "model":"gpt-4o-2024-08-06","x_new_field":[1.0, 1e2, 123456789012345678901234567890],
   "choices":[{"index":0,"message":{"role":"assistant","content":"caf\\u00e9 \\/ \U0001f600","refusal":null,
   "annotations":[]},"logprobs":null,"finish_reason":"stop","model":null}],
   "usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14} }
 """
COHERE_ANSWER = """{"message": {"content":[{"text":"caf\\u00e9","type":"text"}], "role":"assistant",
 "x_new":{}}, "id":"8f", "finish_reason":"COMPLETE", "x_new_field": 1e2,
 "usage":{"billed_units":{"input_tokens":11.0,"output_tokens":3},
 "tokens":{"output_tokens":3,"input_tokens":11}}} """
OPENAI_STREAM = """: OPENROUTER PROCESSING

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data:{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[ {"index":0,\
"delta":{"content":"caf\\u00e9 \U0001f600"},"finish_reason":null} ], "x_new":1e2 }

: still here

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
"delta":{"content":" data: {} "},"finish_reason":"stop"}]}

data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],\
"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}

data: [DONE]

"""
COHERE_STREAM = """event: message-start
data: {"id":"8f","type":"message-start","delta":{"message":{"role":"assistant","content":[],"x_new":1e2}}}

event: content-start
data: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}

: still here

event: content-delta
data: {"type":"content-delta","index":0, "delta":{"message":{"content":{"text":"caf\\u00e9 \U0001f600"}}}}

event: x-new-event
data: {"type":"x-new-event"}

event: content-end
data: {"type":"content-end","index":0}

event: message-end
data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":\
{"input_tokens":11,"output_tokens":3},"tokens":{"input_tokens":11,"output_tokens":3}}}}

data: [DONE]

"""
ANSWERS = {"openai": OPENAI_ANSWER, "cohere": COHERE_ANSWER}
STREAMS = {"openai": OPENAI_STREAM, "cohere": COHERE_STREAM}
COUNTS = Usage(input_tokens=11, output_tokens=3, billed_input_tokens=11, billed_output_tokens=3)


def question(door: Door, *, stream: bool = False) -> str:
    # Without `include_usage`: what the provider tells of itself is passed on and recorded all the same.
    asks_for_stream = ',"stream":true' if stream else ""
    return f'{{"model":"{door.provider}/scripted","messages":{QUESTION}{asks_for_stream}}}'


def assert_recorded(front: Front, response: httpx.Response, *, stream: bool) -> None:
    record = front.record_of(response.headers)
    assert (record.outcome, record.status, record.is_stream) == ("success", 200, stream)
    assert record.usage == COUNTS
    assert record.loss_count == 0


@pytest.mark.parametrize("door", [OPENAI, COHERE])
def test_a_whole_answer_comes_as_the_provider_wrote_it(
    front: Front, client: httpx.Client, door: Door
) -> None:
    answer = ANSWERS[door.provider]
    door.upstream(front).script(Status(200, body=answer, content_type="application/json"))
    response = post(client, front, door, question(door))
    assert response.content == answer.encode()
    assert response.headers["content-type"] == "application/json"
    assert_recorded(front, response, stream=False)


def test_the_unified_path_adds_who_answered_to_a_whole_answer_and_nothing_else(
    front: Front, client: httpx.Client
) -> None:
    front.openai.script(Status(200, body=OPENAI_ANSWER, content_type="application/json"))
    response = post(client, front, UNIFIED, question(UNIFIED))
    told = json.loads(response.content)
    assert told.pop("extra_fields")["provider"] == "openai"
    assert told == json.loads(OPENAI_ANSWER)
    assert EXTRA_FIELDS.sub(b"", response.content) == OPENAI_ANSWER.encode()
    assert_recorded(front, response, stream=False)


@st.composite
def cut_streams(draw: st.DrawFn, provider: str) -> Replay:
    """Draw a stream with either kind of line ends, cut anywhere."""
    text = STREAMS[provider].replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    cuts = draw(st.lists(st.integers(1, len(text.encode()) - 1), max_size=8).map(sorted))
    recording = Recording(200, {"content-type": "text/event-stream"}, text=text)
    return Replay(recording, cuts=tuple(cuts))


def whole_streams(provider: str, chunk_bytes: int, line_end: str) -> Replay:
    text = STREAMS[provider].replace("\n", line_end)
    return Replay(Recording(200, {"content-type": "text/event-stream"}, text=text), chunk_bytes=chunk_bytes)


def assert_streamed(front: Front, client: httpx.Client, door: Door, replay: Replay) -> None:
    front.forget()
    door.upstream(front).script(replay)
    with client.stream("POST", front.url + door.path, content=question(door, stream=True)) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        received = response.read()
    sent = replay.recording.body
    if door is UNIFIED:
        objects = [line for line in sent.splitlines() if line.startswith((b"data: {", b"data:{"))]
        assert len(EXTRA_FIELDS.findall(received)) == len(objects)
        received = EXTRA_FIELDS.sub(b"", received)
    assert received == sent
    assert_recorded(front, response, stream=True)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("chunk_bytes", [1, 7, 10_000])
def test_a_stream_comes_as_the_provider_sent_it(
    front: Front, client: httpx.Client, door: Door, line_end: str, chunk_bytes: int
) -> None:
    assert_streamed(front, client, door, whole_streams(door.provider, chunk_bytes, line_end))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(DOORS))
def test_a_stream_cut_anywhere_comes_as_the_provider_sent_it(
    shared_front: Front, client: httpx.Client, data: st.DataObject, door: Door
) -> None:
    assert_streamed(shared_front, client, door, data.draw(cut_streams(door.provider)))
