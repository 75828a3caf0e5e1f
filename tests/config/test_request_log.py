"""Where calls are logged follows from the file, where it is, and the environment."""

from pathlib import Path
from typing import Any

import pytest

from causeway.config.providers import resolve_providers
from causeway.config.request_log import RequestLogPlace, request_log_place
from causeway.config.review import review, settings_without_effect
from support.configurations import config_of
from support.providers import CATALOG

HOME = {"HOME": "/home/someone"}
FILE = Path("/etc/causeway/causeway.toml")


def place(data: dict[str, Any], environment: dict[str, str] = HOME) -> RequestLogPlace | None:
    return request_log_place(config_of(data), FILE, environment)


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        (HOME, "/home/someone/.local/state/causeway/logs.db"),
        ({**HOME, "XDG_STATE_HOME": "/state"}, "/state/causeway/logs.db"),
        ({**HOME, "XDG_STATE_HOME": "relative"}, "/home/someone/.local/state/causeway/logs.db"),
        ({**HOME, "XDG_STATE_HOME": ""}, "/home/someone/.local/state/causeway/logs.db"),
        ({}, "/.local/state/causeway/logs.db"),
    ],
)
def test_it_is_in_the_state_directory(environment: dict[str, str], path: str) -> None:
    assert place({}, environment) == RequestLogPlace(Path(path), 365)


def test_a_path_is_seen_from_the_folder_of_the_file() -> None:
    stores = {"logs_store": {"enabled": True, "type": "sqlite", "config": {"path": "./logs.db"}}}
    assert place(stores) == RequestLogPlace(Path("/etc/causeway/logs.db"), 365)
    absolute = {"logs_store": {"config": {"path": "/var/log/calls.db"}}}
    assert place(absolute) == RequestLogPlace(Path("/var/log/calls.db"), 365)
    assert request_log_place(config_of(stores), None, HOME) == RequestLogPlace(Path("logs.db"), 365)


@pytest.mark.parametrize("data", [{"logs_store": {"enabled": False}}, {"client": {"enable_logging": False}}])
def test_either_switch_turns_it_off(data: dict[str, Any]) -> None:
    assert place(data) is None


def test_how_long_calls_are_kept_may_be_said_in_two_places() -> None:
    def days(data: dict[str, Any]) -> int | None:
        found = place(data)
        return None if found is None else found.retention_days

    assert days({"client": {"log_retention_days": 7}}) == 7
    assert days({"client": {"log_retention_days": 7}, "logs_store": {"retention_days": 3}}) == 3
    assert days({"logs_store": {"retention_days": 0}}) == 0


def test_what_is_postgresqls_is_known_and_not_acted_on() -> None:
    config = config_of(
        {"logs_store": {"type": "postgres", "config": {"host": "db", "password": "sk-seeded-0123456789"}}}
    )
    assert settings_without_effect(config) == ("logs_store.config.host", "logs_store.config.password")
    resolution = resolve_providers(config, {}, CATALOG)
    (warning,) = (
        remark
        for remark in review(config, resolution, is_readable_by_others=False)
        if remark.path == "logs_store.type"
    )
    assert "SQLite" in warning.message
    assert "sk-seeded" not in repr(config)
