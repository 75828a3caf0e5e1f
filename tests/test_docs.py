"""The documentation names every path, setting, option and error status that there is, and no others."""

import inspect
import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from causeway.adapters.metrics.families import GAUGES, TABLES, TARGETS, Counter
from causeway.adapters.request_log.rows import COLUMNS
from causeway.cli import build_parser
from causeway.config import provider_settings
from causeway.config.bifrost import BifrostSections
from causeway.config.schema import Config
from causeway.config.values import NotActedOn
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.dialects.endpoints import ChatEndpoint
from causeway.dialects.openai.endpoints import AZURE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.table import all_endpoints
from causeway.model import errors
from causeway.rules import key_choice, stickiness
from causeway.server import call_headers

ROOT = Path(__file__).resolve().parents[1]
CHAT_API = (ROOT / "docs" / "chat-api.md").read_text()
OPENAI_API = (ROOT / "docs" / "openai-api.md").read_text()
ROUTING = (ROOT / "docs" / "routing.md").read_text()
LOSS = (ROOT / "docs" / "loss.md").read_text()
COMPANIONS = (ROOT / "docs" / "companions.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
PROVIDERS = (ROOT / "docs" / "providers.md").read_text()
OBSERVABILITY = (ROOT / "docs" / "observability.md").read_text()


def test_every_prefix_is_documented() -> None:
    for prefix in ("", *COHERE_PREFIXES):
        assert f"{prefix}/v2/chat`" in CHAT_API
    for prefix in ("/v1", *OPENAI_PREFIXES, *AZURE_PREFIXES):
        assert f"`{prefix.replace('*', '')}/...`" in OPENAI_API
    assert {endpoint.path for endpoint in all_endpoints() if isinstance(endpoint, ChatEndpoint)} == {
        *(
            f"{prefix}{path}"
            for prefix in ("", *COHERE_PREFIXES)
            for path in ("/v2/chat", "/v2/chat/stream", "/v1/chat")
        ),
        *(f"{prefix}/chat/completions" for prefix in ("/v1", *OPENAI_PREFIXES, *AZURE_PREFIXES)),
    }


def test_every_endpoint_beside_chat_is_documented() -> None:
    words = COMPANIONS.split("## Embed")[0]
    for endpoint in all_endpoints():
        if isinstance(endpoint, ChatEndpoint):
            continue
        if any(endpoint.path.startswith(f"{prefix}/") for prefix in COHERE_PREFIXES):
            continue
        path = endpoint.path.replace("*}", "}")
        if found := re.fullmatch(r"(?:/openai.*?|/v1(?!/models))(/embeddings|/models|/models/{model})", path):
            assert f"`{endpoint.method} ...{found[1]}`" in OPENAI_API, path
            continue
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
    # Nobody reads a 499; 500 is what is left when something else is wrong.
    for status in statuses - {499, 500}:
        assert re.search(rf"\b{status}\b", CHAT_API), status


def test_every_header_of_the_gateways_own_is_documented() -> None:
    sources = {
        ROUTING: [call_headers.encode_provenance, key_choice, stickiness],
        LOSS: [call_headers.LOSS_HEADER, call_headers.STRICT_HEADER],
    }
    for page, named in sources.items():
        for name in named:
            words = name.decode() if isinstance(name, bytes) else inspect.getsource(name)
            for header in re.findall(r"\bx-(?:bf|bifrost|causeway)-[a-z-]+", words):
                assert f"`{header}" in page, header


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
    ours = set(Config.__struct_fields__) - set(BifrostSections.__struct_fields__)
    assert set(written) == ours - {"providers"}
    for section in ("server", "engine", "routing"):
        settings = set(type(getattr(Config(), section)).__struct_fields__)
        assert settings == set(written[section]) | (commented & settings), section


def test_every_setting_of_providers_is_documented() -> None:
    structs = {
        value
        for value in vars(provider_settings).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not msgspec.Struct
    }
    for struct in structs:
        for field in msgspec.structs.fields(struct):
            if NotActedOn not in get_args(field.type):
                assert re.search(rf"\b{field.encode_name}\b", PROVIDERS), f"{struct.__name__}.{field.name}"


def test_every_metric_and_its_labels_are_documented_and_no_others() -> None:
    shared = set(TARGETS.labels)
    documented = dict(
        re.findall(r"^\| (`(?:bifrost|causeway)_[^|]*) \|([^|]*)\|", OBSERVABILITY, re.MULTILINE)
    )
    labels = {
        name: set(re.findall(r"`(\w+)`", cells))
        for names, cells in documented.items()
        for name in re.findall(r"`(\w+)`", names)
    }
    expected = {gauge.name: set(gauge.labels) for gauge in GAUGES}
    for table in TABLES:
        for metric in table.metrics:
            parts = {} if isinstance(metric, Counter) else dict(metric.parts[0][1])
            own = set(table.labels) - shared if shared <= set(table.labels) else set(table.labels)
            expected[metric.name] = {*own, *parts}
    assert labels == expected
    assert all(f"`{label}`" in OBSERVABILITY for label in shared)


def test_every_column_of_the_log_is_documented_and_no_other() -> None:
    table = OBSERVABILITY.split("| column | |")[1].split("\n\n")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    assert [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)] == list(COLUMNS)


@pytest.mark.parametrize("command", ["serve"])
def test_every_option_is_documented(command: str) -> None:
    parser = build_parser(command)
    options = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
    documented = set(re.findall(r"`(--[\w-]+)", CONFIGURATION.split("## The file")[0]))
    documented |= {"--port"} if "`--host`, `--port`" in CONFIGURATION else set()
    assert options - {"--help"} == documented


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
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
