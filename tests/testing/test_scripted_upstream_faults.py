"""Every way in which the scripted upstream misbehaves, seen from a bare socket: bytes, and how they end."""

import socket

import msgspec
import pytest

from causeway.testing import Answer, Gate, Raw, Recording, Replay, Reply, ScriptedUpstream, Status
from causeway.testing.replies import UsagePlacement
from support.raw_http import CHAT, ask, connect, read_chunks, read_head, read_to_end, request_bytes

STREAM = {**CHAT, "stream": True}
CLOSE = "connection: close\r\n"


def reply_to(reply: Reply, body: object = CHAT, *, path: str = "/v1/chat/completions") -> tuple[bytes, str]:
    """Return all bytes of a reply to a request that asks for the connection's end, and how it ended."""
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        upstream.script(reply)
        client.sendall(request_bytes(body, path=path, headers=CLOSE))
        return read_to_end(client)


def body_of(reply: bytes) -> bytes:
    return reply.partition(b"\r\n\r\n")[2]


def whole_body() -> bytes:
    return body_of(reply_to(Answer("hello"))[0])


def stream_frames(reply: Answer) -> list[bytes]:
    data, ending = reply_to(reply, STREAM)
    assert ending == "closed"
    *frames, last = read_chunks(body_of(data))
    assert last == b""
    return frames


@pytest.mark.parametrize("cuts", [(1,), (3, 40, 41), (7, 7, 10_000, 0)])
def test_a_stream_is_cut_at_the_offsets_and_nowhere_else(cuts: tuple[int, ...]) -> None:
    stream = b"".join(stream_frames(Answer("hello")))
    inside = sorted({cut for cut in cuts if 0 < cut < len(stream)})
    expected = [stream[a:b] for a, b in zip([0, *inside], [*inside, len(stream)], strict=True)]
    assert stream_frames(Answer("hello", cuts=cuts)) == expected


def test_a_stream_is_cut_into_pieces_of_one_size() -> None:
    stream = b"".join(stream_frames(Answer("hello")))
    pieces = stream_frames(Answer("hello", chunk_bytes=7))
    assert b"".join(pieces) == stream
    assert {len(piece) for piece in pieces[:-1]} == {7}


def test_each_frame_of_a_stream_is_a_chunk_of_its_own() -> None:
    assert all(
        frame.startswith(b"data: ") and frame.endswith(b"\n\n") for frame in stream_frames(Answer("a b"))
    )


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_reset_comes_after_exactly_so_many_bytes(count: int) -> None:
    data, ending = reply_to(Answer("hello", reset_after_bytes=count))
    assert ending == "reset"
    assert body_of(data) == whole_body()[:count]


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_truncated_body_is_closed_after_exactly_so_many_bytes(count: int) -> None:
    data, ending = reply_to(Answer("hello", close_after_bytes=count))
    assert ending == "closed"
    assert body_of(data) == whole_body()[:count]
    assert f"content-length: {len(whole_body())}".encode() in data


def test_a_truncated_stream_has_no_last_chunk() -> None:
    stream = b"".join(stream_frames(Answer("hello")))
    data, ending = reply_to(Answer("hello", close_after_bytes=50), STREAM)
    assert ending == "closed"
    assert b"".join(read_chunks(body_of(data))) == stream[:50]
    assert not data.endswith(b"0\r\n\r\n")


def test_a_fault_past_the_end_happens_at_the_end() -> None:
    data, ending = reply_to(Answer("hello", reset_after_bytes=10**6))
    assert ending == "reset"
    assert body_of(data) == whole_body()


def test_a_large_body_is_complete_before_the_reset() -> None:
    text = "x" * 300_000
    data, ending = reply_to(Answer(text, reset_after_bytes=10**9))
    assert ending == "reset"
    assert msgspec.json.decode(body_of(data))["choices"][0]["message"]["content"] == text


def test_an_endless_header_flows_until_the_client_leaves() -> None:
    with ScriptedUpstream() as upstream:
        upstream.script(Answer("hello", has_endless_header=True))
        with ask(upstream.url) as client:
            read = 0
            while read < 3_000_000:
                piece = client.recv(65536)
                assert b"\r\n\r\n" not in piece
                read += len(piece)
            assert upstream.replies_abandoned == 0
        upstream.wait_for_abandoned()
        upstream.wait_for_close()


def test_silence_after_so_many_bytes_lasts_until_the_client_leaves() -> None:
    with ScriptedUpstream() as upstream:
        upstream.script(Answer("hello", pause_after_bytes=10))
        with ask(upstream.url) as client:
            _, body = read_head(client)
            while len(body) < 10:
                body += client.recv(1)
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            assert upstream.connections_open == 1
        upstream.wait_for_abandoned()
        upstream.wait_for_close()


