"""One model of one provider, as something that answers chats.

A caller who speaks the provider's dialect gets the provider's bytes; for any other the request and the
answer are translated. What the provider cannot do (documents, citations, a fifth stop sequence) is done
around it.
"""

import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.faces import ChatProviderFace
from causeway.model.content import Document
from causeway.model.errors import UpstreamProtocolError, UpstreamRefusedError
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.pipeline.answer_stages import AnswerStages
from causeway.pipeline.answers import OpenStream, WholeAnswer, read_head
from causeway.pipeline.call import ChatCall, Trail, request_type
from causeway.pipeline.grounded import Citer, Grounding
from causeway.pipeline.live_provider import Lease, LiveProvider
from causeway.pipeline.own_blocks import OwnBlocksStage
from causeway.pipeline.ports import OutboundResponse
from causeway.pipeline.provider_answer import media_type, raise_for_status
from causeway.pipeline.provider_stream import PartReader, ProviderStream
from causeway.pipeline.relay import Relay
from causeway.pipeline.sealed_turns import SealedTurns, SealStage, has_turns_to_restore
from causeway.pipeline.stop_stage import StopStage
from causeway.pipeline.targets import Place
from causeway.pipeline.translation import Told, Translation
from causeway.providers.network import MAX_RESPONSE_BYTES, Headers
from causeway.providers.spec import Operation
from causeway.rules.provider_keys import ProviderKey
from causeway.wire.json_members import remove_member, replace_member

_NO_STAGES = AnswerStages()  # keeps nothing of an answer, and so is the same for all


class _Prepared(Struct, frozen=True, kw_only=True):
    """What is the same for every attempt of a call: the request as it will be asked, and what cites it.

    `headers` are the caller's that go with the body. `is_foreign` says that the provider's answer may hold
    what the caller's dialect cannot carry.
    """

    request: ChatRequest
    losses: LossReport
    caller: bytes
    headers: Headers = ()
    is_relayed: bool
    is_foreign: bool = False
    is_to_be_grounded: bool = False
    is_to_be_restored: bool = False
    citer: Citer | None = None


