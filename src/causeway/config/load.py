"""Reads the configuration file and the keys. Nothing here starts anything."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from causeway.config.problems import find_problems
from causeway.config.schema import Config, ServerConfig
from causeway.config.values import decode_value, describe_value
from causeway.rules.access import KeyRing, is_loopback

KEYS_VARIABLE = "CAUSEWAY_API_KEYS"
KEYS_FILE_VARIABLE = "CAUSEWAY_API_KEYS_FILE"


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to change."""


def load_config(path: Path | None) -> Config:
    """Return the configuration of a file, or the defaults: JSON where it is named `.json`, else TOML.

    Raises ConfigError, with one line for each mistake. Bifrost's default file is read only if it is named.
    """
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
        data: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigError(f"{path}: this is not {kind}: {error}") from None
    if problems := list(find_problems(data, Config)):
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems))
    return _with_body_limit(msgspec.convert(data, Config, dec_hook=decode_value), data)


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration file."""
    schema = msgspec.json.schema(Config, schema_hook=describe_value)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Causeway", **schema}


def _with_body_limit(config: Config, data: Mapping[str, Any]) -> Config:
    megabytes = config.client.max_request_body_size_mb
    if megabytes is None or "max_body_bytes" in data.get("server", {}):
        return config
    server = msgspec.structs.replace(config.server, max_body_bytes=megabytes * 2**20)
    return msgspec.structs.replace(config, server=server)


def load_keys(server: ServerConfig, environment: Mapping[str, str]) -> KeyRing:
    """Return the keys from the environment and from the key file; raises ConfigError.

    `CAUSEWAY_API_KEYS` holds keys parted by commas; the file, named by `CAUSEWAY_API_KEYS_FILE` or by
    the configuration, holds one a line. A source that is named but holds no key is an error, since
    it would leave the door open.
    """
    keys: list[str] = []
    if (listed := environment.get(KEYS_VARIABLE)) is not None:
        found = [key.strip() for key in listed.split(",") if key.strip()]
        if not found:
            raise ConfigError(f"{KEYS_VARIABLE} is set but holds no key")
        keys += found
    if path := environment.get(KEYS_FILE_VARIABLE, server.api_keys_file):
        try:
            lines = Path(path).read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the key file {path}: {error}") from None
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise ConfigError(f"the key file {path} holds no key")
        keys += found
    return KeyRing(keys)


def check_exposure(server: ServerConfig, keys: KeyRing) -> None:
    """Raise ConfigError where the gateway would be open to other machines without a key."""
    if not keys and not is_loopback(server.host) and not server.allow_unauthenticated:
        raise ConfigError(
            f"refusing to listen on {server.host} without API keys: anyone who reaches it could use it. "
            f"Set {KEYS_VARIABLE}, or say --allow-unauthenticated if that is what you want."
        )