def test_a_gate_in_the_body_holds_what_follows_until_it_is_opened() -> None:
    gate = Gate()
    with ScriptedUpstream() as upstream:
        upstream.script(Answer("hello", pause_after_bytes=10, body_gate=gate))
        with ask(upstream.url) as client:
            gate.wait_until_reached()
            _, body = read_head(client)
            assert len(body) <= 10
            gate.open()
            while len(body) < len(whole_body()):
                body += client.recv(65536)
        assert body == whole_body()


def test_a_gate_holds_the_head_until_it_is_opened() -> None:
    gate = Gate()
    with ScriptedUpstream() as upstream:
        upstream.script(Status(503, head_gate=gate))
        with ask(upstream.url) as client:
            gate.wait_until_reached()
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.settimeout(10)
            gate.open()
            assert read_head(client)[0].startswith(b"HTTP/1.1 503 ")


def test_one_gate_holds_many_replies_and_stays_open() -> None:
    gate = Gate()
    with ScriptedUpstream() as upstream:
        upstream.respond = lambda request: Answer("hello", head_gate=gate)
        clients = [ask(upstream.url) for _ in range(20)]
        upstream.wait_for_requests(20)
        gate.open()
        clients.append(ask(upstream.url))
        for client in clients:
            assert read_head(client)[0].startswith(b"HTTP/1.1 200 ")
            client.close()


def test_a_gate_that_nobody_reaches_says_so() -> None:
    with pytest.raises(TimeoutError, match="no reply came to the gate"):
        Gate().wait_until_reached(0.0)


def test_a_gate_outlives_the_upstream_that_waited_at_it() -> None:
    gate = Gate()
    with ScriptedUpstream() as upstream:
        upstream.script(Answer("hello", head_gate=gate))
        with ask(upstream.url):
            gate.wait_until_reached()
    gate.open()


def test_raw_bytes_go_out_as_they_are() -> None:
    pieces = (b"HTTP/1.1 200 O", b"K\r\ncontent-length: 99\r\n\r\n", b"sho\xffrt")
    assert reply_to(Raw(pieces)) == (b"".join(pieces), "closed")
    assert reply_to(Raw(pieces, reset_after_bytes=20)) == (b"".join(pieces)[:20], "reset")
    assert reply_to(Raw(())) == (b"", "closed")


def test_a_content_type_can_be_replaced_and_left_out() -> None:
    assert b"content-type: text/plain\r\n" in reply_to(Answer("a", content_type="text/plain"))[0]
    assert b"content-type" not in reply_to(Answer("a", content_type=""))[0]


def test_headers_are_added_and_replaced() -> None:
    data, _ = reply_to(
        Status(429, headers={"Retry-After": "7", "X-Request-Id": "mine", "content-length": "5"})
    )
    assert b"retry-after: 7\r\n" in data
    assert data.count(b"content-length") == data.count(b"x-request-id") == 1
    assert b"content-length: 5\r\n" in data
    assert b"x-request-id: mine\r\n" in data


def test_a_status_that_http_does_not_name_has_no_phrase() -> None:
    assert reply_to(Status(498))[0].startswith(b"HTTP/1.1 498 \r\n")


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("<html>down</html>", b"text/html", b"<html>down</html>"),
        ({"detail": [1]}, b"application/json", b'{"detail":[1]}'),
    ],
)
def test_a_status_can_have_a_body_of_its_own(body: object, content_type: bytes, expected: bytes) -> None:
    data, _ = reply_to(Status(502, body=body))  # type: ignore[arg-type]
    assert b"content-type: " + content_type + b"\r\n" in data
    assert body_of(data) == expected


@pytest.mark.parametrize(
    ("path", "message_of"),
    [
        ("/v1/chat/completions", lambda error: error["error"]["message"]),
        ("/v2/chat", lambda error: error["message"]),
        ("/nowhere", lambda error: error["error"]["message"]),
    ],
)
def test_a_status_is_an_error_in_the_words_of_the_dialect(path: str, message_of: object) -> None:
    data, _ = reply_to(Status(503, "too busy"), path=path)
    assert message_of(msgspec.json.decode(body_of(data))) == "too busy"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("placement", "has_usage"),
    [
        ("missing", [False, False, False]),
        ("as_asked", [False, False, False]),
        ("last_chunk", [False, False, True]),
        ("own_chunk", [False, False, False, True]),
        ("last_and_own_chunk", [False, False, True, True]),
        ("every_chunk", [True, True, True]),
    ],
)
def test_usage_stands_in_the_chunks_that_the_script_says(
    placement: UsagePlacement, has_usage: list[bool]
) -> None:
    *chunks, done = stream_frames(Answer("hello", usage_placement=placement))
    assert done == b"data: [DONE]\n\n"
    assert [b'"prompt_tokens"' in chunk for chunk in chunks] == has_usage
    assert [b'"choices":[]' in chunk for chunk in chunks] == [False] * 3 + [True] * (len(chunks) - 3)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v2/chat"])
