"""The documentation names every path, setting, option and error status that there is, and no others."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from causeway.cli import build_parser
from causeway.config.schema import Config
from causeway.dialects.companion_endpoints import companion_endpoints
from causeway.dialects.endpoints import COHERE_PREFIXES, chat_endpoints
from causeway.model import errors

ROOT = Path(__file__).resolve().parents[1]
CHAT_API = (ROOT / "docs" / "chat-api.md").read_text()
COMPANIONS = (ROOT / "docs" / "companions.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def test_every_prefix_is_documented() -> None:
    for prefix in ("", *COHERE_PREFIXES):
        assert f"{prefix}/v2/chat`" in CHAT_API
    assert {endpoint.path for endpoint in chat_endpoints()} == {
        f"{prefix}{path}"
        for prefix in ("", *COHERE_PREFIXES)
        for path in ("/v2/chat", "/v2/chat/stream", "/v1/chat")
    }


def test_every_endpoint_beside_chat_is_documented() -> None:
    words = COMPANIONS.split("## Embed")[0]
    for endpoint in companion_endpoints():
        if any(endpoint.path.startswith(f"{prefix}/") for prefix in COHERE_PREFIXES):
            continue
        path = endpoint.path.replace("*}", "}")
        # What is not served is named by its first word: `/v1/embed-jobs/{id}` is "embed-jobs".
        assert f"`{endpoint.method} {path}`" in words or path.split("/")[2] in words, path
    for prefix in COHERE_PREFIXES:
        assert f"`{prefix}`" in words, prefix


def test_every_status_is_documented() -> None:
    statuses = {
        error.status
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.CausewayError)
    }
    # Nobody reads a 499; 500 and 502 are what is left when something else is wrong.
    for status in statuses - {499, 500, 502}:
        assert re.search(rf"\b{status}\b", CHAT_API), status


def test_every_error_class_is_in_the_tree_that_the_docstring_draws() -> None:
    drawn = set(re.findall(r"\b(\w+Error)\b", errors.__doc__ or ""))
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")
    }
    assert drawn == defined


def test_the_example_configuration_names_every_setting_with_its_default() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    written = tomllib.loads(example)
    assert msgspec.convert(written, Config) == Config()
    commented = set(re.findall(r"^# (\w+) =", example, re.MULTILINE))
    for section, settings in msgspec.to_builtins(Config()).items():
        assert set(settings) == set(written[section]) | (commented & set(settings)), section


@pytest.mark.parametrize("command", ["serve"])
def test_every_option_is_documented(command: str) -> None:
    parser = build_parser(command)
    options = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
    documented = set(re.findall(r"`(--[\w-]+)", CONFIGURATION.split("## The file")[0]))
    documented |= {"--port"} if "`--host`, `--port`" in CONFIGURATION else set()
    assert options - {"--help"} == documented


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_test_that_is_named_exists() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        (path.name, name)
        for path in sources
        for name in re.findall(r"\btests/[a-z0-9_/]+(?:\.py)?", path.read_text())
    }
    assert named
    for page, name in named:
        assert (ROOT / name).exists(), f"{page} names {name}"
