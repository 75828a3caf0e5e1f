"""One call from a caller of any dialect to a provider of any dialect that answers from memory.

It goes through the real pipeline; what became of it can be read off the bytes that were sent, the answer, the
loss report, and what the gateway keeps for the next turn.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.faces import ChatClientFace
from causeway.dialects.gemini.chat_face import GeminiChat
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.table import chat_provider_face
from causeway.engine.estimate import estimate_tokens
from causeway.model.fold import fold, unfold
from causeway.model.loss import Loss, LossReport
from causeway.model.response import ChatResponse
from causeway.pipeline.answers import WholeAnswer
from causeway.pipeline.call import ChatCall, Trail
from causeway.pipeline.grounded import Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.own_blocks import OwnBlocksStage
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.pipeline.targets import Place
from causeway.pipeline.upstream_chat import UpstreamChat
from causeway.providers.network import OutboundRequest
from causeway.providers.spec import Operation, ProviderSpec
from support.kept_answers import Keeper
from support.matrix_samples import anthropic, bedrock, cohere, gemini, openai, responses
from support.matrix_samples.sample import Body
from support.providers import CATALOG, provider_of


class Caller(Struct, frozen=True):
    """Those who call in a dialect: what they call its API, its face, and samples in its words."""

    api: str
    face: ChatClientFace
    samples: ModuleType


class Column(Struct, frozen=True):
    """A model of a provider, and how it is asked."""

    spec: ProviderSpec
    model: str = "m"
    operation: Operation = "chat"

    @property
    def dialect(self) -> str:
        """What the provider is asked in."""
        return self.spec.dialects[self.operation]


CALLERS: dict[str, Caller] = {
    "cohere": Caller("Cohere's API", CohereChat(is_native=True, has_event_types=False), cohere),
    "openai": Caller("OpenAI's API", OpenAiChat(is_unified=False), openai),
    "responses": Caller("OpenAI's Responses API", ResponsesChat(is_unified=False), responses),
    "anthropic": Caller("Anthropic's API", AnthropicChat(), anthropic),
    "gemini": Caller("Google's Gemini API", GeminiChat(), gemini),
    "bedrock": Caller("Amazon Bedrock's Converse API", BedrockConverse(), bedrock),
}
# A model of the last generation but one where the dialect asks each in its own words.
COLUMNS: dict[str, Column] = {
    "cohere": Column(CATALOG["cohere"]),
    "openai": Column(CATALOG["openai"]),
    "responses": Column(CATALOG["openai"], operation="responses"),
    "anthropic": Column(CATALOG["anthropic"], "claude-sonnet-4-6"),
    "gemini": Column(CATALOG["gemini"], "gemini-2.5-flash"),
    "bedrock": Column(CATALOG["bedrock"], "anthropic.claude-sonnet-4-6"),
}


class Exchange(Struct, frozen=True):
    """One call: what the provider was sent, what came of it, and whether the gateway added to that.

    `kept` is what the gateway keeps of the answer for the turn that follows it.
    """

    sent: Any
    answered: Any
    losses: tuple[Loss, ...]
    is_altered: bool
    kept: dict[str, bytes]


class _CannedClient:
    """An `OutboundClient` that answers everything with one body, and its own response."""

    status = 200
    headers = {"content-type": "application/json"}  # noqa: RUF012

    def __init__(self, answer: Body) -> None:
        self._answer = msgspec.json.encode(answer)
        self.sent = b""

    @asynccontextmanager
    async def send(self, request: OutboundRequest) -> AsyncIterator["_CannedClient"]:
        self.sent = request.body
        yield self

    async def read(self, max_bytes: int) -> bytes:
        return self._answer

    async def stop(self) -> None:
        return


def exchange(caller: str, column: Column, asked: Body, said: Body) -> Exchange:
    """Run one call; raises ClientError where it is refused."""
    face, provider = CALLERS[caller].face, chat_provider_face(column.dialect, column.spec.quirks)
    client, losses, keeper = _CannedClient(said), LossReport(), Keeper()
    body = msgspec.json.encode({"model": "m", **CALLERS[caller].samples.PLAIN_TURN, **asked})
    request = face.decode_request(body, losses)
    grounding = Grounding(section_tokens=1000, estimate_tokens=estimate_tokens)
    live = LiveProvider(provider_of(column.spec, base_url="https://provider.test"), client)  # type: ignore[arg-type]
    target = UpstreamChat(
        live, provider, column.model, grounding, SealedTurns(keeper), operation=column.operation
    )
    call = ChatCall(id="c", request=request, body=body, losses=losses)
    answer: WholeAnswer = asyncio.run(target.answer(call, Trail(), Place(0, column.spec.name, column.model)))
    # How long it took, which Bedrock's answers say, is another number each time.
    provenance = replace(answer.provenance, upstream_milliseconds=0.0)
    raw = provider.decode_response(msgspec.json.encode(said))
    if isinstance(answer.said, bytes):
        answered, is_altered = face.relay_response(answer.said, provenance), False
    else:
        face.report_losses(answer.said, answer.losses)
        # Where a provider gives none, the id is made of the answer, and differs with all that is in it.
        answered = face.encode_response(replace(answer.said, id="an_id"), request, provenance)
        is_altered = answer.said != (raw if caller == column.dialect else without_own_blocks(raw))
    return Exchange(
        msgspec.json.decode(client.sent),
        msgspec.json.decode(answered),
        tuple(answer.losses.losses),
        is_altered,
        keeper.kept,
    )


def without_own_blocks(response: ChatResponse, losses: LossReport | None = None) -> ChatResponse:
    """Return what callers of another dialect are told of an answer; what is taken out is in `losses`."""
    stage = OwnBlocksStage(LossReport() if losses is None else losses)
    return fold(told for event in unfold(response) for told in stage.tell(event))
