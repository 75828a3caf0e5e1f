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

from causeway.dialects.endpoints import chat_endpoints
from causeway.dialects.faces import ChatClientFace, StreamDecoder
from causeway.dialects.registry import chat_provider_face
from causeway.model.events import ContentStart, MessageStart, TextDelta
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance

_TRY_SECONDS = 0.03
_TRIES = 7
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
    """Yield the timing of each codec of both dialects."""
    faces = {endpoint.path: endpoint.face for endpoint in chat_endpoints()}
    yield from _dialect_timings("cohere", faces["/v2/chat"])
    yield from _dialect_timings("openai", faces["/openai/v1/chat/completions"])


def _dialect_timings(name: bodies.Dialect, face: ChatClientFace) -> Iterator[Timing]:
    """Yield requests, whole answers, and one event of a stream, each to the caller and to the provider."""
    provider = chat_provider_face(name, {})
    asked = bodies.encode_question(bodies.Question(dialect=name, model="m"), "m")
    request = face.decode_request(asked, LossReport())
    completion = bodies.completion(BODY_BYTES["whole"])
    response = chat_provider_face("openai", {}).decode_response(completion)
    answer = face.encode_response(response, request, _PROVENANCE)
    yield _timing(f"{name}: decode a request", asked, lambda: face.decode_request(asked, LossReport()))
    yield _timing(f"{name}: encode a request", asked, lambda: provider.encode_request(request, LossReport()))
    yield _timing(f"{name}: decode an answer", answer, lambda: provider.decode_response(answer))
    yield _timing(
        f"{name}: encode an answer", answer, lambda: face.encode_response(response, request, _PROVENANCE)
    )
    encoder, decoder = face.stream_encoder(request, _PROVENANCE), provider.stream_decoder()
    delta = TextDelta(0, f"{bodies.STAMP} lamp")
    _feed(decoder, encoder.encode(MessageStart("id", created=1)) + encoder.encode(ContentStart(0, "text")))
    frame = encoder.encode(delta)
    event = frame.partition(b"data: ")[2].strip()
    yield _timing(f"{name}: decode an event", event, lambda: _feed(decoder, frame))
    yield _timing(f"{name}: encode an event", event, lambda: encoder.encode(delta))


def main() -> None:
    print(f"{'codec':<28}{'bytes':>7}{'us':>9}{'msgspec us':>12}{'ratio':>8}")
    for timing in timings():
        print(
            f"{timing.name:<28}{timing.size:>7}{timing.codec:>9.2f}{timing.msgspec:>12.2f}{timing.ratio:>8.1f}"
        )


def _timing(name: str, body: bytes, act: Callable[[], object]) -> Timing:
    plain = _microseconds(lambda: msgspec.json.encode(msgspec.json.decode(body)))
    return Timing(name, len(body), _microseconds(act), plain)


def _microseconds(act: Callable[[], object]) -> float:
    tries = []
    for _ in range(_TRIES):
        repeats, started = 0, time.thread_time()
        while (spent := time.thread_time() - started) < _TRY_SECONDS:
            for _ in range(100):
                act()
            repeats += 100
        tries.append(spent / repeats * 1e6)
    return median(tries)


def _feed(decoder: StreamDecoder, frame: bytes) -> None:
    for _ in decoder.feed(frame):
        pass


if __name__ == "__main__":
    main()
