"""Answers that a dialect keeps for its callers: kept behind the call, gone on from, read and deleted.

Each caller has its own: what one keeps no other finds, whatever the id. Where a provider speaks the dialect
itself and has kept the answer too, going on from it is the provider's business.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from causeway.dialects.conversation_faces import ConversationFace
from causeway.dialects.endpoints import KeptAnswerEndpoint
from causeway.model.request import ChatRequest
from causeway.pipeline.ports import AnswerKeeper
from causeway.server.call import Call


class _Record(Struct, frozen=True):
    """What is kept. `provider` is who has it too, empty where nobody has."""

    provider: str
    kept: bytes


_decoder = msgspec.msgpack.Decoder(_Record)


class KeptAnswers:
    """The kept answers of all callers."""

    def __init__(self, keeper: AnswerKeeper) -> None:
        self._keeper = keeper

    async def resolve(
        self, face: ConversationFace, request: ChatRequest, caller: bytes, native_provider: str | None
    ) -> ChatRequest:
        """Return the request with the conversation that it goes on from.

        `native_provider` is the provider that would be asked first, if it speaks the caller's dialect. Raises
        ClientError where nobody can have the answer before.
        """
        seen: set[str] = set()
        while (id := face.previous_id(request)) is not None:
            # Providers make the ids: one that comes twice must not have us look for ever.
            record = None if id in seen else await self._find(caller, id)
            seen.add(id)
            if record is None:
                if native_provider is None or len(seen) > 1:
                    raise face.unknown_previous(id)
                return request
            if record.provider and record.provider == native_provider:
                return request
            request = face.continue_from(record.kept, request)
        return request

    def keep(
        self, face: ConversationFace, request: ChatRequest, body: bytes, caller: bytes, provider: str
    ) -> None:
        """Keep a whole answer to `request`; `provider` is who has it too, empty where nobody has."""
        kept = face.keep(request, body)
        if kept is not None:
            id, value = kept
            self._keeper.keep(_key(caller, id), msgspec.msgpack.encode(_Record(provider, value)))

    def tap(
        self, face: ConversationFace, request: ChatRequest, caller: bytes
    ) -> Callable[[bytes, str], None]:
        """Return what is told each run of a stream's frames, and who has the answer too."""

        def hear(frames: bytes, provider: str) -> None:
            body = face.ended_answer(frames)
            if body is not None:
                self.keep(face, request, body, caller, provider)

        return hear

    async def answer(self, endpoint: KeptAnswerEndpoint, call: Call) -> bytes:
        """Return the JSON body of an endpoint about a kept answer; raises ClientError."""
        id, face = call.path["id"], endpoint.face
        record = await self._find(call.caller, id)
        if record is None:
            raise face.unknown(id)
        match endpoint.action:
            case "read":
                return face.encode_kept(record.kept)
            case "delete":
                await self._keeper.forget(_key(call.caller, id))
                return face.encode_deleted(id)
            case "list_input":
                return face.encode_input(record.kept, call.query)
            case "cancel":
                kept = face.cancel(record.kept)
                changed = msgspec.msgpack.encode(_Record(record.provider, kept))
                self._keeper.keep(_key(call.caller, id), changed)
                return face.encode_kept(kept)

    async def _find(self, caller: bytes, id: str) -> _Record | None:
        found = await self._keeper.find(_key(caller, id))
        return None if found is None else _decoder.decode(found)


def _key(caller: bytes, id: str) -> str:
    return f"answer/{caller.hex()}/{id}"
