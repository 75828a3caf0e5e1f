"""Serves one chat call: decode, ask, and answer whole or as a stream.

The status line is committed with the first content, so that whatever goes wrong before it is an honest
HTTP error; after it, errors are told inside the stream.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from msgspec.structs import replace

from causeway.dialects.endpoints import ChatEndpoint
from causeway.dialects.faces import ChatClientFace
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.pipeline.answers import Part
from causeway.pipeline.call import ChatCall
from causeway.pipeline.chat import ChatService, ChatStream, failed_stream
from causeway.server.asgi import Headers, Receive, Send, end_stream, send_chunk, send_json, start_stream
from causeway.server.broken_end import BrokenEnd
from causeway.server.call import Call, path_model
from causeway.server.call_headers import decode_options, decode_strictness, encode_losses, encode_provenance
from causeway.server.disconnect import DisconnectWatch


class ChatHandler:
    """Answers chat endpoints.

    `heartbeat_seconds` above 0 keeps a silent stream alive with comments. That commits the status
    before the first content, so an error after the first heartbeat arrives under 200. `is_strict` forbids
    losses where the caller does not say.
    """

    def __init__(
        self, service: ChatService, *, heartbeat_seconds: float = 0.0, is_strict: bool = False
    ) -> None:
        self._service = service
        self._heartbeat_seconds = heartbeat_seconds
        self._is_strict = is_strict

    async def serve(
        self, endpoint: ChatEndpoint, call: Call, headers: Headers, receive: Receive | None, send: Send
    ) -> None:
        """Answer one call; raises CausewayError while nothing has been sent."""
        face = endpoint.face
        if endpoint.sse_face is not None and call.query.get("alt") == "sse":
            face = endpoint.sse_face
        losses = LossReport(strict=decode_strictness(call.headers, self._is_strict))
        request = _on_path(endpoint, face.decode_request(call.body, losses), call.path)
        chat = ChatCall(
            id=call.id, request=request, body=call.body, losses=losses, options=decode_options(call.headers)
        )
        with DisconnectWatch(receive):
            if request.stream:
                await self._serve_stream(face, chat, headers, send)
            else:
                await self._serve_whole(face, chat, headers, send)

    async def _serve_whole(self, face: ChatClientFace, chat: ChatCall, headers: Headers, send: Send) -> None:
        answer = await self._service.answer(chat)
        said = answer.said
        if isinstance(said, bytes):
            body = face.relay_response(said, answer.provenance)
        else:
            face.report_losses(said, answer.losses)
            body = face.encode_response(said, chat.request, answer.provenance)
        own_headers = face.response_headers(answer.ending.usage)
        all_headers = headers + _telling(face, answer.losses, answer.provenance) + own_headers
        await send_json(send, 200, body, all_headers)

    async def _serve_stream(self, face: ChatClientFace, chat: ChatCall, headers: Headers, send: Send) -> None:
        if not self._heartbeat_seconds:
            await self._send_stream(face, chat, await self._service.open_stream(chat), headers, send)
            return
        opening = asyncio.ensure_future(self._service.open_stream(chat))
        has_started = False
        try:
            while not (await asyncio.wait({opening}, timeout=self._heartbeat_seconds))[0]:
                if not has_started:
                    await start_stream(
                        send, face.stream_media_type, headers + face.warning_headers(chat.losses)
                    )
                    has_started = True
                await send_chunk(send, face.heartbeat)
        except BaseException:
            await _abandon(opening)
            raise
        if not has_started:
            await self._send_stream(face, chat, opening.result(), headers, send)
        elif error := opening.exception():
            encoder = face.stream_encoder(chat.request, _nobody(chat.request))
            for event in failed_stream(error):
                await send_chunk(send, encoder.encode(event))
            await end_stream(send)
        else:
            await self._send_stream(face, chat, opening.result(), None, send)

    async def _send_stream(
        self, face: ChatClientFace, chat: ChatCall, stream: ChatStream, headers: Headers | None, send: Send
    ) -> None:
        """Send an open stream and close it; without `headers` the status has been sent already."""
        try:
            encoder = face.stream_encoder(chat.request, stream.provenance)
            if headers is not None:
                all_headers = headers + _telling(face, stream.losses, stream.provenance)
                await start_stream(send, face.stream_media_type, all_headers)
            parts = stream.parts()
            broken_end: BrokenEnd | None = None
            async for part in self._with_heartbeats(parts) if self._heartbeat_seconds else parts:
                if part is None:
                    frames = face.heartbeat
                elif isinstance(part, bytes):
                    broken_end = broken_end or BrokenEnd(encoder)
                    frames = face.relay_frame(part, stream.provenance)
                else:
                    frames = (encoder if broken_end is None else broken_end).encode_all(part)
                if frames:
                    await send_chunk(send, frames)
            await end_stream(send)
        finally:
            await stream.aclose()

    async def _with_heartbeats(self, parts: AsyncIterator[Part]) -> AsyncIterator[Part | None]:
        pending = asyncio.ensure_future(anext(parts, None))
        try:
            while True:
                done, _ = await asyncio.wait({pending}, timeout=self._heartbeat_seconds)
                if not done:
                    yield None
                    continue
                part = pending.result()
                if part is None:
                    return
                yield part
                pending = asyncio.ensure_future(anext(parts, None))
        finally:
            pending.cancel()
            await asyncio.wait({pending})


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
