"""Which providers are on, from the environment and from files in Bifrost's shape, and every mistake named."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from causeway.config.load import ConfigError, config_schema, load_config
from causeway.config.providers import configured_providers, resolve_providers
from causeway.config.review import review, settings_without_effect
from causeway.config.schema import Config
from causeway.model.secret import Secret
from causeway.providers.network import Network, Timeouts
from causeway.providers.provider import Provider
from causeway.providers.urls import request_url
from causeway.rules.retry import RetryPolicy
from support.configurations import config_of
from support.providers import CATALOG

ROOT = Path(__file__).resolve().parents[2]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
SEED = "sk-seeded-0123456789abcdefghij"

# As Bifrost's documentation has them: several keys, references, a server of one's own, stores and governance.
BIFROST = {
    "$schema": "https://www.getbifrost.ai/schema",
    "encryption_key": "env.BIFROST_ENCRYPTION_KEY",
    "client": {
        "drop_excess_requests": False,
        "enable_logging": True,
        "allow_direct_keys": False,
        "max_request_body_size_mb": 50,
        "compat": {"convert_text_to_chat": True},
    },
    "framework": {"pricing": {"pricing_sync_interval": 86400}},
    "providers": {
        "openai": {
            "keys": [
                {
                    "id": "0f0e",
                    "name": "openai-primary",
                    "value": "env.OPENAI_PRIMARY",
                    "models": ["*"],
                    "blacklisted_models": ["gpt-5"],
                    "weight": 0.7,
                    "use_for_batch_api": True,
                },
                {
                    "name": "openai-secondary",
                    "value": {"value": "", "ref": "env.OPENAI_SECONDARY", "type": "env"},
                    "models": ["gpt-4o", "fast"],
                    "weight": 0.3,
                    "aliases": {"fast": "gpt-4o-mini"},
                },
            ],
            "network_config": {
                "default_request_timeout_in_seconds": 30,
                "stream_idle_timeout_in_seconds": 60,
                "max_retries": 5,
                "retry_backoff_initial": 100,
                "retry_backoff_max": "2s",
                "max_conns_per_host": 200,
                "extra_headers": {"X-Team": "search"},
                "enforce_http2": True,
            },
            "concurrency_and_buffer_size": {"concurrency": 100, "buffer_size": 500},
            "proxy_config": {
                "type": "http",
                "url": "http://proxy.example:3128",
                "username": "user",
                "password": "env.PROXY_PASSWORD",
            },
            "send_back_raw_response": True,
        },
        "azure": {
            "keys": [
                {
                    "name": "azure-eu",
                    "value": "env.AZURE_EU",
                    "models": ["*"],
                    "aliases": {"gpt-4o": {"model_id": "my-gpt4o", "model_family": "openai"}},
                    "azure_key_config": {
                        "endpoint": "env.AZURE_EU_ENDPOINT",
                        "api_version": "2024-10-21",
                    },
                }
            ]
        },
        "vllm": {
            "keys": [
                {
                    "name": "vllm-llama",
                    "value": "",
                    "models": ["*"],
                    "vllm_key_config": {"url": "http://vllm:8000", "model_name": "llama"},
                }
            ]
        },
        "ollama": {
            "keys": [
                {
                    "name": "ollama",
                    "value": "",
                    "models": ["*"],
                    "ollama_key_config": {"url": "http://localhost:11434"},
                }
            ]
        },
        "openai-eu": {
            "keys": [{"name": "eu", "value": "env.OPENAI_EU", "models": ["*"]}],
            "network_config": {"base_url": "https://eu.api.openai.com"},
            "custom_provider_config": {
                "base_provider_type": "openai",
                "is_key_less": False,
                "allowed_requests": {
                    "chat_completion": True,
                    "chat_completion_stream": True,
                    "embedding": False,
                },
                "request_path_overrides": {"chat_completion": "/custom/chat"},
            },
        },
        "replicate": {"keys": [{"name": "a", "value": "env.REPLICATE_API_KEY", "models": ["*"]}]},
    },
    "governance": {"virtual_keys": [{"id": "v", "name": "v", "value": SEED}]},
    "config_store": {"enabled": True, "type": "sqlite", "config": {"path": "./config.db"}},
    "logs_store": {"enabled": False},
    "plugins": [],
}
BIFROST_ENVIRONMENT = {
    "OPENAI_PRIMARY": "sk-primary-0123456789",
    "OPENAI_SECONDARY": "sk-secondary-0123456789",
    "PROXY_PASSWORD": "p@ss:word",
    "AZURE_EU": "azure-key-0123456789",
    "AZURE_EU_ENDPOINT": "https://eu.openai.azure.com/",
    "OPENAI_EU": "sk-eu-0123456789abcdef",
}


def providers_of(data: dict[str, Any], environment: dict[str, str] | None = None) -> dict[str, Provider]:
    found = configured_providers(config_of(data), environment or {}, CATALOG, file_name="config.toml")
    return {provider.name: provider for provider in found}


def problems_of(data: dict[str, Any], environment: dict[str, str] | None = None) -> list[str]:
    return [
        str(problem) for problem in resolve_providers(config_of(data), environment or {}, CATALOG).problems
    ]


def warnings_of(
    data: dict[str, Any], environment: dict[str, str] | None = None, **options: bool
) -> list[str]:
    config = config_of(data)
    resolution = resolve_providers(config, environment or {}, CATALOG)
    assert resolution.problems == ()
    found = review(config, resolution, is_readable_by_others=options.get("is_readable_by_others", False))
    return [str(remark) for remark in found]


def test_nothing_is_on_by_itself() -> None:
    assert providers_of({}) == {}


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (name, variable)
        for name, spec in CATALOG.items()
        if spec.auth not in ("aws", "google")  # tests/config/test_credentials.py
        for variable in spec.environment
    ],
)
def test_each_standard_variable_switches_its_provider_on(name: str, variable: str) -> None:
    environment = {variable: f" {SEED}\n"}
    spec = CATALOG[name]
    base_url = spec.base_url
    if base_url is None or not spec.needs_key:
        base_url = environment[spec.base_url_environment[0]] = "https://own.example"
    (provider,) = providers_of({}, environment).values()
    (key,) = provider.keys
    assert (provider.name, provider.base_url) == (name, base_url)
    assert provider.source.startswith(variable)
    assert (key.name, key.source, key.value, key.models) == (variable, variable, Secret(SEED), ("*",))


def test_the_first_of_several_variables_counts_and_an_empty_one_is_none() -> None:
    both = providers_of({}, {"COHERE_API_KEY": "first", "CO_API_KEY": "second"})
    assert both["cohere"].keys[0].value == Secret("first")
    one = providers_of({}, {"COHERE_API_KEY": " ", "CO_API_KEY": "second"})
    assert one["cohere"].source == "CO_API_KEY"
    assert providers_of({}, {"OPENAI_API_KEY": ""}) == {}


def test_a_server_without_keys_is_found_by_its_address() -> None:
    found = providers_of({}, {"OLLAMA_HOST": "0.0.0.0", "VLLM_BASE_URL": "http://gpu:8000/v1"})
    ollama, vllm = found["ollama"], found["vllm"]
    assert ollama.base_url == "http://127.0.0.1:11434"
    assert ollama.keys[0].value == Secret("")
    assert ollama.source == ollama.keys[0].source == "OLLAMA_HOST"
    assert vllm.base_url == "http://gpu:8000"
    assert vllm.network.allows_private_addresses
    assert providers_of({}, {"VLLM_API_KEY": "k"}) == {}, "a key alone is no address"


def test_azure_takes_its_version_from_the_environment() -> None:
    environment = {
        "AZURE_OPENAI_API_KEY": "k",
        "AZURE_OPENAI_ENDPOINT": "https://r.openai.azure.com/",
        "OPENAI_API_VERSION": "2024-10-21",
    }
    azure = providers_of({}, environment)["azure"]
    asked = request_url(azure, azure.keys[0], "chat", "d")
    assert asked == "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
    without = resolve_providers(Config(), {"AZURE_API_KEY": "k"}, CATALOG)
    assert without.providers == ()
    assert "AZURE_API_KEY is set, but there is no address" in str(without.off[0])


def test_an_sdks_base_url_with_its_version_is_understood() -> None:
    environment = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://localhost:11434/v1"}
    openai = providers_of({}, environment)["openai"]
    assert request_url(openai, openai.keys[0], "chat", "m") == "http://localhost:11434/v1/chat/completions"
    assert openai.network.allows_private_addresses, "the configuration names the address"
    assert openai.source == "OPENAI_API_KEY, OPENAI_BASE_URL"


def test_discovery_can_be_switched_off() -> None:
    environment = {"OPENAI_API_KEY": "k", "GROQ_API_KEY": "g", "OLLAMA_HOST": "h"}
    assert providers_of({"discover_providers": False}, environment) == {}
    off = {"providers": {"openai": {"enabled": False}}}
    assert list(providers_of(off, environment)) == ["groq", "ollama"]
    only = {"discover_providers": False, "providers": {"groq": {"api_key": "env.GROQ_API_KEY"}}}
    assert list(providers_of(only, environment)) == ["groq"]


def test_the_order_is_the_catalogs_and_then_the_files() -> None:
    own = {"custom_provider_config": {"base_provider_type": "openai"}, "api_key": "k"}
    data = {"providers": {"zz": own, "mistral": {"api_key": "m"}, "aa": own, "cohere": {"api_key": "c"}}}
    assert list(providers_of(data, {"GROQ_API_KEY": "g"})) == ["cohere", "groq", "mistral", "zz", "aa"]


def test_a_short_key_is_a_key_for_every_model() -> None:
    data = {"providers": {"groq": {"api_key": "env.MY_GROQ", "base_url": "https://proxy.example/openai/v1"}}}
    groq = providers_of(data, {"MY_GROQ": SEED, "GROQ_API_KEY": "another"})["groq"]
    (key,) = groq.keys
    assert (key.value, key.models, key.source) == (
        Secret(SEED),
        ("*",),
        "config.toml: providers.groq.api_key",
    )
    assert groq.source == "config.toml: providers.groq"
    assert request_url(groq, key, "chat", "m") == "https://proxy.example/openai/v1/chat/completions"


def test_settings_without_keys_take_those_of_the_environment() -> None:
    data = {"providers": {"groq": {"network_config": {"max_retries": 0}, "document_tokens": 900}}}
    groq = providers_of(data, {"GROQ_API_KEY": SEED})["groq"]
    assert groq.keys[0].value == Secret(SEED)
    assert groq.retry.max_retries == 0
    assert groq.document_tokens == 900
    assert groq.source == "GROQ_API_KEY, config.toml: providers.groq"
    off = resolve_providers(config_of(data), {}, CATALOG)
    assert [str(remark) for remark in off.off] == [
        "providers.groq: it has no key: set GROQ_API_KEY or `api_key`"
    ]


def test_the_defaults() -> None:
    (openai,) = providers_of({"providers": {"openai": {"api_key": "k"}}}).values()
    assert openai.network == Network()
    assert openai.retry == RetryPolicy(max_retries=2, backoff_initial_seconds=0.5, backoff_max_seconds=5.0)
    assert openai.headers == {}
    assert openai.operations is None


def test_a_file_of_bifrosts_is_read() -> None:
    found = providers_of(BIFROST, BIFROST_ENVIRONMENT)
    assert list(found) == ["openai", "azure", "ollama", "vllm", "openai-eu"]

    openai = found["openai"]
    first, second = openai.keys
    assert (first.id, first.name, first.value) == ("0f0e", "openai-primary", Secret("sk-primary-0123456789"))
    assert (first.models, first.blocked_models, first.weight) == (("*",), ("gpt-5",), 0.7)
    assert (second.id, second.value) == ("openai-secondary", Secret("sk-secondary-0123456789"))
    assert second.aliases == {"fast": "gpt-4o-mini"}
    assert first.source == "config.toml: providers.openai.keys[0] (env.OPENAI_PRIMARY)"
    assert openai.network == Network(
        timeouts=Timeouts(first_byte_seconds=30, idle_seconds=60),
        proxy_url="http://user:p%40ss%3Aword@proxy.example:3128",
        max_connections=100,
    )
    assert openai.retry == RetryPolicy(max_retries=5, backoff_initial_seconds=0.1, backoff_max_seconds=2.0)
    assert openai.headers == {"x-team": "search"}

    azure = found["azure"]
    assert azure.keys[0].aliases == {"gpt-4o": "my-gpt4o"}
    assert request_url(azure, azure.keys[0], "chat", "my-gpt4o") == (
        "https://eu.openai.azure.com/openai/deployments/my-gpt4o/chat/completions?api-version=2024-10-21"
    )
    vllm = found["vllm"]
    assert (vllm.keys[0].models, vllm.keys[0].base_url) == (("llama",), "http://vllm:8000")
    eu = found["openai-eu"]
    assert eu.operations == {"chat"}
    assert request_url(eu, eu.keys[0], "chat", "m") == "https://eu.api.openai.com/custom/chat"


def test_what_bifrosts_file_says_in_vain_is_listed() -> None:
    assert settings_without_effect(config_of(BIFROST)) == (
        "client.compat",
        "config_store",
        "encryption_key",
        "framework",
        "governance",
        "providers.openai.keys[0].use_for_batch_api",
        "providers.openai.network_config.enforce_http2",
        "providers.openai.send_back_raw_response",
    )
    resolution = resolve_providers(config_of(BIFROST), BIFROST_ENVIRONMENT, CATALOG)
    assert [str(remark) for remark in resolution.off] == [
        "providers.replicate: Causeway cannot call this provider yet"
    ]


def test_a_missing_list_of_models_is_none_or_of_old_all() -> None:
    data = {"providers": {"groq": {"keys": [{"name": "k", "value": "v"}]}}}
    assert providers_of(data)["groq"].keys[0].models == ()
    assert providers_of({"version": 1, **data})["groq"].keys[0].models == ("*",)
    empty = {"version": 1, "providers": {"groq": {"keys": [{"name": "k", "value": "v", "models": []}]}}}
    assert providers_of(empty)["groq"].keys[0].models == ("*",)


def test_older_deployments_of_azure_are_aliases() -> None:
    server = {"endpoint": "https://r.example", "deployments": {"gpt-4o": "old", "o3": "o3-eu"}}
    key = {"name": "k", "value": "v", "models": ["*"], "aliases": {"gpt-4o": "new"}}
    data = {"providers": {"azure": {"keys": [{**key, "azure_key_config": server}]}}}
    assert providers_of(data)["azure"].keys[0].aliases == {"gpt-4o": "new", "o3": "o3-eu"}


def test_vllms_one_model_narrows_the_list() -> None:
    def models(listed: list[str]) -> tuple[str, ...]:
        server = {"url": "http://v:1", "model_name": "Llama"}
        data = {"providers": {"vllm": {"keys": [{"name": "k", "models": listed, "vllm_key_config": server}]}}}
        return providers_of(data)["vllm"].keys[0].models

    assert models(["*"]) == ("Llama",)
    assert models(["llama", "other"]) == ("Llama",)
    assert models(["other"]) == ()
    assert models([]) == ()


def test_found_names_give_way_to_written_ones() -> None:
    data = {"providers": {"groq": {"keys": [{"name": "OPENAI_API_KEY", "value": "v", "models": ["*"]}]}}}
    found = providers_of(data, {"OPENAI_API_KEY": "k"})
    assert [found[name].keys[0].name for name in ("groq", "openai")] == ["OPENAI_API_KEY", "OPENAI_API_KEY-2"]


def test_a_key_that_is_switched_off_needs_nothing() -> None:
    key = {"name": "k", "value": "env.NOT_SET", "enabled": False, "models": ["*"]}
    (read,) = providers_of({"providers": {"groq": {"keys": [key]}}})["groq"].keys
    assert not read.is_enabled
    assert read.value == Secret("")
    own = {**key, "name": "l", "azure_key_config": {"endpoint": "env.NOT_SET"}}
    on = {"name": "on", "value": "v", "models": ["*"], "azure_key_config": {"endpoint": "https://r.example"}}
    _, used = providers_of({"providers": {"azure": {"keys": [own, on]}}})["azure"].keys
    assert used.base_url == "https://r.example"


def test_a_provider_of_ones_own_without_keys() -> None:
    own = {"base_provider_type": "openai", "is_key_less": True}
    data = {"providers": {"mine": {"base_url": "http://10.0.0.7:9/v1", "custom_provider_config": own}}}
    mine = providers_of(data)["mine"]
    assert request_url(mine, mine.keys[0], "chat", "m") == "http://10.0.0.7:9/v1/chat/completions"
    assert mine.keys[0].value == Secret("")
    assert mine.network.allows_private_addresses
    assert mine.spec.models == ()
    assert mine.spec.tier == "community"


@pytest.mark.parametrize(
    ("settings", "is_allowed"),
    [
        ({}, False),
        ({"base_url": "https://llm.example"}, False),
        ({"base_url": "http://llm.internal"}, False),
        ({"base_url": "http://169.254.169.254"}, False),
        ({"base_url": "http://localhost:1"}, True),
        ({"base_url": "http://192.168.1.2"}, True),
        ({"base_url": "http://llm.internal", "network_config": {"allow_private_network": True}}, True),
    ],
)
def test_private_addresses_are_allowed_where_the_configuration_names_them(
    settings: dict[str, Any], is_allowed: bool
) -> None:
    (openai,) = providers_of({"providers": {"openai": {"api_key": "k", **settings}}}).values()
    assert openai.network.allows_private_addresses is is_allowed


def test_a_whole_url_may_stand_in_for_a_path() -> None:
    own = {
        "base_provider_type": "openai",
        "request_path_overrides": {"embedding": "http://localhost:7/embed", "list_models": "/v2/models"},
    }
    mine = providers_of({"providers": {"mine": {"api_key": "k", "custom_provider_config": own}}})["mine"]
    assert request_url(mine, mine.keys[0], "embed", "m") == "http://localhost:7/embed"
    assert request_url(mine, mine.keys[0], "models", "m") == "https://api.openai.com/v2/models"
    assert mine.network.allows_private_addresses


def test_proxies() -> None:
    def proxy_url(**proxy: str) -> str | None:
        data = {"providers": {"openai": {"api_key": "k", "proxy_config": proxy}}}
        return providers_of(data)["openai"].network.proxy_url

    assert proxy_url() is None
    assert proxy_url(type="none", url="http://ignored:1") is None
    assert proxy_url(type="environment") == "environment"
    assert proxy_url(type="http", url="proxy:3128") == "http://proxy:3128"
    assert proxy_url(type="socks5", url="socks5://p:1080/", username="u") == "socks5://u:@p:1080"


def test_certificates_of_the_server_and_of_the_proxy_are_trusted() -> None:
    data = {
        "providers": {
            "openai": {
                "api_key": "k",
                "network_config": {"ca_cert_pem": CERTIFICATE, "insecure_skip_verify": True},
                "proxy_config": {"ca_cert_pem": "env.PROXY_CA"},
            }
        }
    }
    network = providers_of(data, {"PROXY_CA": CERTIFICATE})["openai"].network
    assert network.ca_cert_pem == f"{CERTIFICATE}\n{CERTIFICATE}"
    assert not network.verifies_tls


def test_mistakes_in_the_environment_are_named() -> None:
    assert problems_of({}, {"OPENAI_API_KEY": "ké"}) == [
        "OPENAI_API_KEY: has characters that cannot be sent in a header"
    ]
    assert problems_of({}, {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "ftp://h"}) == [
        "OPENAI_BASE_URL: the address must begin with `http://` or `https://`"
    ]


def test_mistakes_are_raised_together_with_the_files_name() -> None:
    data = {"providers": {"groq": {"api_key": "env.A"}, "openai": {"api_key": "env.B"}}}
    with pytest.raises(ConfigError) as caught:
        configured_providers(config_of(data), {}, CATALOG, file_name="my.toml")
    assert str(caught.value) == (
        "my.toml: providers.openai.api_key: the environment variable B is not set\n"
        "my.toml: providers.groq.api_key: the environment variable A is not set"
    )


def test_a_fallback_names_a_provider_that_there_is() -> None:
    data = {"routing": {"fallbacks": {"openai/gpt-4o": ["grok/x", "groq/", "local/m", "anthropic/c"]}}}
    assert problems_of(data) == [
        "routing.fallbacks.openai/gpt-4o[0]: unknown provider `grok`, did you mean `groq`?",
        "routing.fallbacks.openai/gpt-4o[1]: a fallback is written `provider/model`",
    ]


def test_what_is_probably_not_meant_is_a_warning() -> None:
    data = {
        "providers": {
            "groq": {"keys": [{"name": "g", "value": "v"}]},
            "openai": {
                "keys": [
                    {"name": "a", "value": "v", "models": ["gpt-4o"], "blacklisted_models": ["GPT-4o"]},
                    {"name": "b", "value": "v", "models": ["gpt-4o"], "aliases": {"fast": "gpt-4o-mini"}},
                ],
                "network_config": {"base_url": "http://llm.example", "insecure_skip_verify": True},
            },
            "mistral": {"api_key": "m", "base_url": "http://llm.internal"},
            "deepseek": {"enabled": False},
        },
        "routing": {"default_model": "deepseek/x", "fallbacks": {"a": ["mistral/m", "deepseek/y"]}},
    }
    assert warnings_of(data, {}) == [
        "providers.openai: key `a` SERVES NOTHING: its lists block every model",
        "providers.openai: alias `fast` of key `b` is never used: `models` leaves it out",
        "providers.openai: keys and prompts go to http://llm.example unencrypted: it begins with `http://`",
        "providers.openai: `insecure_skip_verify` trusts whoever answers; "
        "`ca_cert_pem` trusts one of your own",
        'providers.groq: key `g` SERVES NOTHING: it has no `models`; write ["*"] for all',
        "providers.groq: no key of this provider serves any model: every call to it will fail",
        "providers.mistral: http://llm.internal looks like a private network's: set "
        "`network_config.allow_private_network` if it is",
        "routing.default_model: `deepseek` is not switched on",
        "routing.fallbacks.a[1]: `deepseek` is not switched on",
    ]


def test_a_secret_that_others_can_read_is_a_warning() -> None:
    data = {
        "providers": {
            "groq": {"api_key": SEED, "network_config": {"extra_headers": {"x-token": SEED}}},
            "openai": {"keys": [{"name": "a", "value": "env.A", "models": ["*"]}]},
            "mistral": {"api_key": "env.A", "proxy_config": {"password": SEED}},
        }
    }
    assert warnings_of(data, {"A": "a"}) == []
    told = warnings_of(data, {"A": "a"}, is_readable_by_others=True)
    assert [line.partition(":")[0] for line in told] == [
        "providers.groq.api_key",
        "providers.groq.network_config.extra_headers.x-token",
        "providers.mistral.proxy_config.password",
    ]
    assert not any(SEED in line for line in told)


def test_no_secret_is_in_what_is_printed() -> None:
    config = config_of(BIFROST)
    resolution = resolve_providers(config, BIFROST_ENVIRONMENT, CATALOG)
    shown = repr(config) + repr(resolution)
    for secret in (SEED, *BIFROST_ENVIRONMENT.values()):
        assert secret not in shown


SECRET_PLACES: list[dict[str, Any]] = [
    {"providers": {"groq": {"api_key": [SEED]}}},
    {"providers": {"groq": {"api_key": {"value": SEED, "x": 1}}}},
    {"providers": {"groq": {"api_key": f"vault.{SEED}"}}},
    {"providers": {"groq": {"api_key": f"env.{SEED}"}}},
    {"providers": {"groq": {"keys": [{"value": {"value": SEED, "type": SEED}}]}}},
    {"providers": {"groq": {"keys": SEED}}},
    {"providers": {"groq": {"keys": [SEED]}}},
    {"providers": {"groq": {"proxy_config": {"type": SEED}}}},
    {"providers": {"groq": {"network_config": {"retry_backoff_max": SEED}}}},
    {"providers": {"groq": SEED}},
    {"server": {"port": SEED}},
    {"providers": {"groq": {"api_key": f"{SEED}\x00"}}},
    {"providers": {"groq": {"api_key": "k", "base_url": f"https://{SEED}@host"}}},
    {"providers": {"groq": {"api_key": "k", "base_url": f"https://host?key={SEED}"}}},
    {"providers": {"groq": {"api_key": "k", "proxy_config": {"type": "http", "url": f"http://u:{SEED}@p"}}}},
    {"providers": {"groq": {"api_key": "k", "network_config": {"extra_headers": {"x": f"{SEED}\x01"}}}}},
    {"providers": {"groq": {"api_key": "k", "network_config": {"ca_cert_pem": SEED}}}},
]


@pytest.mark.parametrize("data", SECRET_PLACES)
def test_no_mistake_repeats_a_secret(data: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(data))
    with pytest.raises(ConfigError) as caught:
        configured_providers(load_config(file), {}, CATALOG)
    assert SEED not in str(caught.value)


def test_the_published_schema_is_current_and_takes_bifrosts_file() -> None:
    published = json.loads((ROOT / "docs" / "config.schema.json").read_text())
    assert published == json.loads(json.dumps(config_schema())), (
        "causeway check --schema > docs/config.schema.json"
    )
    validator = jsonschema_rs.validator_for(published)
    assert validator.is_valid(BIFROST)
    assert validator.is_valid({})
    assert not validator.is_valid({"provider": {}})
    assert not validator.is_valid({"providers": {"groq": {"keys": [{"valeu": "k"}]}}})
    assert not validator.is_valid({"server": {"port": 70000}})
