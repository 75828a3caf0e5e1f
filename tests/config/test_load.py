"""Configuration is read strictly, and keys never leave the door open by mistake."""

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
    ("text", "words"),
    [
        ("[server]\nprot = 1", "unknown field `prot`"),
        ("[sever]", "unknown field `sever`"),
        ("[server]\nport = 'x'", r"\$.server.port"),
        ("[server]\nport = 70000", r"\$.server.port"),
        ("[engine]\nslots = 0", r"\$.engine.slots"),
        ("[server", "TOML|Expected"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "causeway.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_config(file)


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
