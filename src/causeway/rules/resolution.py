"""Who answers for a model's name, and who else could.

It decides on facts that are given to it; which models a provider serves is found elsewhere. The policy for
names that nobody serves is in docs/decisions/2026-11-21-any-model-name-is-answered.md.
"""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from causeway.model.errors import InvalidRequestError, ModelNotFoundError, ModelUnavailableError
from causeway.rules.key_choice import ALL, allows_model
from causeway.rules.model_choice import choose_model
from causeway.rules.model_names import LOCAL, split_model
from causeway.rules.provider_keys import ProviderKey

_MAX_SHOWN_CHARACTERS = 200


class Target(Struct, frozen=True):
    """One model of one provider. The model's name may still be an alias of one of the provider's keys."""

    provider: str
    model: str

    @property
    def name(self) -> str:
        """Both in one, as callers write them."""
        return f"{self.provider}/{self.model}"


class ModelPlan(Struct, frozen=True, kw_only=True):
    """Who answers a request.

    `implicit_fallbacks` are the others that serve the name, for callers that gave no fallbacks, where the
    configuration allows it. `substitute_reason` tells, in words for the caller, that the primary stands in
    for what was asked.
    """

    primary: Target
    implicit_fallbacks: tuple[Target, ...] = ()
    substitute_reason: str | None = None


class Fallbacks(Struct, frozen=True):
    """A caller's fallbacks: those that can be asked, and the names that nobody answers to."""

    targets: tuple[Target, ...]
    dropped: tuple[str, ...]


class ServedProvider(Struct, frozen=True, kw_only=True):
    """What is known of the models of a provider that is switched on.

    `patterns` (`gpt-*`) are of names that it is known to serve, `explicit_models` were configured by name,
    and `aliases` are callers' names for others. `blocked_models` takes from the patterns. All are compared in
    any case. `serves_all` makes it a candidate for names that no provider is known to serve.
    """

    name: str
    patterns: tuple[str, ...] = ()
    explicit_models: Collection[str] = ()
    aliases: Collection[str] = ()
    blocked_models: Collection[str] = ()
    serves_all: bool = False

    def names_model(self, model: str) -> bool:
        """Whether the provider is known to serve a name."""
        wanted = model.lower()
        if any(wanted == name.lower() for names in (self.explicit_models, self.aliases) for name in names):
            return True
        return not self._blocks(wanted) and any(
            fnmatchcase(wanted, pattern.lower()) for pattern in self.patterns
        )

    def may_serve(self, model: str) -> bool:
        """Whether the provider can be tried with a name of which nothing is known."""
        return self.serves_all and not self._blocks(model.lower())

    def _blocks(self, wanted: str) -> bool:
        return any(wanted == name.lower() for name in self.blocked_models)


class ServedModels(Struct, frozen=True, kw_only=True):
    """What the gateway can answer with.

    `providers` are those that are switched on, `known_providers` the names of those that could be.
    `embedded_models` are the embedded engine's, as `local/name`, the default first; none where it is off.
    `default_model` is the configured answer to names that nobody serves.
    """

    providers: Sequence[ServedProvider] = ()
    embedded_models: Sequence[str] = ()
    known_providers: Collection[str] = ()
    default_model: str | None = None


def served_provider(
    name: str, patterns: Sequence[str], keys: Iterable[ProviderKey], *, serves_all: bool = False
) -> ServedProvider:
    """Return what a provider's keys let it serve; `patterns` count where a key is for all models."""
    enabled = [key for key in keys if key.is_enabled]
    open_keys = [key for key in enabled if key.models == (ALL,) and key.blocked_models != (ALL,)]
    blocked = [{model.lower() for model in key.blocked_models} for key in open_keys]
    return ServedProvider(
        name=name,
        patterns=tuple(patterns) if open_keys else (),
        explicit_models=frozenset(
            model for key in enabled for model in key.models if model != ALL and allows_model(key, model)
        ),
        aliases=frozenset(alias for key in enabled for alias in key.aliases if allows_model(key, alias)),
        blocked_models=frozenset(set.intersection(*blocked)) if blocked else frozenset(),
        serves_all=serves_all and bool(open_keys),
    )


