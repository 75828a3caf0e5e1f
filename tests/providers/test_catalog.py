"""The catalog's rows are complete, true to the recordings, and all that a provider needs."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from causeway.config.providers import resolve_providers
from causeway.config.review import review
from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.dialects.table import (
    chat_provider_face,
    embed_provider_face,
    models_provider_face,
    rerank_provider_face,
    token_count_provider_face,
)
from causeway.providers.catalog import load_catalog
from causeway.providers.spec import ProviderSpec
from causeway.providers.urls import request_url
from support.catalog_table import BEGIN, END, catalog_table
from support.configurations import config_of
from support.providers import CATALOG, provider_of

ROOT = Path(__file__).resolve().parents[2]
WANTED = """
cohere openai azure groq mistral deepseek xai openrouter perplexity cerebras fireworks together nebius
huggingface ollama vllm sgl llamacpp parasail crusoe zai anthropic gemini vertex bedrock bedrock_mantle
""".split()
# Those whose exchanges the tests of their dialects read.
RECORDED = """
cohere openai mistral groq cerebras deepseek openrouter huggingface anthropic gemini vertex bedrock
bedrock_mantle
""".split()
# Whose words a face speaks that has a name of its own: Vertex's differ from Gemini's beside chat.
SPOKEN = {"vertex": "gemini"}
SPECS = pytest.mark.parametrize("spec", CATALOG.values(), ids=CATALOG)


def test_every_provider_that_is_wanted_has_a_row() -> None:
    assert set(WANTED) <= set(CATALOG)
    assert load_catalog() == CATALOG
    assert {spec.name for spec in CATALOG.values() if spec.tier == "verified"} == set(RECORDED)


@SPECS
def test_a_row_says_what_is_spoken_at_each_path(spec: ProviderSpec) -> None:
    assert set(spec.dialects) == set(spec.paths)
    assert set(spec.versioned_paths) | set(spec.stream_paths) <= set(spec.paths)
    faces = {
        "chat": lambda dialect: chat_provider_face(dialect, spec.quirks),
        "responses": lambda dialect: chat_provider_face(dialect, {}),
        "count_tokens": token_count_provider_face,
        "embed": embed_provider_face,
        "rerank": rerank_provider_face,
        "models": models_provider_face,
    }
    for operation, dialect in spec.dialects.items():
        assert faces[operation](dialect).dialect == SPOKEN.get(dialect, dialect)


@SPECS
def test_a_rows_quirks_are_the_dialects(spec: ProviderSpec) -> None:
    if spec.dialects["chat"] == "openai":
        quirks = msgspec.convert(spec.quirks, OpenAiQuirks)
        default = OpenAiQuirks()
        said = {name for name in spec.quirks if getattr(quirks, name) != getattr(default, name)}
        assert said == set(spec.quirks), "a quirk that says the default says nothing"
    else:
        assert not spec.quirks


@SPECS
def test_a_row_can_be_switched_on(spec: ProviderSpec) -> None:
    assert spec.environment or not spec.needs_key
    assert spec.base_url or spec.base_url_environment
    assert not spec.is_local or not spec.needs_key


@SPECS
def test_a_rows_addresses_name_only_places_that_are_filled(spec: ProviderSpec) -> None:
    addresses = [spec.base_url or "", *spec.paths.values(), *spec.stream_paths.values()]
    named = {name for address in addresses for name in re.findall(r"{(\w+)}", address)}
    assert named <= {"model", "resource", "region", "project"}
    assert ("resource" in named) is bool(spec.resources)
    assert ("project" in named) is bool(spec.project_environment) is spec.needs("project")
    assert bool(spec.region) is bool(spec.region_environment) is spec.needs("region")
    assert bool(spec.aws_service) is (spec.auth == "aws")
    assert all(form.endswith("*") for form in spec.resources)


def test_no_variable_belongs_to_two_rows() -> None:
    # AWS's credentials are an account's: they are good for both ways to its models.
    rows = [spec for spec in CATALOG.values() if spec.auth != "aws"]
    names = [name for spec in rows for name in (*spec.environment, *spec.base_url_environment)]
    assert len(names) == len(set(names))


def test_what_mistral_wants_otherwise_is_in_its_row() -> None:
    quirks = msgspec.convert(CATALOG["mistral"].quirks, OpenAiQuirks)
    assert (quirks.required_tool_choice, quirks.seed_field) == ("any", "random_seed")
    assert quirks.max_tokens_field == "max_tokens"
    assert quirks.max_tool_call_id_characters == 9


def test_a_provider_that_speaks_openais_dialect_is_one_row() -> None:
    row = {
        "name": "example",
        "title": "Example",
        "tier": "community",
        "base_url": "https://llm.example",
        "dialects": {"chat": "openai"},
        "paths": {"chat": "/v1/chat/completions"},
        "environment": ["EXAMPLE_API_KEY"],
        "quirks": {"max_tokens_field": "max_tokens"},
    }
    provider = provider_of(msgspec.convert(row, ProviderSpec))
    asked = request_url(provider, provider.keys[0], "chat", "m")
    assert asked == "https://llm.example/v1/chat/completions"
    assert chat_provider_face("openai", provider.spec.quirks).dialect == "openai"


def test_no_code_knows_a_provider_by_its_name() -> None:
    # Dialects have the names of providers, and some keys of Bifrost's have settings of their own.
    dialects = {"openai", "cohere", "anthropic", "gemini", "vertex", "bedrock"}
    named = dialects | {"azure", "ollama", "vllm", "sgl", "bedrock_mantle"}
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text()
        for name in set(CATALOG) - named:
            assert f'"{name}"' not in text, f"{path.name} names {name}"


def test_the_documented_table_is_the_catalog() -> None:
    page = (ROOT / "docs" / "providers.md").read_text()
    written = page.partition(BEGIN)[2].partition(END)[0]
    assert written == catalog_table(CATALOG), "the catalog has changed: run `make docs`"


def test_the_documented_settings_are_a_configuration() -> None:
    page = (ROOT / "docs" / "providers.md").read_text()
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        config = config_of(tomllib.loads(block))
        names = re.findall(r"env\.(\w+)", block)
        environment = {**dict.fromkeys(names, "k"), "OPENAI_API_KEY": "k"}
        resolution = resolve_providers(config, environment, CATALOG)
        assert resolution.problems == ()
        on = {provider.name for provider in resolution.providers}
        assert on >= {name for name, settings in config.providers.items() if settings.enabled}
        assert review(config, resolution, is_readable_by_others=True) == ()
