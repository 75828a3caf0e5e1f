"""Serves one chat call: decode, ask, and answer whole or as a stream.

The status line is committed with the first event, so that whatever goes wrong before it is an honest
HTTP error; after it, errors are told inside the stream.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from causeway.dialects.endpoints import ChatEndpoint
from causeway.dialects.faces import ChatClientFace, StreamEncoder
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.pipeline.chat import answer_chat, failed_stream, stream_chat
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.ports import ChatModel
from causeway.server.asgi import Headers, Receive, Send, end_stream, send_chunk, send_json, start_stream
from causeway.server.disconnect import DisconnectWatch


class ChatHandler:
    """Answers chat endpoints from the models of a directory.

    `heartbeat_seconds` above 0 keeps a silent stream alive with comments. That commits the status
    before the first event, so an error after the first heartbeat arrives under 200.
    """

    def __init__(self, directory: ModelDirectory[ChatModel], *, heartbeat_seconds: float = 0.0) -> None:
        self._directory = directory
        self._heartbeat_seconds = heartbeat_seconds

    async def serve(
        self, endpoint: ChatEndpoint, body: bytes, headers: Headers, receive: Receive, send: Send
    ) -> None:
        """Answer one call; raises CausewayError while nothing has been sent."""
        face, losses = endpoint.face, LossReport()
        request = face.decode_request(body, losses)
        provenance = Provenance(
            provider="local", model="", model_requested=request.model, request_type="chat_completion"
        )
        async with DisconnectWatch(receive):
            if request.stream or endpoint.always_streams:
                events = stream_chat(self._directory, request, losses)
                async with aclosing(events):
                    encoder = face.stream_encoder(request, provenance)
                    await self._send_stream(face, encoder, events, losses, headers, send)
            else:
                response = await answer_chat(self._directory, request, losses)
                all_headers = headers + face.warning_headers(losses) + face.response_headers(response)
                await send_json(send, 200, face.encode_response(response, request, provenance), all_headers)

    async def _send_stream(
        self,
        face: ChatClientFace,
        encoder: StreamEncoder,
        events: AsyncGenerator[Event, None],
        losses: LossReport,
        headers: Headers,
        send: Send,
    ) -> None:
        has_started = has_spoken = False
        source = self._with_heartbeats(events) if self._heartbeat_seconds else events
        async with aclosing(source):
            try:
                async for event in source:
                    if not has_started:
                        await start_stream(
                            send, face.stream_media_type, headers + face.warning_headers(losses)
                        )
                        has_started = True
                    has_spoken = has_spoken or event is not None
                    await send_chunk(send, face.heartbeat if event is None else encoder.encode(event))
            except Exception as error:
                if not has_started or has_spoken:
                    raise
                for event in failed_stream(error):
                    await send_chunk(send, encoder.encode(event))
        await end_stream(send)

    async def _with_heartbeats(
        self, events: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event | None, None]:
        pending = asyncio.ensure_future(anext(events, None))
        try:
            while True:
                done, _ = await asyncio.wait({pending}, timeout=self._heartbeat_seconds)
                if not done:
                    yield None
                    continue
                event = pending.result()
                if event is None:
                    return
                yield event
                pending = asyncio.ensure_future(anext(events, None))
        finally:
            pending.cancel()
            await asyncio.wait({pending})
