"""Where providers are asked and with which headers: as they were recorded, and never elsewhere."""

import re
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.config.addresses import parse_base_url
from causeway.model.errors import InvalidRequestError, NotImplementedHereError
from causeway.model.secret import Secret
from causeway.providers.authentication import request_headers
from causeway.providers.network import Network
from causeway.providers.spec import Operation
from causeway.providers.urls import base_url, fit_base_url, request_url, upstream_model
from causeway.rules.provider_keys import ProviderKey
from support.providers import CATALOG, provider_of
from support.recordings import recordings

AZURE = "https://resource.openai.azure.com"
OPERATIONS: list[Operation] = list(get_args(Operation))

# What recordings of other operations, and of older paths, are not held against.
RECORDED_CHATS = [
    ("cohere", "/v2/chat", "cohere"),
    ("openai-chat", "/v1/chat/completions", "openai"),
    ("groq", "/chat/completions", "groq"),
    ("mistral", "/v1/chat/completions", "mistral"),
    ("deepseek", "/chat/completions", "deepseek"),
    ("cerebras", "/chat/completions", "cerebras"),
    ("openrouter", "/chat/completions", "openrouter"),
    ("crusoe", "/chat/completions", "crusoe"),
    ("zai", "/chat/completions", "zai"),
]
# The folder, how its URLs end, the operation, and whether a stream is asked for; what the URL tells is asked.
RECORDED_PLACES: list[tuple[str, str, Operation, bool]] = [
    ("anthropic", "/v1/messages?beta=true", "chat", False),
    ("anthropic", "/v1/messages/count_tokens?beta=true", "count_tokens", False),
    ("openai-responses", "/v1/responses", "responses", False),
    ("openai-responses", "/v1/responses/input_tokens", "count_tokens", False),
    ("gemini", ":generateContent", "chat", False),
    ("gemini", ":streamGenerateContent?alt=sse", "chat", True),
    ("gemini", ":countTokens", "count_tokens", False),
    ("bedrock", "/converse", "chat", False),
    ("bedrock", "/converse-stream", "chat", True),
    ("bedrock", "/count-tokens", "count_tokens", False),
    ("bedrock-mantle", "/openai/v1/responses", "responses", False),
    ("bedrock-mantle", "/v1/chat/completions", "chat", False),
]
RECORDED_HOSTS = {
    r"api\.anthropic\.com": "anthropic",
    r"api\.openai\.com": "openai",
    r"generativelanguage\.googleapis\.com": "gemini",
    r"(?:(?P<region>[a-z0-9-]+)-)?aiplatform\.googleapis\.com": "vertex",
    r"bedrock-runtime\.(?P<region>[a-z0-9-]+)\.amazonaws\.com": "bedrock",
    r"bedrock-mantle\.(?P<region>[a-z0-9-]+)\.api\.aws": "bedrock_mantle",
}


def url(name: str, operation: Operation = "chat", model: str = "m", **of_provider: Any) -> str:
    provider = provider_of(name, **of_provider)
    return request_url(provider, provider.keys[0], operation, model)


@pytest.mark.parametrize(
    ("exchange", "name"),
    [
        pytest.param(*exchange.values, name, id=f"{name}-{exchange.id}", marks=exchange.marks)
        for folder, end, name in RECORDED_CHATS
        for exchange in recordings(folder, end)
    ],
)
def test_a_chat_is_asked_where_it_was_recorded(exchange: Any, name: str) -> None:
    assert url(name, model=exchange["request"]["body"].get("model", "")) == exchange["request"]["url"]


@pytest.mark.parametrize(
    ("exchange", "operation", "is_stream"),
    [
        pytest.param(
            *exchange.values, operation, is_stream, id=f"{operation}-{exchange.id}", marks=exchange.marks
        )
        for folder, end, operation, is_stream in RECORDED_PLACES
        for exchange in recordings(folder, end)
    ],
)
def test_each_way_to_ask_is_the_one_that_was_recorded(
    exchange: Any, operation: Operation, is_stream: bool
) -> None:
    recorded = unquote(exchange["request"]["url"]).removesuffix("?beta=true")
    parts = urlsplit(recorded)
    hosts = [(re.fullmatch(host, parts.netloc), name) for host, name in RECORDED_HOSTS.items()]
    ((host, name),) = [(match, name) for match, name in hosts if match]
    project = re.search(r"/projects/([^/]+)/", parts.path)
    named = re.search(r"/models?/(.+?)(?::[a-z]\w+|/[a-z-]+)$", parts.path, re.IGNORECASE)
    provider = provider_of(name)
    key = replace(
        provider.keys[0],
        region=host.groupdict().get("region") or "global",
        project=project[1] if project else "",
    )
    model = named[1] if named else exchange["request"]["body"]["model"]
    assert unquote(request_url(provider, key, operation, model, is_stream=is_stream)) == recorded


