"""What is measured: the gateway, and the mock itself, asked without anything between."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Protocol

from bench.proxy.bodies import Question, encode_question
from bench.proxy.programs import Program, free_port, plain_environment
from msgspec import Struct

KEYS = tuple(f"bench-key-{number:04d}-{number * 7919:08x}" for number in range(1000))
_KEY = KEYS[500]
PROVIDER_KEY = "sk-bench-provider"


class Place(Struct, frozen=True):
    """Where a target runs and whom it asks. Without `secure_port` nobody answers over TLS."""

    directory: Path
    cores: frozenset[int]
    mock_port: int
    secure_port: int | None
    certificate: Path


class Target(Protocol):
    """Something that answers the questions of the bench on `port`."""

    name: str
    port: int
    program: Program

    def request(self, question: Question) -> bytes:
        """Return the bytes of an HTTP request that asks it."""


def http_request(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Return a POST of JSON."""
    lines = {
        "host": "127.0.0.1",
        "user-agent": "bench",
        "accept": "*/*",
        "content-type": "application/json",
        "authorization": f"Bearer {_KEY}",
        **(headers or {}),
        "content-length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Direct:
    """The mock, asked directly: what the load itself can do, and what every target's latency holds."""

    name = "direct"

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.port = port

    def request(self, question: Question) -> bytes:
        """Return a request in OpenAI's dialect."""
        return http_request("/v1/chat/completions", encode_question(question, question.model))


class Causeway:
    """`causeway serve` as its users run it, with a thousand keys and two providers, one of them over TLS.

    It runs in an environment without the embedded model's weights, so that no engine is started.
    """

    name = "causeway"
    _PATHS = {"cohere": "/v2/chat", "openai": "/openai/v1/chat/completions"}  # noqa: RUF012 - a constant

    def __init__(self, place: Place, *, workers: int = 1, cores: frozenset[int] | None = None) -> None:
        self.port = free_port()
        config = place.directory / f"bench-{self.port}.toml"
        config.write_text(_causeway_config(place, self.port))
        keys = place.directory / "keys"
        keys.write_text("\n".join(KEYS))
        command = [sys.executable, "-m", "causeway", "serve", "--config", str(config)]
        command += ["--port", str(self.port)]
        if gateway_has("--workers"):
            command += ["--workers", str(workers)]
        self.program = Program(
            command,
            cores=cores or place.cores,
            log=place.directory / f"causeway-{self.port}.log",
            environment={**plain_environment(), "CAUSEWAY_API_KEYS_FILE": str(keys)},
        )

    def request(self, question: Question) -> bytes:
        """Return a request in the dialect of the question."""
        provider = "secure" if question.is_secure else "openai"
        body = encode_question(question, f"{provider}/{question.model}")
        return http_request(self._PATHS[question.dialect], body)


@cache
def gateway_has(option: str) -> bool:
    """Return whether `causeway serve` knows an option."""
    command = [sys.executable, "-m", "causeway", "serve", "--help"]
    return option in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _causeway_config(place: Place, port: int) -> str:
    secure = ""
    if place.secure_port is not None:
        secure = f"""
[providers.secure]
api_key = "{PROVIDER_KEY}"
base_url = "https://127.0.0.1:{place.secure_port}/v1"
custom_provider_config = {{ base_provider_type = "openai" }}
network_config = {{ ca_cert_pem = '''{place.certificate.read_text().partition("-----BEGIN PRIVATE")[0]}''' }}
"""
    return f"""discover_providers = false

[logs_store.config]
path = "{place.directory}/calls-{port}.db"

[providers.openai]
api_key = "{PROVIDER_KEY}"
base_url = "http://127.0.0.1:{place.mock_port}/v1"
{secure}"""
