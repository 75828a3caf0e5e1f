"""Configuration is read strictly, and keys never leave the door open by mistake."""

import json
from pathlib import Path

import pytest

from causeway.config.load import ConfigError, check_exposure, load_config, load_keys
from causeway.config.schema import Config, EngineConfig, ServerConfig


def test_no_file_means_the_defaults() -> None:
    assert load_config(None) == Config()
    assert Config().server.host == "127.0.0.1"


def test_a_file_sets_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "causeway.toml"
    file.write_text("[server]\nport = 9000\nheartbeat_seconds = 15\n[engine]\nslots = 2\n")
    assert load_config(file) == Config(
        server=ServerConfig(port=9000, heartbeat_seconds=15), engine=EngineConfig(slots=2)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nprot = 1", "server: unknown field `prot`, did you mean `port`?"),
        ("[sever]", "unknown field `sever`, did you mean `server`?"),
        ("[server]\nport = 'x'", "server.port: Expected `int`, got `str`"),
        ("[server]\nport = 70000", "server.port: Expected `int` <= 65535"),
        ("[engine]\nslots = 0", "engine.slots: Expected `int` >= 1"),
        ("server = 1", "server: expected a table of settings"),
        ("version = 3", "version: expected one of `1`, `2`"),
        ("[server", "this is not TOML: Expected ']' at the end of a table declaration (at end of document)"),
        ("[server]\nport = \n", "this is not TOML: Invalid value (at line 2, column 8)"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "causeway.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert str(caught.value) == f"{file}: {message}"


def test_all_mistakes_are_told_at_once_each_with_its_whole_path(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    key = {"valeu": "k", "models": "*", "weight": -1, "aliases": {"a": {"model": "m"}, "b": 3}}
    provider = {
        "keys": [{"value": "k"}, key],
        "network_config": {"max_retrys": 1, "retry_backoff_max": "soon", "max_conns_per_host": 10**6},
        "proxy_config": {"type": "https"},
        "custom_provider_config": {"allowed_requests": {"chat_completions": True}},
    }
    file.write_text(json.dumps({"provider": {}, "providers": {"groq": provider}}))
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    path = f"{file}: providers.groq"
    assert str(caught.value).splitlines() == [
        f"{file}: unknown field `provider`, did you mean `providers`?",
        f"{path}.keys[1]: unknown field `valeu`, did you mean `value`?",
        f"{path}.keys[1].models: Expected `array`, got `str`",
        f"{path}.keys[1].weight: Expected `float` >= 0.0",
        f"{path}.keys[1].aliases.a: unknown field `model`, did you mean `model_id`?",
        f"{path}.keys[1].aliases.a: `model_id` is missing",
        f"{path}.keys[1].aliases.b: Expected `str | object`, got `int`",
        f"{path}.network_config: unknown field `max_retrys`, did you mean `max_retries`?",
        f"{path}.network_config.retry_backoff_max: "
        "expected milliseconds, or text such as `500ms` or `5s`, of at most a day",
        f"{path}.network_config.max_conns_per_host: Expected `int` <= 10000",
        f"{path}.proxy_config.type: expected one of `none`, `http`, `socks5`, `environment`",
        f"{path}.custom_provider_config.allowed_requests: "
        "unknown field `chat_completions`, did you mean `chat_completion`?",
        f"{path}.custom_provider_config: `base_provider_type` is missing",
    ]


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    written, same = tmp_path / "config.json", tmp_path / "causeway.toml"
    written.write_text(
        '{"version": 1, "server": {"port": 1}, "routing": {"fallbacks": {"openai/a": ["groq/b", "local/c"]}}}'
    )
    same.write_text('version = 1\nserver.port = 1\nrouting.fallbacks."openai/a" = ["groq/b", "local/c"]\n')
    assert load_config(written) == load_config(same)
    assert load_config(written).routing.fallbacks == {"openai/a": ("groq/b", "local/c")}


def test_a_json_file_that_is_none_says_where(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{\n "server": {,}\n}')
    with pytest.raises(ConfigError, match=r"this is not JSON: .* line 2 column 13"):
        load_config(file)
    file.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ConfigError, match="this is not JSON"):
        load_config(file)


def test_bifrosts_body_limit_counts_unless_ours_is_said(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"client": {"max_request_body_size_mb": 10}}')
    assert load_config(file).server.max_body_bytes == 10 * 2**20
    file.write_text('{"client": {"max_request_body_size_mb": 10}, "server": {"max_body_bytes": 7}}')
    assert load_config(file).server.max_body_bytes == 7


def test_a_missing_file() -> None:
    with pytest.raises(ConfigError, match="cannot read nowhere"):
        load_config(Path("nowhere.toml"))


def test_keys_come_from_the_environment_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# ours\nthree\n\nfour\n")
    ring = load_keys(ServerConfig(), {"CAUSEWAY_API_KEYS": "one, two", "CAUSEWAY_API_KEYS_FILE": str(file)})
    assert all(ring.admits(key) for key in ("one", "two", "three", "four"))
    assert not ring.admits("# ours")
    assert load_keys(ServerConfig(api_keys_file=str(file)), {}).admits("three")
    assert not load_keys(ServerConfig(), {})


def test_a_source_without_keys_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "keys"
    empty.write_text("# none yet\n")
    for environment in (
        {"CAUSEWAY_API_KEYS": " , "},
        {"CAUSEWAY_API_KEYS": ""},
        {"CAUSEWAY_API_KEYS_FILE": str(empty)},
        {"CAUSEWAY_API_KEYS_FILE": str(tmp_path / "absent")},
    ):
        with pytest.raises(ConfigError):
            load_keys(ServerConfig(), environment)


def test_only_loopback_is_open_without_keys() -> None:
    none = load_keys(ServerConfig(), {})
    some = load_keys(ServerConfig(), {"CAUSEWAY_API_KEYS": "k"})
    check_exposure(ServerConfig(), none)
    check_exposure(ServerConfig(host="0.0.0.0"), some)
    check_exposure(ServerConfig(host="0.0.0.0", allow_unauthenticated=True), none)
    with pytest.raises(ConfigError, match=r"refusing to listen on .* without API keys"):
        check_exposure(ServerConfig(host="0.0.0.0"), none)