def test_the_paths_of_each_kind() -> None:
    assert url("cohere", "embed") == "https://api.cohere.com/v2/embed"
    assert url("cohere", "rerank") == "https://api.cohere.com/v2/rerank"
    assert url("openai", "models") == "https://api.openai.com/v1/models"
    assert url("groq") == "https://api.groq.com/openai/v1/chat/completions"
    assert url("perplexity") == "https://api.perplexity.ai/chat/completions"
    assert url("vllm", "rerank", base_url="http://gpu:8000") == "http://gpu:8000/v2/rerank"


def test_azure_is_asked_at_v1_or_at_the_deployment_of_a_dated_version() -> None:
    assert url("azure", base_url=AZURE) == f"{AZURE}/openai/v1/chat/completions"
    preview = url("azure", base_url=AZURE, query={"api-version": "preview"})
    assert preview == f"{AZURE}/openai/v1/chat/completions?api-version=preview"
    dated = url("azure", model="my gpt", base_url=AZURE, query={"api-version": "2024-10-21"})
    assert dated == f"{AZURE}/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
    listed = url("azure", "models", base_url=AZURE, query={"api-version": "2024-10-21"})
    assert listed == f"{AZURE}/openai/models?api-version=2024-10-21"


def test_a_query_parameter_cannot_add_another() -> None:
    asked = url("azure", base_url=AZURE, query={"api-version": "2024&x=1#y"})
    assert asked.endswith("?api-version=2024%26x%3D1%23y")


def test_a_keys_own_address_goes_before_the_providers() -> None:
    provider = provider_of("vllm", base_url="http://one:8000")
    key = replace(provider.keys[0], base_url="http://two:8000")
    assert request_url(provider, key, "chat", "m") == "http://two:8000/v1/chat/completions"


def test_what_a_provider_does_not_offer_is_refused() -> None:
    with pytest.raises(NotImplementedHereError, match="groq does not offer embed"):
        url("groq", "embed")
    limited = replace(provider_of("openai"), operations=frozenset({"embed"}))
    with pytest.raises(NotImplementedHereError):
        request_url(limited, limited.keys[0], "chat", "m")


@given(model=st.text(), name=st.sampled_from(sorted(CATALOG)), operation=st.sampled_from(OPERATIONS))
def test_no_model_name_changes_a_url_that_does_not_hold_it(
    model: str, name: str, operation: Operation
) -> None:
    provider = provider_of(name, base_url="https://host.example/prefix")
    if provider.offers(operation) and "{" not in provider.spec.paths[operation]:
        asked = request_url(provider, provider.keys[0], operation, model)
        assert asked == f"https://host.example/prefix{provider.spec.paths[operation]}"


PIECES = [*"#?@/\\.:%&; a\r\n\x00é", "%2f", "..", "//", "@evil.example"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(deployment=st.one_of(st.text(), HOSTILE))
def test_no_deployment_name_changes_the_host_or_climbs_in_the_path(deployment: str) -> None:
    provider = provider_of("azure", base_url=AZURE, query={"api-version": "2024-10-21"})
    try:
        asked = request_url(provider, provider.keys[0], "chat", deployment)
    except InvalidRequestError as error:
        assert error.field == "model"
        return
    parts = urlsplit(asked)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "resource.openai.azure.com", "")
    assert parts.query == "api-version=2024-10-21"
    _, first, second, segment, *rest = parts.path.split("/")
    assert (first, second, rest) == ("openai", "deployments", ["chat", "completions"])
    assert unquote(segment) == deployment
    assert not {".", ".."} & set(unquote(segment).replace("\\", "/").split("/"))


NAMED_IN_PATHS = [
    (name, operation)
    for name, spec in CATALOG.items()
    for operation, path in spec.paths.items()
    if "{" in path
]


