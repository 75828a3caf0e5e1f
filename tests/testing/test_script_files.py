"""Script files: what they can say, and that a mistake in one is told by the name of its field."""

import json
from pathlib import Path

import pytest

from causeway.testing import (
    Answer,
    Raw,
    RecordedRequest,
    Replay,
    ScriptError,
    Status,
    load_recording,
    load_script,
)


def request(body: object = None, path: str = "/v1/chat/completions") -> RecordedRequest:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RecordedRequest(
        number=1, connection_number=1, method="POST", path=path, query="", headers={}, body=encoded
    )


def write(folder: Path, text: str, name: str = "script.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_first_rule_that_matches_gives_the_reply(tmp_path: Path) -> None:
    script = load_script(
        write(
            tmp_path,
            """
            [[rules]]
            match = { model = "gpt-a", contains = 'say "é"' }
            reply = { type = "answer", text = "both", tool_calls = [{ name = "f", arguments = { a = 1 } }] }

            [[rules]]
            match = { path = "/embeddings" }
            reply = { type = "status", status = 429, message = "slow", headers = { retry-after = "1" } }
            times = 2

            [[rules]]
            match = { model = "gpt-a" }
            reply = { type = "raw", pieces = ["AAE="] }
            """,
        )
    )
    answer = script(request({"model": "gpt-a", "messages": [{"content": 'please say "é" now'}]}))
    assert isinstance(answer, Answer)
    assert (answer.text, answer.tool_calls[0].arguments) == ("both", {"a": 1})
    replies = [script(request({"input": "x"}, "/v1/embeddings")) for _ in range(3)]
    assert replies == [Status(429, "slow", headers={"retry-after": "1"})] * 2 + [None]
    assert script(request({"model": "gpt-a", "messages": []})) == Raw((b"\x00\x01",))
    assert script(request({"model": "gpt-b"})) is None
    assert script(request(b"no JSON")) is None
    assert script(request([1])) is None


def test_a_rule_without_a_match_is_for_every_request(tmp_path: Path) -> None:
    path = write(tmp_path, '{"rules": [{"reply": {"type": "status", "status": 503}}]}', "script.json")
    assert load_script(path)(request(b"")) == Status(503)


def test_a_recording_is_replayed_from_its_file(tmp_path: Path) -> None:
    exchange = {"request": {}, "response": {"status": 201, "headers": {"a": "b"}, "text": "data: 1\n\n"}}
    write(tmp_path, json.dumps(exchange), "exchange.json")
    write(tmp_path, json.dumps(exchange["response"]), "response.json")
    recording = load_recording(tmp_path / "exchange.json")
    assert load_recording(tmp_path / "response.json") == recording
    assert (recording.status, recording.text) == (201, "data: 1\n\n")
    script = load_script(
        write(
            tmp_path, '[[rules]]\nreply = { type = "replay", file = "exchange.json", reset_after_bytes = 3 }'
        )
    )
    assert script(request()) == Replay(recording, reset_after_bytes=3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rules = 1", "it must have a list `rules`"),
        ("other = []\nrules = []", "it must have a list `rules`"),
        ("[[rules]]\nreply = {", "script.toml: "),
        (
            '[[rules]]\nreply = { type = "answer", txt = "a" }',
            "rules[0].reply: Object contains unknown field `txt`",
        ),
        ("[[rules]]\nreply = { type = 'status' }", "rules[0].reply: Object missing required field `status`"),
        (
            "[[rules]]\nreply = { type = 'status', status = 99 }",
            "rules[0].reply.status: Expected `int` >= 200",
        ),
        ("[[rules]]\nreply = { type = 'other' }", "rules[0].reply.type: Invalid value 'other'"),
        ("[[rules]]\nmatch = {}", "rules[0]: Object missing required field `reply`"),
        (
            "[[rules]]\nreply = { type = 'answer' }\n[[rules]]\nreply = { type = 'answer', cuts = [-1] }",
            "rules[1].reply.cuts",
        ),
        ("[[rules]]\nreply = { type = 'answer' }\ntimes = 0", "rules[0].times: Expected `int` >= 1"),
        ("[[rules]]\nreply = { type = 'answer' }\nmatch = { url = 'x' }", "rules[0].match: "),
        ("[[rules]]\nreply = { type = 'answer', head_gate = 1 }", "rules[0].reply.head_gate: "),
        ("[[rules]]\nreply = { type = 'replay', file = 'none.json' }", "rules[0].reply.file: "),
    ],
)
def test_a_mistake_is_told_by_the_name_of_its_field(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ScriptError) as caught:
        load_script(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="No such file"):
        load_script(tmp_path / "none.toml")
    with pytest.raises(ScriptError, match=r"response\.status: Expected"):
        load_recording(write(tmp_path, '{"response": {"status": "a"}}', "bad.json"))
    with pytest.raises(ScriptError, match="required field `status`"):
        load_recording(write(tmp_path, "{}", "bad.json"))
