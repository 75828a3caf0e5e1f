"""All that the encoders can say is of the types that the OpenAPI document is written from."""

import json

import msgspec
from hypothesis import given

from causeway.dialects.cohere.encode_response import encode_response
from causeway.dialects.cohere.encode_stream import encode_payloads
from causeway.dialects.cohere.response_schema import ChatAnswer, StreamEvent
from causeway.model.fold import unfold
from causeway.model.response import ChatResponse
from support.strategies import responses


@given(responses())
def test_a_whole_answer_is_of_its_type(response: ChatResponse) -> None:
    said = encode_response(response)
    again = msgspec.json.decode(said, type=ChatAnswer)
    assert json.loads(msgspec.json.encode(again)) == json.loads(said)


@given(responses())
def test_every_event_is_of_its_type(response: ChatResponse) -> None:
    for event in unfold(response):
        for said in encode_payloads(event):
            encoded = msgspec.json.encode(said)
            again = msgspec.json.decode(encoded, type=StreamEvent)
            assert json.loads(msgspec.json.encode(again)) == json.loads(encoded)
