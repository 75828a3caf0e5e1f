"""Who answers for a name, with and without providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.model.errors import InvalidRequestError, ModelNotFoundError, ModelUnavailableError
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.resolution import (
    ModelPlan,
    ServedModels,
    ServedProvider,
    Target,
    parse_fallbacks,
    resolve_model,
    served_provider,
)

EMBEDDED = ("local/small", "local/other")
COHERE = ServedProvider(name="cohere", patterns=("command-*", "embed-*"))
OPENAI = ServedProvider(name="openai", patterns=("gpt-*",), aliases=("fast",))
AZURE = ServedProvider(name="azure", explicit_models=("GPT-4o", "command-a"))
OLLAMA = ServedProvider(name="ollama", serves_all=True, blocked_models=("llama-big",))
KNOWN = ("cohere", "openai", "azure", "ollama", "groq")
SERVED = ServedModels(
    providers=(OPENAI, COHERE, AZURE), embedded_models=EMBEDDED, known_providers=KNOWN, default_model=None
)


def resolve(
    requested: str, served: ServedModels = SERVED, dialect: str = "cohere", strict: bool = False
) -> ModelPlan:
    return resolve_model(requested, served, dialect=dialect, strict=strict)


@pytest.mark.parametrize(
    ("requested", "primary", "fallbacks"),
    [
        ("openai/gpt-4o", "openai/gpt-4o", []),
        ("openai/never-heard-of", "openai/never-heard-of", []),
        ("openai/org/model", "openai/org/model", []),
        ("gpt-4o", "azure/gpt-4o", ["openai/gpt-4o"]),
        ("GPT-4o-mini", "openai/GPT-4o-mini", []),
        ("command-a", "cohere/command-a", ["azure/command-a"]),
        ("Command-A", "cohere/Command-A", ["azure/Command-A"]),
        ("fast", "openai/fast", []),
        ("local/other", "local/other", []),
        ("other", "local/other", []),
    ],
)
def test_a_served_name_finds_its_provider(requested: str, primary: str, fallbacks: list[str]) -> None:
    plan = resolve(requested)
    assert plan.primary.name == primary
    assert [target.name for target in plan.implicit_fallbacks] == fallbacks
    assert plan.substitute_reason is None
    assert resolve(requested, strict=True) == plan


def test_the_dialects_own_provider_goes_first() -> None:
    plan = resolve("gpt-4o", dialect="openai")
    assert plan.primary == Target("openai", "gpt-4o")
    assert plan.implicit_fallbacks == (Target("azure", "gpt-4o"),)
    assert resolve("command-a", dialect="openai").primary == Target("azure", "command-a")


def test_who_serves_everything_is_asked_where_nobody_is_known_to() -> None:
    served = ServedModels(providers=(OLLAMA, COHERE), known_providers=KNOWN)
    assert resolve("command-a", served) == ModelPlan(primary=Target("cohere", "command-a"))
    assert resolve("llama3.2", served) == ModelPlan(primary=Target("ollama", "llama3.2"))
    with pytest.raises(ModelNotFoundError):
        resolve("llama-BIG", served)
    with pytest.raises(ModelNotFoundError, match="'groq' is not switched on"):
        resolve("groq/llama3.2", served)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("requested", ["claude-9", "meta-llama/x", "local/typo", "openai/"])
def test_a_name_that_no_provider_serves_is_an_error_beside_providers(requested: str, strict: bool) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        resolve(requested, strict=strict)
    assert caught.value.status == 404
    assert caught.value.field == "model"
    for words in (requested, "cannot auto-resolve provider", "azure, cohere, openai", "provider/model"):
        assert words in caught.value.message
    assert ("no provider serves it" in caught.value.message) == (not requested.startswith("local"))


def test_an_error_repeats_only_the_beginning_of_a_name() -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        resolve("x" * 10_000)
    assert len(caught.value.message) < 600
    reason = resolve("x" * 10_000, ServedModels(embedded_models=EMBEDDED)).substitute_reason
    assert reason is not None
    assert len(reason) < 300


@pytest.mark.parametrize("requested", ["command-a-03-2025", "local/typo", "cohere/command-a", "org/x"])
def test_without_providers_the_embedded_model_answers_and_it_is_told(requested: str) -> None:
    alone = ServedModels(embedded_models=EMBEDDED, known_providers=KNOWN)
    plan = resolve(requested, alone)
    assert plan.primary == Target("local", "small")
    assert plan.substitute_reason == f"{requested} is not served here, local/small answers"
    with pytest.raises(ModelNotFoundError, match=f"model '{requested}' not found"):
        resolve(requested, alone, strict=True)


@pytest.mark.parametrize("strict", [False, True])
def test_an_empty_name_asks_for_the_embedded_model(strict: bool) -> None:
    alone = resolve("", ServedModels(embedded_models=EMBEDDED), strict=strict)
    assert alone == ModelPlan(primary=Target("local", "small"))
    beside_providers = resolve("", strict=strict)
    assert beside_providers.primary == Target("local", "small")
    assert beside_providers.substitute_reason == "no model was named, local/small answers"


@pytest.mark.parametrize(
    ("default", "primary"), [("openai/x", "openai/x"), ("gpt-4o", "azure/gpt-4o"), ("other", "local/other")]
)
@pytest.mark.parametrize("requested", ["", "claude-9", "groq/llama", "local/typo"])
def test_the_default_model_answers_for_names_that_nobody_serves(
    requested: str, default: str, primary: str
) -> None:
    served = ServedModels(
        providers=(OPENAI, AZURE), embedded_models=EMBEDDED, known_providers=KNOWN, default_model=default
    )
    plan = resolve(requested, served)
    assert plan.primary.name == primary
    assert plan.substitute_reason is not None
    assert plan.substitute_reason.endswith(f", {primary} answers")
    assert plan.substitute_reason.startswith(requested or "no model was named")
    assert [target.name for target in plan.implicit_fallbacks] == (
        ["openai/gpt-4o"] if default == "gpt-4o" else []
    )


def test_strict_names_are_never_substituted() -> None:
    served = ServedModels(
        providers=(OPENAI,), embedded_models=EMBEDDED, known_providers=KNOWN, default_model="openai/x"
    )
    with pytest.raises(ModelNotFoundError):
        resolve("claude-9", served, strict=True)
    assert resolve("", served, strict=True).primary == Target("openai", "x")


def test_a_default_model_that_nobody_serves_is_named_in_the_error() -> None:
    served = ServedModels(providers=(OPENAI,), known_providers=KNOWN, default_model="groq/llama")
    with pytest.raises(ModelNotFoundError, match="nobody serves the default model 'groq/llama' either"):
        resolve("claude-9", served)


def test_where_there_is_nothing_to_answer_with() -> None:
    with pytest.raises(
        InvalidRequestError, match="cannot auto-resolve provider: no model was named"
    ) as caught:
        resolve("", ServedModels(providers=(OPENAI,)))
    assert caught.value.field == "model"
    for requested in ("", "gpt-4o", "local/small"):
        with pytest.raises(ModelUnavailableError):
            resolve(requested, ServedModels(known_providers=KNOWN))


@given(
    st.sampled_from(["gpt-4o", "command-a", "fast", "x", "other", "", "openai/x", "groq/x", "local/small"]),
    st.lists(st.sampled_from([COHERE, OPENAI, AZURE, OLLAMA]), unique_by=lambda provider: provider.name),
    st.sampled_from([(), EMBEDDED]),
    st.sampled_from([None, "gpt-4o", "openai/y", "local/small"]),
    st.sampled_from(["cohere", "openai"]),
    st.booleans(),
)
def test_every_target_of_a_plan_can_be_asked(
    requested: str,
    providers: list[ServedProvider],
    embedded: tuple[str, ...],
    default: str | None,
    dialect: str,
    strict: bool,
) -> None:
    served = ServedModels(
        providers=providers, embedded_models=embedded, known_providers=KNOWN, default_model=default
    )
    try:
        plan = resolve(requested, served, dialect, strict)
    except (ModelNotFoundError, InvalidRequestError, ModelUnavailableError):
        assert requested or not embedded
        return
    on = {provider.name for provider in providers}
    targets = [plan.primary, *plan.implicit_fallbacks]
    assert len(set(targets)) == len(targets)
    for target in targets:
        assert target.provider in on or target.name in embedded
    if plan.substitute_reason is None and requested:
        assert plan.primary.name.endswith(requested)
    if strict and requested:
        assert plan.substitute_reason is None


def test_what_keys_let_a_provider_serve() -> None:
    named = ProviderKey(
        id="1",
        name="named",
        models=("gpt-4o", "gpt-5"),
        blocked_models=("GPT-5",),
        aliases={"gpt-4o": "a", "y": "b"},
    )
    every = ProviderKey(
        id="2", name="every", blocked_models=("gpt-3", "GPT-2"), aliases={"fast": "gpt-4o-mini"}
    )
    other = ProviderKey(id="3", name="other", blocked_models=("gpt-2",))
    off = ProviderKey(id="4", name="off", models=("o1",), is_enabled=False)

    only_named = served_provider("openai", ("gpt-*",), [named, off], serves_all=True)
    assert only_named.names_model("GPT-4O")
    for model in ("gpt-5", "gpt-3", "y", "o1"):
        assert not only_named.names_model(model)
        assert not only_named.may_serve(model)

    both = served_provider("openai", ("gpt-*",), [named, every, other], serves_all=True)
    for model in ("gpt-4o", "gpt-5", "gpt-3", "fast"):
        assert both.names_model(model)
    assert not both.names_model("gpt-2")
    assert not both.may_serve("Gpt-2")
    assert both.may_serve("anything")

    blocked = ProviderKey(id="5", name="blocked", blocked_models=("*",))
    assert not served_provider("openai", ("gpt-*",), [blocked], serves_all=True).names_model("gpt-4o")
    assert not served_provider("openai", ("gpt-*",), [], serves_all=True).may_serve("gpt-4o")


def test_fallbacks_need_a_provider_that_is_known() -> None:
    parsed = parse_fallbacks(
        ["openai/gpt-4o", "gpt-4o", "groq/", "nobody/x", "local/small", "openrouter/a/b"],
        {"openai", "openrouter"},
    )
    assert [target.name for target in parsed.targets] == ["openai/gpt-4o", "local/small", "openrouter/a/b"]
    assert parsed.dropped == ("gpt-4o", "groq/", "nobody/x")
    assert parse_fallbacks(["groq/"], {"groq"}).dropped == ("groq/",)
