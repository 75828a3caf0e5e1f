"""Reads the configuration file and the keys. Nothing here starts anything."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from causeway.config.schema import Config, ServerConfig
from causeway.rules.access import KeyRing, is_loopback

KEYS_VARIABLE = "CAUSEWAY_API_KEYS"
KEYS_FILE_VARIABLE = "CAUSEWAY_API_KEYS_FILE"


class ConfigError(Exception):
    """The configuration cannot be used; the message says what to change."""


def load_config(path: Path | None) -> Config:
    """Return the configuration of a TOML file, or the defaults; raises ConfigError."""
    if path is None:
        return Config()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Config)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


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
