"""From a model's name to those who may answer for it, in the order in which they are asked."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from causeway.dialects.faces import ChatProviderFace
from causeway.model.loss import Loss, LossReport
from causeway.model.request import ChatRequest
from causeway.pipeline.grounded import Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.local_chat import LocalChat
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.pipeline.targets import ChatTarget
from causeway.pipeline.upstream_chat import UpstreamChat
from causeway.providers.spec import Operation
from causeway.rules.memo import Memo
from causeway.rules.model_names import LOCAL
from causeway.rules.resolution import ServedModels, Target, parse_fallbacks, resolve_model, served_provider


class RoutingPolicy(Struct, frozen=True, kw_only=True):
    """What configuration says about routing.

    `fallbacks` gives by a model's name, as callers write it, those to ask where it fails and the caller has
    named none; without an entry, other providers that serve the same name are asked where
    `uses_implicit_fallbacks`. `default_model` answers for names that nobody serves. `is_strict` lets nothing
    answer for them.
    """

    fallbacks: Mapping[str, Sequence[str]] = {}
    uses_implicit_fallbacks: bool = True
    default_model: str | None = None
    is_strict: bool = False


class Router:
    """Resolves names against the providers that are switched on and the embedded models of one operation."""

    def __init__(
        self,
        operation: Operation,
        lives: Mapping[str, LiveProvider],
        embedded_models: Sequence[str],
        known_providers: Sequence[str],
        policy: RoutingPolicy,
    ) -> None:
        offering = [live.provider for live in lives.values() if live.provider.offers(operation)]
        self._policy = policy
        self._known_providers = frozenset((*known_providers, *lives))
        self._served = ServedModels(
            providers=[
                served_provider(
                    provider.name,
                    provider.spec.models,
                    provider.keys,
                    serves_all=provider.spec.is_local,  # what it serves is whatever its owner loaded
                )
                for provider in offering
            ],
            embedded_models=tuple(embedded_models),
            known_providers=self._known_providers,
            default_model=policy.default_model,
        )

    def resolve(
        self, requested: str, dialect: str, fallbacks: Sequence[str], losses: LossReport
    ) -> list[Target]:
        """Return the primary and its fallbacks; raises as `resolve_model` does.

        A substitute, and a fallback that cannot be asked, are added to `losses`.
        """
        plan = resolve_model(requested, self._served, dialect=dialect, strict=self._policy.is_strict)
        if plan.substitute_reason is not None:
            losses.add("mapped", "model", plan.substitute_reason)
        named = (
            fallbacks
            or self._policy.fallbacks.get(requested)
            or self._policy.fallbacks.get(plan.primary.name)
        )
        if not named:
            return [plan.primary, *(plan.implicit_fallbacks if self._policy.uses_implicit_fallbacks else ())]
        parsed = parse_fallbacks(named, self._known_providers)
        for name in parsed.dropped:
            losses.add("mapped", "fallbacks", f"{name[:200]} names no known provider and is passed over")
        return [plan.primary, *(target for target in parsed.targets if self._can_be_asked(target))]

    def _can_be_asked(self, target: Target) -> bool:
        if target.provider == LOCAL:
            return target.name in self._served.embedded_models
        return any(provider.name == target.provider for provider in self._served.providers)


# A model's name, the dialect it came in, and the fallbacks.
_Asked = tuple[str, str, tuple[str, ...]]


class _Plan(Struct, frozen=True):
    """Who is asked for a name, in order, and what that alone loses."""

    targets: tuple[ChatTarget, ...]
    losses: tuple[Loss, ...]


class ChatOffer(Struct, frozen=True):
    """One way in which a provider can be asked for a chat."""

    operation: Operation
    face: ChatProviderFace


class ChatRouter:
    """Names those who may answer a chat. What a name means is found out once.

    A provider may have several offers: the one in the caller's dialect is taken, or the first.
    """

    def __init__(
        self,
        router: Router,
        lives: Mapping[str, LiveProvider],
        offers: Mapping[str, Sequence[ChatOffer]],
        embedded: Mapping[str, LocalChat],
        make_grounding: Callable[[int], Grounding],
        turns: SealedTurns,
    ) -> None:
        self._router = router
        self._lives = lives
        self._offers = offers
        self._embedded = embedded
        self._turns = turns
        self._groundings = {
            name: make_grounding(live.provider.document_tokens) for name, live in lives.items()
        }
        self._plans = Memo(self._plan, lambda asked: len(asked[0]) + sum(map(len, asked[2])))

    def targets(self, request: ChatRequest, losses: LossReport) -> Sequence[ChatTarget]:
        """Return the primary and its fallbacks; raises as `Router.resolve` does."""
        plan = self._plans[request.model, request.dialect, request.fallbacks]
        for loss in plan.losses:
            losses.add(loss.kind, loss.path, loss.detail)
        return plan.targets

    def native_provider(self, request: ChatRequest) -> str | None:
        """Return the provider that is asked first, if that is in the caller's dialect; raises likewise."""
        first = self._plans[request.model, request.dialect, request.fallbacks].targets[0]
        return (
            first.provider if isinstance(first, UpstreamChat) and first.dialect == request.dialect else None
        )

    def _plan(self, asked: _Asked) -> _Plan:
        losses = LossReport()
        resolved = self._router.resolve(*asked, losses)
        _, dialect, _ = asked
        return _Plan(tuple(self._target(target, dialect) for target in resolved), tuple(losses.losses))

    def _target(self, target: Target, dialect: str) -> ChatTarget:
        name = target.provider
        if name == LOCAL:
            return self._embedded[target.model]
        offers = self._offers[name]
        offer = next((offer for offer in offers if offer.face.dialect == dialect), offers[0])
        return UpstreamChat(
            self._lives[name],
            offer.face,
            target.model,
            self._groundings[name],
            self._turns,
            operation=offer.operation,
        )
