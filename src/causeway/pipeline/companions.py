"""Embeddings, rankings and counts of tokens, from whoever serves the model that is asked for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.rerank import RerankRequest, RerankResponse
from causeway.model.token_count import TokenCount
from causeway.pipeline.call import CallOptions, Trail, request_type
from causeway.pipeline.journal import Journal
from causeway.pipeline.live_provider import Lease, LiveProvider
from causeway.pipeline.ports import CallLog
from causeway.pipeline.provider_answer import raise_for_status
from causeway.pipeline.router import Router
from causeway.pipeline.targets import Place, first_answer
from causeway.providers.network import MAX_RESPONSE_BYTES, Headers
from causeway.providers.spec import Operation
from causeway.rules.model_names import LOCAL
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.resolution import Target

Request = TypeVar("Request", bound=EmbeddingRequest | RerankRequest | ChatRequest)
Response = TypeVar("Response", bound=EmbeddingResponse | RerankResponse | TokenCount)
Request_contra = TypeVar("Request_contra", contravariant=True)
Response_co = TypeVar("Response_co", covariant=True)
# Answers without a provider.
AnswerHere = Callable[[Request, LossReport], Awaitable[Response]]


class CompanionProviderFace(Protocol[Request_contra, Response_co]):
    """What the provider faces of these operations have in common."""

    @property
    def dialect(self) -> str:
        """The dialect."""

    def encode_request(self, request: Request_contra, losses: LossReport) -> bytes:
        """Return the JSON body."""

    def decode_response(self, body: bytes, request: Request_contra) -> Response_co:
        """Return the answer; raises UpstreamProtocolError."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells."""


class CompanionCall(Struct, frozen=True, kw_only=True):
    """What every call beside chat has. `dialect` is the caller's, and `fallbacks` are the models it named.

    `provider_headers` are as of a chat's call.
    """

    id: str
    dialect: str
    losses: LossReport
    fallbacks: tuple[str, ...] = ()
    provider_headers: Headers = ()
    options: CallOptions = CallOptions()


class CompanionAnswer(Struct, Generic[Response], frozen=True):
    """An answer, who gave it, and what was lost on the way."""

    response: Response
    provenance: Provenance
    losses: LossReport


class CompanionService(Generic[Request, Response]):
    """Answers the calls of one operation. `embedded` has the embedded models by their name after `local/`.

    `answer_instead` answers for providers that have no face here.
    """

    def __init__(
        self,
        operation: Operation,
        router: Router,
        lives: Mapping[str, LiveProvider],
        faces: Mapping[str, CompanionProviderFace[Request, Response]],
        embedded: Mapping[str, AnswerHere[Request, Response]],
        call_log: CallLog,
        *,
        answer_instead: AnswerHere[Request, Response] | None = None,
    ) -> None:
        self._operation = operation
        self._router = router
        self._lives = lives
        self._faces = faces
        self._embedded = embedded
        self._call_log = call_log
        self._answer_instead = answer_instead

    async def answer(self, request: Request, call: CompanionCall) -> CompanionAnswer[Response]:
        """Return the answer; raises CausewayError."""
        journal = Journal(
            self._call_log,
            id=call.id,
            operation=self._operation,
            dialect=call.dialect,
            model_requested=request.model,
            is_stream=False,
            losses=call.losses,
        )
        try:
            targets = self._router.resolve(request.model, call.dialect, call.fallbacks, call.losses)
            answer = await self._first(targets, request, call, journal.trail)
        except BaseException as error:
            journal.close_failed(error)
            raise
        journal.close(answer.provenance, answer.losses, None)
        return answer

    async def _first(
        self, targets: Sequence[Target], request: Request, call: CompanionCall, trail: Trail
    ) -> CompanionAnswer[Response]:
        primary = targets[0]

        async def ask(index: int, target: Target) -> CompanionAnswer[Response]:
            place = Place(index, primary.provider, primary.model)
            answer_here = self._answer_here(target)
            if answer_here is None:
                return await self._ask_provider(target, request, call, trail, place)
            losses = call.losses.branch()
            response = await answer_here(request, losses)
            losses.refuse_if_strict()
            return CompanionAnswer(response, self._provenance(request, target, place), losses)

        return await first_answer(targets, ask)

    def _answer_here(self, target: Target) -> AnswerHere[Request, Response] | None:
        if target.provider == LOCAL:
            return self._embedded[target.model]
        return None if target.provider in self._faces else self._answer_instead

    async def _ask_provider(
        self, target: Target, request: Request, call: CompanionCall, trail: Trail, place: Place
    ) -> CompanionAnswer[Response]:
        live, face = self._lives[target.provider], self._faces[target.provider]
        headers = call.provider_headers if call.dialect == face.dialect else ()

        async def ask(key: ProviderKey, model: str, lease: Lease) -> CompanionAnswer[Response]:
            asked, losses = replace(request, model=model), call.losses.branch()
            body = face.encode_request(asked, losses)
            losses.refuse_if_strict()
            async with live.send(self._operation, key, model, body, headers) as response:
                await raise_for_status(response, face, key)
                content = await response.read(MAX_RESPONSE_BYTES)
            answered = face.decode_response(content, asked)
            if not answered.id:  # OpenAI gives its embeddings none
                answered = replace(answered, id=call.id)
            lease.settle(None)
            provenance = self._provenance(request, Target(target.provider, model), place, key.name)
            return CompanionAnswer(answered, provenance, losses)

        return await live.attempt(target.model, call.options, trail, place, ask)

    def _provenance(self, request: Request, target: Target, place: Place, key_name: str = "") -> Provenance:
        return Provenance(
            provider=target.provider,
            model=target.model,
            model_requested=request.model,
            request_type=request_type(self._operation, is_stream=False),
            key_name=key_name,
            fallback_index=place.fallback_index,
            primary_provider=place.primary_provider,
            primary_model=place.primary_model,
        )
