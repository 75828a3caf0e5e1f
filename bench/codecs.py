"""The codecs alone: how long each takes to decode and to encode, beside msgspec's pass over the same bytes.

msgspec's pass is one decode to plain objects and one encode of them: what reading and writing JSON costs
when nothing is done with it.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

import msgspec
from bench.proxy import bodies
from bench.proxy.native import BODY_BYTES
from msgspec import Struct

from causeway.dialects.endpoints import ChatEndpoint
from causeway.dialects.faces import ChatClientFace, StreamDecoder
from causeway.dialects.table import all_endpoints, chat_provider_face
from causeway.model.events import ContentStart, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.server.memory import settle

_TRY_SECONDS = 0.03
_TRIES = 7
_REPEATS = 20
_PROVENANCE = Provenance(
    provider="openai", model="m", model_requested="openai/m", request_type="chat_completion"
)


class Timing(Struct, frozen=True):
    """What a codec and msgspec take for the same `size` bytes of JSON, in microseconds."""

    name: str
    size: int
    codec: float
    msgspec: float

    @property
    def ratio(self) -> float:
        """How often msgspec's pass goes into the codec's time."""
        return self.codec / self.msgspec


def timings() -> Iterator[Timing]:
    """Yield the timing of each codec of both dialects, then of a call's whole way through both."""
    faces: dict[bodies.Dialect, ChatClientFace] = {
        "cohere": _client_face("/v2/chat"),
        "openai": _client_face("/openai/v1/chat/completions"),
    }
    for name, face in faces.items():
        yield from _request_timings(name, face, "a request", 600)
        yield from _request_timings(name, face, "200 kB", 200_000)
        yield from _answer_timings(name, face, "an answer", BODY_BYTES["whole"])
        yield from _answer_timings(name, face, "1 MB", BODY_BYTES["large-1m"])
        yield from _event_timings(name, face)
    yield from _translation_timings(faces["cohere"])


def _client_face(path: str) -> ChatClientFace:
    chats = (endpoint for endpoint in all_endpoints() if isinstance(endpoint, ChatEndpoint))
    return next(endpoint.face for endpoint in chats if endpoint.path == path)


def _request_timings(
    name: bodies.Dialect, face: ChatClientFace, title: str, history_bytes: int
) -> Iterator[Timing]:
    provider = chat_provider_face(name, {})
    asked = _question(name, history_bytes)
    request = face.decode_request(asked, LossReport())
    yield _timing(f"{name}: decode {title}", asked, lambda: face.decode_request(asked, LossReport()))
    yield _timing(f"{name}: encode {title}", asked, lambda: provider.encode_request(request, LossReport()))


def _answer_timings(
    name: bodies.Dialect, face: ChatClientFace, title: str, text_bytes: int
) -> Iterator[Timing]:
    provider = chat_provider_face(name, {})
    request = face.decode_request(_question(name, 600), LossReport())
    response = chat_provider_face("openai", {}).decode_response(bodies.completion(text_bytes))
    answer = face.encode_response(response, request, _PROVENANCE)
    yield _timing(f"{name}: decode {title}", answer, lambda: provider.decode_response(answer))
    yield _timing(f"{name}: the ending of {title}", answer, lambda: provider.decode_ending(answer))
    yield _timing(
        f"{name}: encode {title}", answer, lambda: face.encode_response(response, request, _PROVENANCE)
    )


def _event_timings(name: bodies.Dialect, face: ChatClientFace) -> Iterator[Timing]:
    """Yield the timings of one event that comes alone."""
    request = face.decode_request(_question(name, 600), LossReport())
    encoder = face.stream_encoder(request, _PROVENANCE)
    decoder = chat_provider_face(name, {}).stream_decoder()
    delta = TextDelta(0, f"{bodies.STAMP} lamp")
    _feed(decoder, encoder.encode(MessageStart("id", created=1)) + encoder.encode(ContentStart(0, "text")))
    frame = encoder.encode(delta)
    event = frame.partition(b"data: ")[2].strip()
    yield _timing(f"{name}: decode an event", event, lambda: _feed(decoder, frame))
    yield _timing(f"{name}: encode an event", event, lambda: encoder.encode(delta))


def _translation_timings(face: ChatClientFace) -> Iterator[Timing]:
    """Yield what is done for Cohere's callers where OpenAI answers, with a stream that comes in one burst."""
    provider = chat_provider_face("openai", {})
    asked, completion = _question("cohere", 200_000), bodies.completion(BODY_BYTES["large-1m"])
    request = face.decode_request(asked, LossReport())

    def translate_request() -> None:
        provider.encode_request(face.decode_request(asked, LossReport()), LossReport())

    def translate_answer() -> None:
        response = provider.decode_response(completion)
        face.report_losses(response, LossReport())
        face.encode_response(response, request, _PROVENANCE)

    def translate_stream() -> None:
        decoder, encoder = provider.stream_decoder(), face.stream_encoder(request, _PROVENANCE)
        encoder.encode_all([*decoder.feed(burst), *decoder.finish()])

    events = bodies.event_frame() * bodies.EVENTS_PER_STREAM
    burst = bodies.first_frames() + events + bodies.last_frames()
    objects = [frame[len(b"data: ") :] for frame in burst.split(b"\n\n") if frame.startswith(b"data: {")]
    yield _timing("translated: 200 kB asked", asked, translate_request)
    yield _timing("translated: 1 MB answered", completion, translate_answer)
    yield _timing("translated: 50 events", b"[" + b",".join(objects) + b"]", translate_stream)


def _question(dialect: bodies.Dialect, history_bytes: int) -> bytes:
    return bodies.encode_question(
        bodies.Question(dialect=dialect, model="m", history_bytes=history_bytes), "m"
    )


def main() -> None:
    settle()  # as in the gateway
    print(f"{'codec':<32}{'bytes':>7}{'us':>9}{'msgspec us':>12}{'ratio':>8}")
    for timing in timings():
        print(
            f"{timing.name:<32}{timing.size:>7}{timing.codec:>9.2f}{timing.msgspec:>12.2f}{timing.ratio:>8.1f}"
        )


def _timing(name: str, body: bytes, act: Callable[[], object]) -> Timing:
    plain = _microseconds(lambda: msgspec.json.encode(msgspec.json.decode(body)))
    return Timing(name, len(body), _microseconds(act), plain)


def _microseconds(act: Callable[[], object]) -> float:
    tries = []
    for _ in range(_TRIES):
        repeats, started = 0, time.thread_time()
        while (spent := time.thread_time() - started) < _TRY_SECONDS:
            for _ in range(_REPEATS):
                act()
            repeats += _REPEATS
        tries.append(spent / repeats * 1e6)
    return median(tries)


def _feed(decoder: StreamDecoder, frame: bytes) -> None:
    for _ in decoder.feed(frame):
        pass


if __name__ == "__main__":
    main()
