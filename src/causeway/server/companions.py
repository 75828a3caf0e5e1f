"""Serves the endpoints beside chat: decode, ask, encode. All of their answers are whole."""

from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.endpoints import (
    CompanionEndpoint,
    DetokenizeEndpoint,
    EmbedEndpoint,
    KeptAnswerEndpoint,
    KeyEndpoint,
    ModelEndpoint,
    ModelsEndpoint,
    RerankEndpoint,
    TokenCountEndpoint,
    TokenizeEndpoint,
    UnservedEndpoint,
)
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse
from causeway.model.errors import NotImplementedHereError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.rerank import RerankRequest, RerankResponse
from causeway.model.token_count import TokenCount
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.companions import CompanionCall, CompanionService
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.ports import Tokenizer
from causeway.server.asgi import Headers, Receive, Send, send_json
from causeway.server.call import Call, path_model
from causeway.server.call_headers import (
    decode_options,
    decode_provider_headers,
    decode_strictness,
    encode_losses,
    encode_provenance,
)
from causeway.server.disconnect import DisconnectWatch
from causeway.server.kept_answers import KeptAnswers


class Reply(Struct, frozen=True):
    """A whole answer in the caller's dialect, and what the headers tell of it."""

    body: bytes
    own_headers: Headers
    losses: LossReport
    provenance: Provenance | None = None


class CompanionHandler:
    """Answers the endpoints beside chat. `is_strict` forbids losses where the caller does not say."""

    def __init__(
        self,
        *,
        embeds: CompanionService[EmbeddingRequest, EmbeddingResponse],
        reranks: CompanionService[RerankRequest, RerankResponse],
        token_counts: CompanionService[ChatRequest, TokenCount],
        tokenizers: ModelDirectory[Tokenizer],
        catalog: Catalog,
        kept: KeptAnswers,
        is_strict: bool = False,
    ) -> None:
        self._embeds = embeds
        self._reranks = reranks
        self._token_counts = token_counts
        self._tokenizers = tokenizers
        self._catalog = catalog
        self._kept = kept
        self._is_strict = is_strict

    async def serve(
        self, endpoint: CompanionEndpoint, call: Call, headers: Headers, receive: Receive | None, send: Send
    ) -> None:
        """Answer one call; raises CausewayError while nothing has been sent."""
        losses = LossReport(strict=decode_strictness(call.headers, self._is_strict))
        with DisconnectWatch(receive):
            reply = await self._answer(endpoint, call, losses)
            told = endpoint.face.warning_headers(reply.losses) + encode_losses(reply.losses)
            if reply.provenance is not None:
                told += encode_provenance(reply.provenance)
            await send_json(send, 200, reply.body, headers + told + reply.own_headers)

    def _asked(
        self, call: Call, dialect: str, losses: LossReport, fallbacks: tuple[str, ...]
    ) -> CompanionCall:
        return CompanionCall(
            id=call.id,
            dialect=dialect,
            losses=losses,
            fallbacks=fallbacks,
            provider_headers=decode_provider_headers(call.headers, dialect),
            options=decode_options(call.headers),
        )

    async def _answer(self, endpoint: CompanionEndpoint, call: Call, losses: LossReport) -> Reply:
        match endpoint:
            case EmbedEndpoint(face=face):
                to_embed = face.decode_request(call.body, losses)
                if "model" in call.path:
                    to_embed = replace(to_embed, model=path_model(call.path, endpoint.path_provider))
                asked = self._asked(call, to_embed.dialect, losses, to_embed.fallbacks)
                vectors = await self._embeds.answer(to_embed, asked)
                body = face.encode_response(vectors.response, to_embed, vectors.provenance)
                own_headers = face.response_headers(vectors.response, to_embed)
                return Reply(body, own_headers, vectors.losses, vectors.provenance)
            case RerankEndpoint(face=face):
                to_rank = face.decode_request(call.body, losses)
                ranking = await self._reranks.answer(
                    to_rank, self._asked(call, "cohere", losses, to_rank.fallbacks)
                )
                body = face.encode_response(ranking.response, to_rank)
                return Reply(body, [], ranking.losses, ranking.provenance)
            case TokenCountEndpoint(face=face):
                chat = face.decode_request(call.body, losses)
                if "model" in call.path:
                    chat = replace(chat, model=path_model(call.path, endpoint.path_provider))
                asked = self._asked(call, chat.dialect, losses, chat.fallbacks)
                count = await self._token_counts.answer(chat, asked)
                return Reply(face.encode_response(count.response), [], count.losses, count.provenance)
            case TokenizeEndpoint(face=face):
                to_split = face.decode_request(call.body, losses)
                tokenizer = self._tokenizers.find(to_split.model, losses)
                return Reply(face.encode_response(await tokenizer.tokenize(to_split.text)), [], losses)
            case DetokenizeEndpoint(face=face):
                to_join = face.decode_request(call.body, losses)
                tokenizer = self._tokenizers.find(to_join.model, losses)
                text = await tokenizer.detokenize(to_join.token_ids)
                return Reply(face.encode_response(text), [], losses)
            case ModelsEndpoint(face=face):
                query = face.decode_query(call.query, losses)
                return Reply(face.encode_page(await self._catalog.list(query)), [], losses)
            case ModelEndpoint(face=face):
                facts = await self._catalog.find(call.path["model"], losses)
                return Reply(face.encode_model(facts), [], losses)
            case KeptAnswerEndpoint():
                return Reply(await self._kept.answer(endpoint, call), [], losses)
            case KeyEndpoint(face=face):
                return Reply(face.encode_validity(), [], losses)
            case UnservedEndpoint(method=method, path=path):
                raise NotImplementedHereError(f"{method} {path} is not served by this gateway")