def test_done_can_be_left_out(path: str) -> None:
    with_done, _ = reply_to(Answer("hello"), STREAM, path=path)
    without, _ = reply_to(Answer("hello", omits_done=True), STREAM, path=path)
    assert read_chunks(body_of(with_done))[-2] == b"data: [DONE]\n\n"
    assert read_chunks(body_of(without)) == [
        chunk for chunk in read_chunks(body_of(with_done)) if b"[DONE]" not in chunk
    ]


def test_an_error_frame_ends_the_stream_after_so_many_events() -> None:
    frames = stream_frames(Answer("one two three", error_after_events=2))
    assert len(frames) == 3
    assert msgspec.json.decode(frames[-1].removeprefix(b"data: "))["error"]["type"] == "server_error"


def test_cohere_reports_an_error_in_the_stream_as_the_end_of_the_message() -> None:
    data, _ = reply_to(Answer("one two", error_after_events=3), STREAM, path="/v2/chat")
    chunks = read_chunks(body_of(data))
    assert chunks[3].startswith(b"event: message-end\n")
    assert b'"finish_reason":"ERROR"' in chunks[3]
    assert chunks[4:] == [b"data: [DONE]\n\n", b""]


def test_lines_can_end_with_crlf_and_comments_stand_between_frames() -> None:
    plain = stream_frames(Answer("hello"))
    assert stream_frames(Answer("hello", ends_lines_with_crlf=True)) == [
        frame.replace(b"\n", b"\r\n") for frame in plain
    ]
    commented = stream_frames(Answer("hello", has_comments=True))
    assert commented[1::2] == plain
    assert all(comment.startswith(b": ") for comment in commented[::2])


def test_text_and_arguments_are_cut_into_deltas_of_so_many_characters() -> None:
    frames = stream_frames(Answer("abcdef", delta_characters=4))
    deltas = [msgspec.json.decode(frame[6:])["choices"][0]["delta"] for frame in frames[:-1]]
    assert [delta["content"] for delta in deltas if "content" in delta] == ["", "abcd", "ef"]


def test_a_recorded_stream_is_replayed_frame_by_frame() -> None:
    text = 'event: a\ndata: {"é": 1}\n\ndata: [DONE]\n\n'
    recording = Recording(
        200, {"Content-Type": "text/event-stream", "transfer-encoding": "chunked", "x-trace": "t"}, text=text
    )
    data, _ = reply_to(Replay(recording))
    assert read_chunks(body_of(data)) == ['event: a\ndata: {"é": 1}\n\n'.encode(), b"data: [DONE]\n\n", b""]
    assert b"x-trace: t\r\n" in data
    assert data.count(b"transfer-encoding") == 1


def test_a_recorded_body_is_replayed_in_each_of_its_forms() -> None:
    for recording, body in [
        (Recording(200, json={"a": [1]}), b'{"a":[1]}'),
        (Recording(404, text="gone"), b"gone"),
        (Recording(200, base64="AP8="), b"\x00\xff"),
        (Recording(200), b""),
    ]:
        data, _ = reply_to(Replay(recording, cuts=(1,)))
        assert data.startswith(f"HTTP/1.1 {recording.status} ".encode())
        assert body_of(data) == body


def test_a_delay_and_a_pace_change_no_byte() -> None:
    assert stream_frames(Answer("a b", delay_seconds=0.001, pace_seconds=0.001)) == stream_frames(
        Answer("a b")
    )


def test_who_asks_whether_to_go_on_is_told_so() -> None:
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        head, body = request_bytes(headers="expect: 100-continue\r\n").split(b"\r\n\r\n")
        client.sendall(head + b"\r\n\r\n")
        assert read_head(client) == (b"HTTP/1.1 100 Continue", b"")
        client.sendall(body)
        assert read_head(client)[0].startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_is_no_http_is_refused() -> None:
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        data, ending = read_to_end(client)
        assert data.startswith(b"HTTP/1.1 400 ")
        assert ending == "closed"
        assert upstream.requests == []


def test_a_request_in_single_bytes_and_two_requests_in_one_write_are_read() -> None:
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request_bytes():
            client.sendall(bytes([byte]))
        client.sendall(request_bytes() + request_bytes(headers=CLOSE))
        data, _ = read_to_end(client)
        assert data.count(b"HTTP/1.1 200 OK") == 3
        assert [request.connection_number for request in upstream.requests] == [1, 1, 1]


def test_an_old_client_gets_a_stream_that_ends_with_the_connection() -> None:
    with ScriptedUpstream() as upstream, connect(upstream.url) as client:
        client.sendall(request_bytes(STREAM).replace(b"HTTP/1.1", b"HTTP/1.0"))
        data, ending = read_to_end(client)
        assert ending == "closed"
        assert b"chunked" not in data
        assert body_of(data).endswith(b"data: [DONE]\n\n")
