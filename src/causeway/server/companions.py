"""Serves the endpoints beside chat: decode, ask, encode. All of their answers are whole."""

from collections.abc import Mapping

from msgspec import Struct

from causeway.dialects.companion_endpoints import (
    CompanionEndpoint,
    DetokenizeEndpoint,
    EmbedEndpoint,
    KeyEndpoint,
    ModelEndpoint,
    ModelsEndpoint,
    RerankEndpoint,
    TokenizeEndpoint,
    UnservedEndpoint,
)
from causeway.model.errors import NotImplementedHereError
from causeway.model.loss import LossReport
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.ports import Embedder, Reranker, Tokenizer
from causeway.server.asgi import Headers, Receive, Send, send_json
from causeway.server.disconnect import DisconnectWatch


class Call(Struct, frozen=True):
    """What a caller sent: the body, the query's parameters and the path's."""

    body: bytes
    query: Mapping[str, str]
    path: Mapping[str, str]


class CompanionHandler:
    """Answers the endpoints beside chat from the models that it is given."""

    def __init__(
        self,
        *,
        embedders: ModelDirectory[Embedder],
        rerankers: ModelDirectory[Reranker],
        tokenizers: ModelDirectory[Tokenizer],
        catalog: Catalog,
    ) -> None:
        self._embedders = embedders
        self._rerankers = rerankers
        self._tokenizers = tokenizers
        self._catalog = catalog

    async def serve(
        self, endpoint: CompanionEndpoint, call: Call, headers: Headers, receive: Receive, send: Send
    ) -> None:
        """Answer one call; raises CausewayError while nothing has been sent."""
        losses = LossReport()
        async with DisconnectWatch(receive):
            body, own_headers = await self._answer(endpoint, call, losses)
            all_headers = headers + endpoint.face.warning_headers(losses) + own_headers
            await send_json(send, 200, body, all_headers)

    async def _answer(
        self, endpoint: CompanionEndpoint, call: Call, losses: LossReport
    ) -> tuple[bytes, Headers]:
        match endpoint:
            case EmbedEndpoint(face=face):
                to_embed = face.decode_request(call.body, losses)
                embedder = self._embedders.find(to_embed.model, losses)
                vectors = await embedder.embed(to_embed, losses)
                headers = face.response_headers(vectors, to_embed)
                return face.encode_response(vectors, to_embed), headers
            case RerankEndpoint(face=face):
                to_rank = face.decode_request(call.body, losses)
                ranking = await self._rerankers.find(to_rank.model, losses).rerank(to_rank, losses)
                return face.encode_response(ranking, to_rank), []
            case TokenizeEndpoint(face=face):
                to_split = face.decode_request(call.body, losses)
                tokenizer = self._tokenizers.find(to_split.model, losses)
                return face.encode_response(await tokenizer.tokenize(to_split.text)), []
            case DetokenizeEndpoint(face=face):
                to_join = face.decode_request(call.body, losses)
                tokenizer = self._tokenizers.find(to_join.model, losses)
                return face.encode_response(await tokenizer.detokenize(to_join.token_ids)), []
            case ModelsEndpoint(face=face):
                query = face.decode_query(call.query, losses)
                return face.encode_page(self._catalog.list(query)), []
            case ModelEndpoint(face=face):
                return face.encode_model(self._catalog.find(call.path["model"], losses)), []
            case KeyEndpoint(face=face):
                return face.encode_validity(), []
            case UnservedEndpoint(method=method, path=path):
                raise NotImplementedHereError(f"{method} {path} is not served by this gateway")