@given(
    row=st.sampled_from(NAMED_IN_PATHS),
    model=st.one_of(
        st.text(),
        HOSTILE,
        st.tuples(st.sampled_from(["models/", "publishers/x/models/", "endpoints/"]), HOSTILE).map("".join),
    ),
    is_stream=st.booleans(),
)
def test_no_models_name_changes_what_stands_around_it(
    row: tuple[str, Operation], model: str, is_stream: bool
) -> None:
    name, operation = row
    provider = provider_of(name, base_url="https://host.example")
    key = replace(provider.keys[0], region="eu-west-1", project="my-project")
    try:
        asked = request_url(provider, key, operation, model, is_stream=is_stream)
    except InvalidRequestError as error:
        assert error.field == "model"
        return
    template = provider.spec.stream_paths.get(operation) if is_stream else None
    template = template or provider.spec.paths[operation]
    template = template.replace("{region}", "eu-west-1").replace("{project}", "my-project")
    before, _, after = template.replace("{resource}", "{model}").partition("{model}")
    start = f"https://host.example{before}"
    assert asked.startswith(start)
    assert asked.endswith(after)
    middle = asked.removeprefix(start).removesuffix(after)
    segments = [unquote(segment) for segment in middle.split("/")]
    assert re.fullmatch(r"[\w.~%/-]+", middle, re.ASCII), "no colon, no query, no fragment"
    forms = [form.split("/") for form in provider.spec.resources or ("*",)]
    assert any(
        len(form) == len(segments)
        and all(kind in ("*", said) for kind, said in zip(form, segments, strict=True))
        for form in forms
    )
    assert "/".join(segments).endswith(model)
    assert "" not in segments
    assert not {".", ".."} & set(re.split(r"[/\\]", unquote(middle)))


@pytest.mark.parametrize(
    ("name", "model", "path"),
    [
        ("gemini", "gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"),
        ("gemini", "models/gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"),
        ("gemini", "tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
        ("gemini", "a/b", "/v1beta/models/a%2Fb:generateContent"),
        ("vertex", "gemini-2.5-pro", "publishers/google/models/gemini-2.5-pro:generateContent"),
        ("vertex", "publishers/meta/models/llama", "publishers/meta/models/llama:generateContent"),
        ("vertex", "endpoints/123", "locations/eu-west-1/endpoints/123:generateContent"),
        ("bedrock", "us.amazon.nova-2-lite-v1:0", "/model/us.amazon.nova-2-lite-v1%3A0/converse"),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0",
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x-v1%3A0/converse",
        ),
    ],
)
def test_a_model_in_a_path(name: str, model: str, path: str) -> None:
    provider = provider_of(name)
    key = replace(provider.keys[0], region="eu-west-1", project="my-project")
    assert request_url(provider, key, "chat", model).endswith(path)


@pytest.mark.parametrize(
    ("operation", "is_stream", "action"),
    [
        ("chat", False, ":generateContent"),
        ("chat", True, ":streamGenerateContent?alt=sse"),
        ("count_tokens", False, ":countTokens"),
        ("embed", False, ":predict"),
    ],
)
def test_vertexs_actions_stand_at_a_model_of_a_project(
    operation: Operation, is_stream: bool, action: str
) -> None:
    provider = provider_of("vertex")
    key = replace(provider.keys[0], region="eu-west-1", project="my-project")
    place = "/v1beta1/projects/my-project/locations/eu-west-1/publishers/google/models/m"
    assert request_url(provider, key, operation, "m", is_stream=is_stream).endswith(place + action)


def test_the_query_of_a_path_is_kept_beside_the_providers() -> None:
    address = "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000"
    assert url("gemini", "models", "") == address
    provider = provider_of("gemini")
    key = replace(provider.keys[0], query={"pageToken": "a b&c"})
    assert request_url(provider, key, "models", "") == f"{address}&pageToken=a%20b%26c"


def test_a_prefix_of_the_keys_goes_before_names_that_are_no_arn() -> None:
    provider = provider_of("bedrock")
    key = replace(
        provider.keys[0], region="us-east-1", model_prefix="arn:aws:bedrock:us-east-1:1:inference-profile"
    )
    asked = request_url(provider, key, "chat", "us.x")
    assert asked.endswith("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/converse")
    assert request_url(provider, key, "chat", "arn:a/b").endswith("/model/arn%3Aa%2Fb/converse")


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_a_regions_address(region: str, address: str) -> None:
    provider = provider_of("vertex")
    key = replace(provider.keys[0], region=region, project="p")
    assert base_url(provider, key) == address
    assert request_url(provider, key, "chat", "m").startswith(
        f"{address}/v1beta1/projects/p/locations/{region}/"
    )
    elsewhere = replace(provider, base_url="https://own.example")
    assert base_url(elsewhere, key) == "https://own.example"


