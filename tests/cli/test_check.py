"""`causeway check`: what it says of a configuration, to people and to programs."""

import json
from pathlib import Path

import pytest

from causeway.cli import main
from causeway.config.load import config_schema
from support.providers import CATALOG

SEED = "sk-seeded-0123456789abcdefghij"
CONFIGURATION = f"""
discover_providers = false
plugins = [{{ name = "{SEED}" }}]

[routing]
default_model = "groq/llama"
fallbacks = {{ "openai/gpt-4o" = ["groq/llama", "local/smollm2-135m-instruct"] }}

[providers.groq]
api_key = "env.MY_GROQ"

[[providers.openai.keys]]
name = "first"
value = "{SEED}"
models = ["gpt-4o"]
blacklisted_models = ["gpt-5"]
aliases = {{ gpt-4o = "gpt-4o-2024-08-06" }}

[[providers.openai.keys]]
name = "second"
value = "{SEED}x"
weight = 0.5

[providers.mistral]
enabled = false
"""
SAID = """{file}

Providers that are on
  openai (OpenAI) at https://api.openai.com, from {file}: providers.openai
    first: sk-s...ghij, gpt-4o but gpt-5, weight 1, gpt-4o is gpt-4o-2024-08-06, \
from {file}: providers.openai.keys[0]
    second: sk-s...hijx, NO MODEL, weight 0.5, from {file}: providers.openai.keys[1]
  groq (Groq) at https://api.groq.com/openai, from {file}: providers.groq
    groq: gsk_...mnop, all models, from {file}: providers.groq.api_key

Off
  providers.mistral: switched off by `enabled`

Routing
  names that nobody serves -> groq/llama
  openai/gpt-4o -> groq/llama, local/smollm2-135m-instruct

Calls are logged
  to {log}, kept for 365 days

Warnings
  providers.openai: key `second` SERVES NOTHING: it has no `models`; write ["*"] for all

Known from Bifrost, not acted on
  plugins

The configuration can be used.
"""


@pytest.fixture(autouse=True)
def bare_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for spec in CATALOG.values():
        for name in (*spec.environment, *spec.base_url_environment):
            monkeypatch.delenv(name, raising=False)
    for name in ("CAUSEWAY_API_KEYS", "CAUSEWAY_API_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("MY_GROQ", "gsk_0123456789abcdefghijklmnop")
    path = tmp_path / "causeway.toml"
    path.write_text(CONFIGURATION)
    path.chmod(0o600)
    return path


def test_a_configuration_is_explained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(file)]) == 0
    assert capsys.readouterr().out == SAID.format(file=file, log=file.parent / "causeway" / "logs.db")


def test_programs_get_the_same_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--config", str(file)]) == 0
    shown = capsys.readouterr().out
    assert SEED not in shown
    report = json.loads(shown)
    assert report["is_usable"] is True
    assert report["problems"] == []
    assert [provider["name"] for provider in report["providers"]] == ["openai", "groq"]
    first, second = report["providers"][0]["keys"]
    assert first == {
        "id": "first",
        "name": "first",
        "value": "sk-s...ghij",
        "models": ["gpt-4o"],
        "blocked_models": ["gpt-5"],
        "aliases": {"gpt-4o": "gpt-4o-2024-08-06"},
        "weight": 1.0,
        "is_enabled": True,
        "base_url": None,
        "source": f"{file}: providers.openai.keys[0]",
    }
    assert second["models"] == []
    assert report["providers"][0]["operations"] == ["chat", "count_tokens", "embed", "models", "responses"]
    assert report["warnings"][0]["path"] == "providers.openai"
    assert report["off"] == [{"path": "providers.mistral", "message": "switched off by `enabled`"}]
    assert report["routing"]["fallbacks"] == {"openai/gpt-4o": ["groq/llama", "local/smollm2-135m-instruct"]}
    assert report["not_acted_on"] == ["plugins"]
    assert report["engine"] == {"is_enabled": True}


def test_mistakes_of_shape_and_of_meaning_end_in_1(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_GROQ")
    assert main(["check", "--config", str(file)]) == 1
    said = capsys.readouterr().out
    assert "Mistakes\n  providers.groq.api_key: the environment variable MY_GROQ is not set\n" in said
    assert said.endswith("\n1 mistake.\n")
    file.write_text("[server]\nprot = 1\n[engin]\n")
    assert main(["check", "--config", str(file)]) == 1
    said = capsys.readouterr().out
    assert "  server: unknown field `prot`, did you mean `port`?\n" in said
    assert "  unknown field `engin`, did you mean `engine`?\n" in said
    assert said.endswith("\n2 mistakes.\n")
    assert main(["check", "--json", "--config", "absent.toml"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == [
        {"path": "", "message": "cannot read absent.toml: No such file or directory"}
    ]


def test_a_file_that_others_can_read_is_named_where_it_holds_secrets(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.chmod(0o644)
    assert main(["check", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.count("a secret is written out, and other users can read the file") == 2
    assert SEED not in said


def test_the_environment_alone_is_explained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["check"]) == 0
    assert "none: the embedded model answers" in capsys.readouterr().out
    monkeypatch.setenv("CO_API_KEY", SEED)
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert "cohere (Cohere) at https://api.cohere.com, from CO_API_KEY\n    CO_API_KEY: sk-s...ghij" in said


def test_bifrosts_default_file_is_not_read_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.json").write_text('{"providers": {"groq": {"api_key": "k"}}}')
    assert main(["check"]) == 0
    said = capsys.readouterr().out
    assert "./config.json is here and was not read: name it with --config" in said
    assert "groq" not in said


def test_a_door_left_open_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    Path("open.toml").write_text("[server]\nhost = '0.0.0.0'\n")
    assert main(["check", "--config", "open.toml"]) == 0
    assert "server: refusing to listen on 0.0.0.0 without API keys" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(config_schema()))


def test_an_embedded_model_that_is_off_is_said_to_be_so(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(CONFIGURATION + "\n[engine]\nenabled = false\n")
    assert main(["check", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert "\nEmbedded model\n  off: only providers answer\n" in said
    assert "routing.fallbacks.openai/gpt-4o[1]: the embedded model is off" in said
    file.write_text("discover_providers = false\n[engine]\nenabled = false\n")
    assert main(["check", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Providers that are on\n  none\n" in said
    assert "engine.enabled: neither the embedded model nor any provider is on: nobody answers" in said
    assert main(["check", "--json", "--config", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == {"is_enabled": False}