def resolve_model(requested: str, served: ServedModels, *, dialect: str, strict: bool) -> ModelPlan:
    """Return who answers `requested`, which came in `dialect`.

    A name without a provider is answered by one that serves it: the dialect's own provider (of the same name)
    before the others, which follow in the order of the alphabet. A name that nobody serves is answered by the
    default model, or by the embedded model where no provider is switched on; with `strict` by nobody. An
    empty name asks for the default model, and for the embedded one where there is none.

    Raises ModelNotFoundError where nobody answers, InvalidRequestError where no name was given and nothing
    answers to that, and ModelUnavailableError where there is no model at all.
    """
    plan = _serving_plan(requested, served, dialect)
    if plan is not None:
        return plan
    if served.default_model is not None and not (strict and requested):
        plan = _serving_plan(served.default_model, served, dialect)
        if plan is not None:
            return _substitute(requested, plan.primary, plan.implicit_fallbacks)
    if served.providers and (requested or not served.embedded_models):
        raise _unresolved(requested, served)
    if not served.embedded_models:
        raise ModelUnavailableError(
            "no provider is switched on and the embedded model is off: nobody can answer"
        )
    choice = choose_model(requested, served.embedded_models, served.embedded_models[0], strict=strict)
    target = _embedded(choice.name)
    if choice.is_substitute or served.providers:
        return _substitute(requested, target)
    return ModelPlan(primary=target)


def parse_fallbacks(names: Iterable[str], known_providers: Collection[str]) -> Fallbacks:
    """Return the fallbacks that a caller named as `provider/model`.

    Names without a known provider, or with nothing after it, are dropped: fallbacks are not resolved.
    """
    targets: list[Target] = []
    dropped: list[str] = []
    for name in names:
        provider, model = split_model(name, known_providers)
        if provider is None or not model:
            dropped.append(name)
        else:
            targets.append(Target(provider, model))
    return Fallbacks(tuple(targets), tuple(dropped))


def _serving_plan(requested: str, served: ServedModels, dialect: str) -> ModelPlan | None:
    switched_on = {provider.name for provider in served.providers}
    provider, model = split_model(requested, {*served.known_providers, *switched_on})
    if provider in (None, LOCAL) and (embedded := f"{LOCAL}/{model}") in served.embedded_models:
        return ModelPlan(primary=_embedded(embedded))
    if provider is not None:
        return ModelPlan(primary=Target(provider, model)) if model and provider in switched_on else None
    if not model:
        return None
    serving = [candidate.name for candidate in served.providers if candidate.names_model(model)]
    if not serving:
        serving = [candidate.name for candidate in served.providers if candidate.may_serve(model)]
    targets = [Target(name, model) for name in sorted(serving, key=lambda name: (name != dialect, name))]
    return ModelPlan(primary=targets[0], implicit_fallbacks=tuple(targets[1:])) if targets else None


def _embedded(name: str) -> Target:
    return Target(LOCAL, name.removeprefix(f"{LOCAL}/"))


def _substitute(requested: str, primary: Target, fallbacks: tuple[Target, ...] = ()) -> ModelPlan:
    wanted = f"{requested[:_MAX_SHOWN_CHARACTERS]} is not served here" if requested else "no model was named"
    reason = f"{wanted}, {primary.name} answers"
    return ModelPlan(primary=primary, implicit_fallbacks=fallbacks, substitute_reason=reason)


def _unresolved(requested: str, served: ServedModels) -> InvalidRequestError | ModelNotFoundError:
    """Return the error for a name that is not answered; its first words are Bifrost's own."""
    names = ", ".join(sorted(provider.name for provider in served.providers))
    hint = f"Switched on: {names}; write provider/model to choose one."
    if not requested:
        return InvalidRequestError(
            f"cannot auto-resolve provider: no model was named and there is no default model. {hint}",
            field="model",
        )
    provider, _ = split_model(requested, served.known_providers)
    is_off = provider is not None and all(provider != other.name for other in served.providers)
    cause = f"provider '{provider}' is not switched on" if is_off else "no provider serves it"
    if served.default_model is not None and _serving_plan(served.default_model, served, "") is None:
        cause += f", and nobody serves the default model '{served.default_model}' either"
    return ModelNotFoundError(
        f"cannot auto-resolve provider for model '{requested[:_MAX_SHOWN_CHARACTERS]}': {cause}. {hint}",
        field="model",
    )