class UpstreamChat:
    """A `ChatTarget` that calls a provider.

    `model` is the name as the caller wrote it after the slash, and `dialect` what the provider is asked in.
    """

    def __init__(
        self,
        live: LiveProvider,
        face: ChatProviderFace,
        model: str,
        grounding: Grounding,
        turns: SealedTurns,
        *,
        operation: Operation = "chat",
    ) -> None:
        self._live = live
        self._face = face
        self._grounding = grounding
        self._turns = turns
        self._operation = operation
        self.provider = live.provider.name
        self.model = model
        self.dialect = face.dialect

    async def answer(self, call: ChatCall, trail: Trail, place: Place) -> WholeAnswer:
        """Return the whole answer; raises CausewayError once no attempt has succeeded."""
        prepared = self._prepare(call)
        if prepared.is_to_be_grounded or prepared.is_to_be_restored:
            prepared = await self._complete(prepared)

        async def ask(key: ProviderKey, model: str, lease: Lease) -> WholeAnswer:
            body, losses = self._encode(call, prepared, model)
            started = time.perf_counter()
            async with self._live.send(self._operation, key, model, body, prepared.headers) as response:
                if response.status != 200:
                    await raise_for_status(response, self._face, key)
                content = await response.read(MAX_RESPONSE_BYTES)
            said: ChatResponse | bytes = content
            if prepared.is_relayed:
                ending = self._face.decode_ending(content)
            else:
                said = self._finish(self._face.decode_response(content), prepared, losses)
                ending = said.ending()
            if ending.failure is not None and ending.is_empty:
                raise UpstreamRefusedError(ending.failure.message, status=502, type=ending.failure.type)
            lease.settle(None)
            return WholeAnswer(
                said=said,
                ending=ending,
                losses=losses,
                provenance=self._provenance(call, key, model, place, started),
            )

        return await self._live.attempt(self.model, call.options, trail, place, ask)

    async def open_stream(self, call: ChatCall, trail: Trail, place: Place) -> OpenStream:
        """Return the answer once it has begun; raises CausewayError once no attempt has succeeded."""
        prepared = self._prepare(call)
        if prepared.is_to_be_grounded or prepared.is_to_be_restored:
            prepared = await self._complete(prepared)

        async def ask(key: ProviderKey, model: str, lease: Lease) -> OpenStream:
            body, losses = self._encode(call, prepared, model)
            started = time.perf_counter()
            response = await self._live.open_stream(self._operation, key, model, body, prepared.headers)
            try:
                if response.status != 200:
                    await raise_for_status(response, self._face, key)
                stream = ProviderStream(response, await self._reader(response, prepared, losses), lease, key)
                head = await read_head(stream)
            except BaseException:
                response.close()
                raise
            lease.settle_trial()
            return OpenStream(
                head=head,
                rest=stream,
                losses=losses,
                provenance=self._provenance(call, key, model, place, started),
            )

        return await self._live.attempt(self.model, call.options, trail, place, ask)

    def _prepare(self, call: ChatCall) -> _Prepared:
        request, face = call.request, self._face
        if request.dialect == face.dialect and face.takes_verbatim(request, call.body):
            losses = LossReport(strict=call.losses.strict)
            return _Prepared(
                request=request,
                losses=losses,
                caller=call.caller,
                headers=call.provider_headers,
                is_relayed=True,
            )
        losses = call.losses.branch()
        if len(request.sampling.stop_sequences) > face.max_stop_sequences:
            name = "stop" if request.dialect == "openai" else "stop_sequences"
            path = f"{name}[{face.max_stop_sequences}:]"
            losses.add("mapped", path, "the gateway stops the answer there, the provider is not told")
        reads_documents = face.reads_documents or _are_own(request.documents, face.dialect)
        is_to_be_grounded = not reads_documents and self._grounding.may_ground(request)
        is_foreign = face.has_own_blocks and request.dialect != face.dialect
        return _Prepared(
            request=request,
            losses=losses,
            caller=call.caller,
            headers=call.provider_headers if request.dialect == face.dialect else (),
            is_relayed=False,
            is_foreign=is_foreign,
            is_to_be_grounded=is_to_be_grounded,
            is_to_be_restored=is_foreign and has_turns_to_restore(request),
        )

    async def _complete(self, prepared: _Prepared) -> _Prepared:
        request, citer = prepared.request, prepared.citer
        if prepared.is_to_be_grounded:
            request, citer = await self._grounding.prepare(request, prepared.losses)
        if prepared.is_to_be_restored:
            request = await self._turns.restore(request, self._face.dialect, prepared.caller)
        return replace(prepared, request=request, citer=citer)

    def _encode(self, call: ChatCall, prepared: _Prepared, model: str) -> tuple[bytes, LossReport]:
        if prepared.is_relayed:
            body = call.body
            if self._face.is_model_in_body and prepared.request.model != model:
                body = replace_member(body, "model", msgspec.json.encode(model))
            if prepared.request.fallbacks:
                body = remove_member(body, "fallbacks")
            return body, prepared.losses
        losses = prepared.losses.branch()
        body = self._face.encode_request(replace(prepared.request, model=model), losses)
        losses.refuse_if_strict()
        return body, losses

    async def _reader(
        self, response: OutboundResponse, prepared: _Prepared, losses: LossReport
    ) -> PartReader:
        kind = media_type(response)
        if kind == "application/json":  # a provider that does not stream this, or an error under 200
            content = await response.read(MAX_RESPONSE_BYTES)
            stages = self._stages(prepared, losses)
            return Told(list(stages.tell_all(unfold(self._face.decode_response(content)))))
        if kind not in (self._face.stream_media_type, ""):
            raise UpstreamProtocolError(
                f"the provider answered with {kind[:100]} where a stream was asked for"
            )
        if prepared.is_relayed:
            return Relay(self._face)
        return Translation(self._face.stream_decoder(), self._stages(prepared, losses))

    def _finish(self, response: ChatResponse, prepared: _Prepared, losses: LossReport) -> ChatResponse:
        stages = self._stages(prepared, losses)
        return response if stages.is_empty else fold(stages.tell_all(unfold(response)))

    def _stages(self, prepared: _Prepared, losses: LossReport) -> AnswerStages:
        sequences = prepared.request.sampling.stop_sequences
        untold = () if prepared.is_relayed else sequences[self._face.max_stop_sequences :]
        if not (prepared.is_foreign or untold or prepared.citer):
            return _NO_STAGES
        seals = own_blocks = None
        if prepared.is_foreign:
            seals = SealStage(self._turns, self._face.dialect, prepared.caller)
            own_blocks = OwnBlocksStage(losses)
        return AnswerStages(
            seals=seals,
            own_blocks=own_blocks,
            stop=StopStage(untold) if untold else None,
            citer=prepared.citer,
        )

    def _provenance(
        self, call: ChatCall, key: ProviderKey, model: str, place: Place, started: float
    ) -> Provenance:
        return Provenance(
            provider=self.provider,
            model=model,
            model_requested=call.request.model,
            request_type=request_type("chat", call.request.stream),
            key_name=key.name,
            fallback_index=place.fallback_index,
            primary_provider=place.primary_provider,
            primary_model=place.primary_model,
            upstream_milliseconds=(time.perf_counter() - started) * 1000,
        )


def _are_own(documents: Sequence[Document], dialect: str) -> bool:
    """Whether the documents came as blocks of the provider's own dialect, which go to it as they are."""
    return bool(documents) and all(
        document.seal is not None and document.seal.dialect == dialect for document in documents
    )
