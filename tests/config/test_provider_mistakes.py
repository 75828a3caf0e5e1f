"""Each mistake in what a configuration says of providers, by the words that name it."""

from typing import Any

import pytest

from causeway.config.providers import resolve_providers
from support.configurations import config_of
from support.providers import CATALOG

SEED = "sk-seeded-0123456789abcdefghij"
KEY = {"name": "k", "value": "v", "models": ["*"]}
OWN = {"base_provider_type": "openai"}


@pytest.mark.parametrize(
    ("providers", "path", "message"),
    [
        (
            {"grok": {"api_key": "k"}},
            "providers",
            "unknown provider `grok`, did you mean `groq`? (one of your own needs "
            "`custom_provider_config.base_provider_type`)",
        ),
        (
            {"groq": {"api_key": "env.NOPE"}},
            "providers.groq.api_key",
            "the environment variable NOPE is not set",
        ),
        ({"groq": {"api_key": " "}}, "providers.groq.api_key", "the key is empty"),
        ({"groq": {"keys": [{"models": ["*"]}]}}, "providers.groq.keys[0].value", "the key is missing"),
        (
            {"groq": {"api_key": "a\nb"}},
            "providers.groq.api_key",
            "has characters that cannot be sent in a header",
        ),
        ({"groq": {"api_key": "k", "keys": [KEY]}}, "providers.groq.api_key", "`keys` say it too"),
        (
            {"groq": {"keys": [KEY]}, "openai": {"keys": [KEY]}},
            "providers.openai.keys[0].name",
            "`k` is the name of providers.groq.keys[0] too",
        ),
        (
            {"groq": {"keys": [{**KEY, "id": "i"}, {**KEY, "id": "i", "name": "l"}]}},
            "providers.groq.keys[1].id",
            "`i` is the id of providers.groq.keys[0] too",
        ),
        (
            {"groq": {"keys": [{**KEY, "models": ["*", "a"]}]}},
            "providers.groq.keys[0].models",
            "'*' means all models and stands alone",
        ),
        (
            {"groq": {"keys": [{**KEY, "blacklisted_models": ["a", "A"]}]}},
            "providers.groq.keys[0].blacklisted_models",
            "'A' is there twice; case does not tell names apart",
        ),
        (
            {"groq": {"keys": [{**KEY, "azure_key_config": {"endpoint": "https://a"}}]}},
            "providers.groq.keys[0].azure_key_config",
            "this is for keys of `azure`, not of `groq`",
        ),
        (
            {"azure": {"keys": [KEY]}},
            "providers.azure",
            "there is no address: set `providers.azure.base_url` or the variable AZURE_OPENAI_ENDPOINT",
        ),
        (
            {
                "azure": {
                    "keys": [
                        {
                            "name": "k",
                            "models": ["*"],
                            "azure_key_config": {"endpoint": "https://a", "client_secret": SEED},
                        }
                    ]
                }
            },
            "providers.azure.keys[0].azure_key_config",
            "without a `value` the key needs `client_id`, `tenant_id`",
        ),
        (
            {"vllm": {}},
            "providers.vllm",
            "there is no address: set `providers.vllm.base_url` or the variable VLLM_BASE_URL",
        ),
        (
            {
                "vllm": {
                    "keys": [{"name": "k", "models": ["*"], "vllm_key_config": {"url": "http://v/api/v9"}}]
                }
            },
            "providers.vllm.keys[0]",
            "only `network_config.base_url` may hold a version of its own",
        ),
        (
            {"groq": {"api_key": "k", "base_url": "https://u:p@h"}},
            "providers.groq.base_url",
            "the address must not hold a user name or a password; give the key as a key",
        ),
        (
            {"groq": {"api_key": "k", "base_url": "https://h", "network_config": {"base_url": "https://h"}}},
            "providers.groq.base_url",
            "`network_config.base_url` says it too",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"base_url": "h?x"}}},
            "providers.groq.network_config.base_url",
            "the address must not hold `?` or `#`",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"retry_backoff_initial": "9s"}}},
            "providers.groq.network_config",
            "`retry_backoff_initial` is more than `retry_backoff_max`",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"ca_cert_pem": "/etc/ca.pem"}}},
            "providers.groq.network_config.ca_cert_pem",
            "expected certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"extra_headers": {"Host": "h"}}}},
            "providers.groq.network_config.extra_headers.Host",
            "this header is not for the configuration to set",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"extra_headers": {"a b": "h"}}}},
            "providers.groq.network_config.extra_headers.a b",
            "this is not the name of a header",
        ),
        (
            {"groq": {"api_key": "k", "network_config": {"extra_headers": {"x": "a\r\nb: c"}}}},
            "providers.groq.network_config.extra_headers.x",
            "has characters that cannot be sent in a header",
        ),
        (
            {"groq": {"api_key": "k", "concurrency_and_buffer_size": {"concurrency": 9, "buffer_size": 8}}},
            "providers.groq.concurrency_and_buffer_size",
            "`concurrency` is more than `buffer_size`",
        ),
        (
            {"groq": {"api_key": "k", "proxy_config": {"type": "http"}}},
            "providers.groq.proxy_config.url",
            "a proxy of type `http` needs an address",
        ),
        (
            {"groq": {"api_key": "k", "proxy_config": {"type": "socks5", "url": "http://p:1"}}},
            "providers.groq.proxy_config.url",
            "expected `socks5://host:port`; user and password have settings",
        ),
        (
            {"groq": {"api_key": "k", "proxy_config": {"type": "http", "url": "http://[p"}}},
            "providers.groq.proxy_config.url",
            "expected `http://host:port`; user and password have settings",
        ),
        (
            {"groq": {"api_key": "k", "custom_provider_config": OWN}},
            "providers.groq.custom_provider_config",
            "`groq` is a provider of the catalog; choose another name for one of your own",
        ),
        (
            {"a/b": {"api_key": "k", "custom_provider_config": OWN}},
            "providers.a/b",
            "this cannot be a provider's name",
        ),
        (
            {"local": {"api_key": "k", "custom_provider_config": OWN}},
            "providers.local",
            "this cannot be a provider's name",
        ),
        (
            {"mine": {"api_key": "k", "custom_provider_config": {"base_provider_type": "opena"}}},
            "providers.mine.custom_provider_config.base_provider_type",
            "unknown provider `opena`, did you mean `openai`?",
        ),
        (
            {"mine": {"api_key": "k", "custom_provider_config": {"base_provider_type": "replicate"}}},
            "providers.mine.custom_provider_config.base_provider_type",
            "Causeway cannot call `replicate` yet",
        ),
        (
            {"mine": {"api_key": "k", "custom_provider_config": {**OWN, "is_key_less": True}}},
            "providers.mine",
            "a provider with `is_key_less` has no keys",
        ),
        (
            {
                "mine": {
                    "api_key": "k",
                    "custom_provider_config": {**OWN, "request_path_overrides": {"embedding": "v1/../x"}},
                }
            },
            "providers.mine.custom_provider_config.request_path_overrides.embedding",
            "expected a path that begins with `/`, or a whole URL",
        ),
        (
            {
                "mine": {
                    "api_key": "k",
                    "custom_provider_config": {
                        **OWN,
                        "request_path_overrides": {"chat_completion": "/a", "chat_completion_stream": "/b"},
                    },
                }
            },
            "providers.mine.custom_provider_config.request_path_overrides.chat_completion_stream",
            "streamed and whole answers have one path",
        ),
    ],
)
def test_each_mistake_is_named(providers: dict[str, Any], path: str, message: str) -> None:
    problems = resolve_providers(config_of({"providers": providers}), {}, CATALOG).problems
    assert [(problem.path, problem.message) for problem in problems] == [(path, message)]
