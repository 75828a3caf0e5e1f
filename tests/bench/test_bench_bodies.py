"""What is asked and answered has the sizes that the works promise, and the gateway reads it."""

import msgspec
import pytest
from bench.proxy.bodies import STAMP, Question, completion, encode_question, event_frame
from bench.proxy.native import BODY_BYTES
from bench.proxy.programs import BenchError, divide_cores
from bench.proxy.targets import KEYS, http_request
from bench.proxy.works import ALL, LARGE_REQUEST, LARGE_REQUEST_QUARTER


@pytest.mark.parametrize("dialect", ["cohere", "openai"])
def test_a_history_is_about_as_large_as_asked_for_and_ends_with_the_user(dialect) -> None:
    body = encode_question(Question(dialect=dialect, model="m", history_bytes=200_000), "openai/m")
    assert 0.95 < len(body) / 200_000 < 1.1
    messages = msgspec.json.decode(body)["messages"]
    assert [message["role"] for message in messages[-2:]] == ["assistant", "user"]


def test_a_quarter_is_a_quarter() -> None:
    sizes = [len(encode_question(work.question, "m")) for work in (LARGE_REQUEST_QUARTER, LARGE_REQUEST)]
    assert sizes[1] / sizes[0] == pytest.approx(4, rel=0.05)
    assert BODY_BYTES["large-1m"] == 4 * BODY_BYTES["large-256k"]


def test_a_whole_answer_is_about_as_large_as_a_providers() -> None:
    assert 1000 < len(completion(BODY_BYTES["whole"])) < 1200


def test_an_event_holds_one_stamp() -> None:
    assert event_frame().count(STAMP.encode()) == 1
    assert event_frame().count(b"@") == 2


def test_every_model_that_answers_whole_is_one_that_the_mock_has() -> None:
    asked = {work.question.model for work in ALL if not work.question.is_stream}
    assert asked <= {f"mock-body-{name}" for name in BODY_BYTES}


def test_a_request_says_its_length_and_presents_one_of_a_thousand_keys() -> None:
    head, _, body = http_request("/v2/chat", b"{}").partition(b"\r\n\r\n")
    assert body == b"{}"
    assert b"\r\ncontent-length: 2" in head
    assert len(set(KEYS)) == 1000
    assert any(f"\r\nauthorization: Bearer {key}\r\n".encode() in head for key in KEYS)


def test_cores_are_divided_and_one_alone_is_refused() -> None:
    two, four = divide_cores({0, 1}), divide_cores({4, 5, 6, 7})
    assert (two.target, two.load, two.pair) == ({0}, {1}, {0, 1})
    assert (four.target, four.load, four.pair) == ({4}, {5}, {4, 7})
    with pytest.raises(BenchError, match="two cores"):
        divide_cores({3})
