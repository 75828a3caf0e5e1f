"""The documentation names every path, setting, option and error status that there is, and no others."""

import inspect
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from msgspec import Struct

from causeway.adapters.metrics.families import GAUGES, TABLES, TARGETS, Counter
from causeway.adapters.request_log.rows import COLUMNS
from causeway.cli import build_parser
from causeway.config import provider_settings
from causeway.config.bifrost import BifrostSections
from causeway.config.schema import Config
from causeway.config.values import NotActedOn
from causeway.dialects.anthropic.endpoints import ANTHROPIC_PREFIXES
from causeway.dialects.bedrock.endpoints import BEDROCK_PREFIXES
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.dialects.endpoints import ChatEndpoint, UnservedEndpoint
from causeway.dialects.gemini.endpoints import GEMINI_PREFIXES
from causeway.dialects.gemini.endpoints import MOUNTS as GEMINI_MOUNTS
from causeway.dialects.openai.endpoints import AZURE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.table import DIALECTS
from causeway.model import errors
from causeway.rules import key_choice, stickiness
from causeway.server import call_headers

ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
CHAT_API = (ROOT / "docs" / "chat-api.md").read_text()
ROUTING = (ROOT / "docs" / "routing.md").read_text()
LOSS = (ROOT / "docs" / "loss.md").read_text()
COMPANIONS = (ROOT / "docs" / "companions.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
PROVIDERS = (ROOT / "docs" / "providers.md").read_text()
OBSERVABILITY = (ROOT / "docs" / "observability.md").read_text()


class Page(Struct, frozen=True):
    """The page of a dialect's API, and the bases that stand on it, under which its paths are."""

    name: str
    bases: tuple[str, ...]
    names_bases: bool = True

    @property
    def text(self) -> str:
        return (ROOT / "docs" / self.name).read_text()

    def below_base(self, path: str) -> str:
        """Return a path without its base."""
        base = max((base for base in self.bases if path.startswith(f"{base}/")), key=len)
        return path.removeprefix(base).replace("*}", "}")


_OPENAI_BASES = ("/v1", *OPENAI_PREFIXES, *AZURE_PREFIXES)
PAGES = {
    "openai": Page("openai-api.md", _OPENAI_BASES),
    "responses": Page("responses-api.md", _OPENAI_BASES, names_bases=False),  # it sends to the other
    "anthropic": Page("anthropic-api.md", ANTHROPIC_PREFIXES),
    "gemini": Page("gemini-api.md", GEMINI_PREFIXES),
    "bedrock": Page("bedrock-api.md", BEDROCK_PREFIXES),
}


def test_every_dialect_with_paths_has_a_page() -> None:
    with_paths = {name for name, dialect in DIALECTS.items() if next(iter(dialect.endpoints()), None)}
    assert with_paths == {"cohere", *PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_every_base_and_path_of_a_dialect_is_documented_and_no_other(name: str) -> None:
    page = PAGES[name]
    served = {
        f"{endpoint.method} ...{page.below_base(endpoint.path)}"
        for endpoint in DIALECTS[name].endpoints()
        if not isinstance(endpoint, UnservedEndpoint)
    }
    assert set(re.findall(r"`((?:GET|POST|DELETE) \.\.\.[^`]*)`", page.text)) == served
    if page.names_bases:
        named = set(re.findall(r"`(/[^`]*)/\.\.\.`", page.text.split("## Paths")[1].split("\n\n")[1]))
        assert named == {base.replace("*", "") for base in page.bases}


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_served_of_a_dialect_is_documented_and_nothing_else(name: str) -> None:
    page = PAGES[name]
    # A file is sent to a path beside the version.
    beside = Page(page.name, (*page.bases, *(GEMINI_MOUNTS if name == "gemini" else ())))
    unserved = {
        beside.below_base(endpoint.path)
        for endpoint in DIALECTS[name].endpoints()
        if isinstance(endpoint, UnservedEndpoint)
    }
    _, _, section = page.text.partition("## What is not served")
    beginnings = re.findall(r"`(/[^`]*)`", section)
    assert [path for path in unserved if not path.startswith(tuple(beginnings))] == []
    assert [one for one in beginnings if not any(path.startswith(one) for path in unserved)] == []


def test_every_prefix_of_coheres_is_documented() -> None:
    for prefix in ("", *COHERE_PREFIXES):
        assert f"{prefix}/v2/chat`" in CHAT_API
    assert {
        endpoint.path for endpoint in DIALECTS["cohere"].endpoints() if isinstance(endpoint, ChatEndpoint)
    } == {
        f"{prefix}{path}"
        for prefix in ("", *COHERE_PREFIXES)
        for path in ("/v2/chat", "/v2/chat/stream", "/v1/chat")
    }


def test_every_endpoint_of_coheres_beside_chat_is_documented() -> None:
    words = COMPANIONS.split("## Embed")[0]
    for endpoint in DIALECTS["cohere"].endpoints():
        if isinstance(endpoint, ChatEndpoint):
            continue
        if any(endpoint.path.startswith(f"{prefix}/") for prefix in COHERE_PREFIXES):
            continue
        path = endpoint.path.replace("*}", "}")
        # What is not served is named by its first word: `/v1/embed-jobs/{id}` is "embed-jobs".
        assert f"`{endpoint.method} {path}`" in words or path.split("/")[2] in words, path
    for prefix in COHERE_PREFIXES:
        assert f"`{prefix}`" in words, prefix


def test_gemini_is_where_contributing_says_and_nowhere_else() -> None:
    table = CONTRIBUTING.split("<!-- gemini -->")[1].split("<!-- end of gemini -->")[0]
    listed = [
        name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in row.split("`")[1::2]
    ]
    source = ROOT / "src" / "causeway"
    naming = {
        path
        for kind in ("*.py", "*.toml")
        for path in source.rglob(kind)
        if "gemini" in path.read_text().lower()
    }
    found = {
        name: {p for p in naming if _is_named(p.relative_to(source).as_posix(), name)} for name in listed
    }
    assert all(found.values())
    assert set().union(*found.values()) == naming


def _is_named(path: str, name: str) -> bool:
    return path.startswith(name) if name.endswith("/") else fnmatch(path, name)


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
        for target, _, section in re.findall(r"\]\(([^)#:]*)(#([^)]+))?\)", page.read_text()):
            found = page.parent / target if target else page
            assert found.exists(), f"{page.name}: {target}"
            assert not section or section in anchors(found.read_text()), f"{page.name}: {target}#{section}"


def anchors(text: str) -> set[str]:
    """Return how the sections of a page are linked to."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


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