@pytest.mark.parametrize("name", ["", ".", "..", "../admin", "a/../b", "..\\x", "a\nb", "\ud800"])
def test_a_deployment_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be part of an address"):
        url("azure", model=name, base_url=AZURE, query={"api-version": "2024-10-21"})


@pytest.mark.parametrize(
    ("name", "given_url", "asked"),
    [
        ("openai", "https://gateway.example", "https://gateway.example/v1/chat/completions"),
        ("openai", "https://gateway.example/v1", "https://gateway.example/v1/chat/completions"),
        ("openai", "https://gateway.example/openai", "https://gateway.example/openai/v1/chat/completions"),
        ("openai", "https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4/chat/completions"),
        ("openai", "https://g.example/v1beta/openai", "https://g.example/v1beta/openai/chat/completions"),
        ("openai", "https://v1.example", "https://v1.example/v1/chat/completions"),
        ("cohere", "https://api.cohere.com/v1", "https://api.cohere.com/v2/chat"),
        ("cohere", "https://api.cohere.com/v2", "https://api.cohere.com/v2/chat"),
        ("azure", f"{AZURE}/openai/v1", f"{AZURE}/openai/v1/chat/completions"),
        ("azure", f"{AZURE}/openai", f"{AZURE}/openai/v1/chat/completions"),
        ("groq", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
        ("deepseek", "https://api.deepseek.com/v1", "https://api.deepseek.com/v1/chat/completions"),
    ],
)
def test_a_version_in_the_base_url_is_not_said_twice(name: str, given_url: str, asked: str) -> None:
    spec, base_url = fit_base_url(CATALOG[name], given_url)
    provider = provider_of(spec, base_url=base_url)
    assert request_url(provider, provider.keys[0], "chat", "m") == asked


def test_a_supplier_before_the_model_becomes_the_routers_suffix() -> None:
    provider = provider_of("huggingface")
    assert upstream_model(provider, "together/deepseek-ai/DeepSeek-R1") == "deepseek-ai/DeepSeek-R1:together"
    assert upstream_model(provider, "deepseek-ai/DeepSeek-R1") == "deepseek-ai/DeepSeek-R1"
    assert upstream_model(provider, "a//b") == "a//b"
    assert upstream_model(provider_of("openrouter"), "a/b/c") == "a/b/c"


def test_the_key_is_sent_as_the_row_says() -> None:
    openai, azure = provider_of("openai"), provider_of("azure", base_url=AZURE)
    assert dict(request_headers(openai, openai.keys[0])) == {"authorization": "Bearer the-key"}
    assert dict(request_headers(azure, azure.keys[0])) == {"api-key": "the-key"}
    keyless = ProviderKey(id="k", name="k", value=Secret(""))
    assert request_headers(openai, keyless) == ()
    silent = provider_of(replace(CATALOG["openai"], auth="none"))
    assert request_headers(silent, silent.keys[0]) == ()


def test_configured_headers_go_before_the_rows_and_the_key_before_both() -> None:
    spec = replace(CATALOG["openai"], headers={"X-Row": "row", "X-Both": "row"})
    provider = provider_of(spec, headers={"x-both": "configured", "Authorization": "Bearer other"})
    assert dict(request_headers(provider, provider.keys[0])) == {
        "x-row": "row",
        "x-both": "configured",
        "authorization": "Bearer the-key",
    }
    keyless = ProviderKey(id="k", name="k", value=Secret(""))
    assert dict(request_headers(provider, keyless))["authorization"] == "Bearer other"


def test_what_is_printed_of_a_provider_holds_no_secret() -> None:
    network = Network(proxy_url="http://user:proxy-password@proxy:3128")
    provider = replace(provider_of("openai", headers={"x-token": "header-token"}), network=network)
    for shown in (repr(provider), str(provider), repr(network), repr(provider.keys)):
        assert not any(secret in shown for secret in ("the-key", "header-token", "proxy-password"))


@pytest.mark.parametrize("spec", CATALOG.values(), ids=CATALOG)
def test_the_rows_addresses_are_in_the_form_that_is_built_upon(spec: Any) -> None:
    for address in filter(None, (spec.base_url, *spec.base_urls_by_region.values())):
        filled = address.replace("{region}", "eu-west-1")
        assert parse_base_url(filled) == filled
        assert fit_base_url(spec, filled)[1] == filled
    for path in (*spec.paths.values(), *spec.stream_paths.values(), *spec.versioned_paths.values()):
        assert path.startswith("/")
        assert not path.endswith("/")
