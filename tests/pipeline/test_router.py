"""Who may answer for a name, and in which order: by the caller's word, the configuration's, what is on."""

from typing import Any

import pytest
from msgspec.structs import replace

from causeway.dialects.table import chat_provider_face
from causeway.model.content import TextBlock, UserMessage
from causeway.model.errors import InvalidRequestError, ModelNotFoundError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.pipeline.grounded import Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.local_chat import LocalChat
from causeway.pipeline.router import ChatOffer, ChatRouter, Router, RoutingPolicy
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.pipeline.upstream_chat import UpstreamChat
from causeway.providers.catalog import load_catalog
from support.gateway import ScriptedModel
from support.kept_answers import Keeper
from support.providers import provider_of

EMBEDDED = "local/scripted"
CATALOG = load_catalog()


def lives(*names: str) -> dict[str, LiveProvider]:
    nobody: Any = None  # nothing is sent
    return {name: LiveProvider(provider_of(name), nobody) for name in names}


def resolve(
    requested: str,
    *fallbacks: str,
    providers: tuple[str, ...] = ("openai", "cohere", "mistral"),
    dialect: str = "cohere",
    operation: Any = "chat",
    losses: LossReport | None = None,
    **policy: Any,
) -> list[str]:
    router = Router(operation, lives(*providers), [EMBEDDED], tuple(CATALOG), RoutingPolicy(**policy))
    report = LossReport() if losses is None else losses
    return [target.name for target in router.resolve(requested, dialect, fallbacks, report)]


def test_a_name_with_its_provider_is_asked_there_alone() -> None:
    assert resolve("openai/gpt-4o") == ["openai/gpt-4o"]
    assert resolve(EMBEDDED) == [EMBEDDED]


def test_a_name_without_is_asked_of_who_serves_it() -> None:
    assert resolve("gpt-4o") == ["openai/gpt-4o"]
    assert resolve("command-a-03-2025") == ["cohere/command-a-03-2025"]
    assert resolve("scripted") == [EMBEDDED]


def test_others_that_serve_a_name_follow_where_nobody_says_otherwise() -> None:
    both = ("azure", "openai")
    rows = {name: replace(CATALOG[name], models=("shared-*",), base_url="https://x.test") for name in both}
    nobody: Any = None
    shared = {name: LiveProvider(provider_of(row), nobody) for name, row in rows.items()}
    for policy, expected in (
        (RoutingPolicy(), ["openai/shared-1", "azure/shared-1"]),
        (RoutingPolicy(uses_implicit_fallbacks=False), ["openai/shared-1"]),
        (RoutingPolicy(fallbacks={"shared-1": ["azure/b"]}), ["openai/shared-1", "azure/b"]),
    ):
        router = Router("chat", shared, [], tuple(CATALOG), policy)
        targets = router.resolve("shared-1", "openai", (), LossReport())
        assert [target.name for target in targets] == expected
    named = Router("chat", shared, [], tuple(CATALOG), RoutingPolicy())
    targets = named.resolve("shared-1", "openai", ("azure/c",), LossReport())
    assert [target.name for target in targets] == ["openai/shared-1", "azure/c"]


def test_the_configuration_names_fallbacks_by_either_name() -> None:
    for name in ("gpt-4o", "openai/gpt-4o"):
        assert resolve("gpt-4o", fallbacks={name: ["cohere/command-a", EMBEDDED]}) == [
            "openai/gpt-4o",
            "cohere/command-a",
            EMBEDDED,
        ]


def test_the_caller_s_fallbacks_come_in_place_of_the_configuration_s() -> None:
    fallbacks = {"gpt-4o": ["cohere/command-a"]}
    assert resolve("gpt-4o", "mistral/small", fallbacks=fallbacks) == ["openai/gpt-4o", "mistral/small"]


def test_a_fallback_that_cannot_be_asked_is_passed_over() -> None:
    losses = LossReport()
    wanted = ("nobody/x", "gpt-4o", "groq/not-switched-on", "local/not-here", "cohere/", "cohere/command-a")
    assert resolve("gpt-4o", *wanted, losses=losses) == ["openai/gpt-4o", "cohere/command-a"]
    told = [(loss.kind, loss.path, loss.detail.split()[0]) for loss in losses.losses]
    assert told == [("mapped", "fallbacks", name) for name in ("nobody/x", "gpt-4o", "cohere/")]


def test_a_substitute_is_told() -> None:
    losses = LossReport()
    assert resolve("nobody-serves-this", providers=(), losses=losses) == [EMBEDDED]
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("mapped", "model")]
    losses = LossReport()
    assert resolve("nobody-serves-this", default_model="openai/gpt-4o", losses=losses) == ["openai/gpt-4o"]
    assert "openai/gpt-4o answers" in losses.losses[0].detail


def test_a_name_that_nobody_serves_is_an_error_where_names_are_strict() -> None:
    for asked in ({"providers": (), "is_strict": True}, {"is_strict": True}, {}):
        with pytest.raises(ModelNotFoundError) as raised:
            resolve("nobody-serves-this", **asked)  # type: ignore[arg-type]
        assert raised.value.field == "model"


def test_a_provider_that_does_not_do_it_is_not_asked() -> None:
    assert resolve("embed-v4.0", operation="rerank", providers=("openai",), default_model=EMBEDDED) == [
        EMBEDDED
    ]
    assert resolve("cohere/rerank-v3.5", "openai/x", operation="rerank") == ["cohere/rerank-v3.5"]
    with pytest.raises((ModelNotFoundError, InvalidRequestError)):
        resolve("openai/x", operation="rerank")


async def test_each_target_of_a_chat_is_what_it_should_be() -> None:
    """A provider's documents are bounded as that provider is configured, the embedded model by its own."""
    named: list[int] = []

    def make_grounding(tokens: int) -> Grounding:
        named.append(tokens)
        return Grounding(section_tokens=tokens, estimate_tokens=len)

    switched_on = lives("openai", "cohere")
    local = LocalChat(ScriptedModel(lambda request, losses: []))
    chats = ChatRouter(
        Router("chat", switched_on, [EMBEDDED], tuple(CATALOG), RoutingPolicy()),
        switched_on,
        {
            name: [ChatOffer("chat", chat_provider_face(live.provider.spec.dialects["chat"], {}))]
            for name, live in switched_on.items()
        },
        {local.model: local},
        make_grounding,
        SealedTurns(Keeper()),
    )
    request = ChatRequest(
        model="openai/a",
        messages=(UserMessage((TextBlock("hi"),)),),
        fallbacks=("cohere/b", EMBEDDED),
    )
    targets = chats.targets(request, LossReport())
    assert [type(target) for target in targets] == [UpstreamChat, UpstreamChat, LocalChat]
    assert [(target.provider, target.model) for target in targets] == [
        ("openai", "a"),
        ("cohere", "b"),
        ("local", "scripted"),
    ]
    assert targets[2] is local
    assert named == [
        switched_on["openai"].provider.document_tokens,
        switched_on["cohere"].provider.document_tokens,
    ]
