"""Serves one chat call: decode, ask, and answer whole or as a stream.

The status line is committed with the first content, so that whatever goes wrong before it is an honest
HTTP error; after it, errors are told inside the stream.
"""

import asyncio
from collections.abc import Coroutine, Mapping

from msgspec.structs import replace

from causeway.dialects.conversation_faces import ConversationFace
from causeway.dialects.endpoints import ChatEndpoint
from causeway.dialects.faces import ChatClientFace
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.pipeline.answers import Part
from causeway.pipeline.call import ChatCall
from causeway.pipeline.chat import ChatService, ChatStream, failed_stream
from causeway.server.asgi import Headers, Receive, Send, Write, send_json
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
from causeway.server.stream_writer import StreamWriter


class ChatHandler:
    """Answers chat endpoints.

    `heartbeat_seconds` above 0 keeps a silent stream alive with comments. That commits the status
    before the first content, so an error after the first heartbeat arrives under 200. `is_strict` forbids
    losses where the caller does not say.
    """

    def __init__(
        self,
        service: ChatService,
        kept: KeptAnswers,
        *,
        heartbeat_seconds: float = 0.0,
        is_strict: bool = False,
    ) -> None:
        self._service = service
        self._kept = kept
        self._heartbeat_seconds = heartbeat_seconds
        self._is_strict = is_strict

    async def serve(
        self,
        endpoint: ChatEndpoint,
        call: Call,
        headers: Headers,
        receive: Receive | None,
        send: Send,
        write: Write | None = None,
    ) -> None:
        """Answer one call; raises CausewayError while nothing has been sent.

        `write` is the server's, if it has one (`WRITE`).
        """
        face = endpoint.face
        if endpoint.sse_face is not None and call.query.get("alt") == "sse":
            face = endpoint.sse_face
        losses = LossReport(strict=decode_strictness(call.headers, self._is_strict))
        request = _on_path(endpoint, face.decode_request(call.body, losses), call.path)
        conversation = endpoint.conversation
        asked = request  # which the answer may repeat
        if conversation is not None:
            request = await self._continued(conversation, request, call)
        chat = ChatCall(
            id=call.id,
            request=request,
            body=call.body,
            losses=losses,
            caller=call.caller,
            provider_headers=decode_provider_headers(call.headers, request.dialect),
            options=decode_options(call.headers),
        )
        is_kept = conversation is not None and conversation.is_to_be_kept(request)
        with DisconnectWatch(receive):
            if not request.stream:
                answered = await self._serve_whole(face, chat, asked, headers, send)
                if conversation is not None and is_kept:
                    body, provider = answered
                    self._kept.keep(conversation, request, body, call.caller, provider)
                return
            hear = self._kept.tap(conversation, request, call.caller) if conversation and is_kept else None
            writer = StreamWriter(face, send, write, hear)
            stream = await self._open_stream(face, chat, asked, headers, writer)
            del request, asked, chat  # which may be large, and a stream long
            if stream is not None:
                await self._send_stream(stream, writer)

    async def _continued(
        self, conversation: ConversationFace, request: ChatRequest, call: Call
    ) -> ChatRequest:
        if conversation.previous_id(request) is None:
            return request
        native_provider = self._service.native_provider(request)
        return await self._kept.resolve(conversation, request, call.caller, native_provider)

    async def _serve_whole(
        self, face: ChatClientFace, chat: ChatCall, asked: ChatRequest, headers: Headers, send: Send
    ) -> tuple[bytes, str]:
        """Return the body that was sent, and who has said it in these very bytes, if anybody."""
        answer = await self._service.answer(chat)
        said = answer.said
        if isinstance(said, bytes):
            body = face.relay_response(said, answer.provenance)
        else:
            face.report_losses(said, answer.losses)
            body = face.encode_response(said, asked, answer.provenance)
        own_headers = face.response_headers(answer.ending.usage)
        all_headers = headers + _telling(face, answer.losses, answer.provenance) + own_headers
        await send_json(send, 200, body, all_headers)
        return body, answer.provenance.provider if isinstance(said, bytes) else ""

    async def _open_stream(
        self,
        face: ChatClientFace,
        chat: ChatCall,
        asked: ChatRequest,
        headers: Headers,
        writer: StreamWriter,
    ) -> ChatStream | None:
        """Return an open stream, its status sent; none where an error has been told under that status."""
        opening = self._service.open_stream(chat)
        if self._heartbeat_seconds:
            opening = self._open_with_heartbeats(face, chat, opening, headers, writer)
        try:
            stream = await opening
        except Exception as error:
            if not writer.has_started:
                raise
            writer.begin(asked, _nobody(asked))
            writer.take(failed_stream(error))
            await writer.drain()
            await writer.end()
            return None
        try:
            writer.begin(asked, stream.provenance)
            if not writer.has_started:
                await writer.start(headers + _telling(face, stream.losses, stream.provenance))
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _open_with_heartbeats(
        self,
        face: ChatClientFace,
        chat: ChatCall,
        opening: Coroutine[None, None, ChatStream],
        headers: Headers,
        writer: StreamWriter,
    ) -> ChatStream:
        task = asyncio.ensure_future(opening)
        try:
            while not (await asyncio.wait({task}, timeout=self._heartbeat_seconds))[0]:
                if not writer.has_started:
                    await writer.start(headers + face.warning_headers(chat.losses))
                await writer.beat()
        except BaseException:
            await _abandon(task)
            raise
        return task.result()

    async def _send_stream(self, stream: ChatStream, writer: StreamWriter) -> None:
        """Send an open stream to its end, and close it."""
        try:
            if self._heartbeat_seconds:
                await self._pump_with_heartbeats(stream, writer)
            else:
                while not await stream.pump(writer.take):
                    await writer.drain()
            await writer.end()
        finally:
            await stream.aclose()

    async def _pump_with_heartbeats(self, stream: ChatStream, writer: StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        spoke_at = loop.time()

        def take(part: Part) -> bool:
            nonlocal spoke_at
            spoke_at = loop.time()
            return writer.take(part)

        is_over = False
        while not is_over:
            pumping = asyncio.ensure_future(stream.pump(take))
            try:
                while not pumping.done():
                    remaining = spoke_at + self._heartbeat_seconds - loop.time()
                    if remaining > 0:
                        await asyncio.wait({pumping}, timeout=remaining)
                    else:
                        spoke_at = loop.time()
                        await writer.beat()
                is_over = pumping.result()
            finally:
                pumping.cancel()
                await asyncio.wait({pumping})
            await writer.drain()


def _on_path(endpoint: ChatEndpoint, request: ChatRequest, parameters: Mapping[str, str]) -> ChatRequest:
    """Return the request as its path has it: some paths name the model, and some always stream."""
    if endpoint.always_streams:
        request = replace(request, stream=True, is_verbatim=False)
    elif endpoint.is_streamed:
        request = replace(request, stream=True)
    if "model" in parameters:
        request = replace(request, model=path_model(parameters, endpoint.path_provider))
    return request


def _telling(face: ChatClientFace, losses: LossReport, provenance: Provenance) -> Headers:
    return face.warning_headers(losses) + encode_losses(losses) + encode_provenance(provenance)


async def _abandon(opening: "asyncio.Future[ChatStream]") -> None:
    opening.cancel()
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().aclose()


def _nobody(request: ChatRequest) -> Provenance:
    return Provenance(
        provider="", model="", model_requested=request.model, request_type="chat_completion_stream"
    )
