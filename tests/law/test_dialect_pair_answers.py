"""Between any two dialects: what an answer says arrives, or its loss is named; whole and streamed alike.

An answer of each dialect's provider is told to callers of each and read again as that dialect's own. What is
compared, and what need not be equal, stands in `support/told_answers.py`.
"""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.faces import ChatProviderFace
from causeway.dialects.table import chat_provider_face
from causeway.model.errors import UpstreamRefusedError
from causeway.model.fold import fold, unfold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason
from support.exchanges import CALLERS, COLUMNS, without_own_blocks
from support.pair_strategies import answered
from support.provenance import NOBODY
from support.told_answers import facts_of

PROVIDERS: dict[str, ChatProviderFace] = {
    name: chat_provider_face(column.dialect, column.spec.quirks) for name, column in COLUMNS.items()
}
PAIRS = list(product(CALLERS, COLUMNS))
BROKEN = (FinishReason.ERROR, FinishReason.TIMEOUT)
# A stream's text is out before its citations are known: they are told of all of their block.
CITING_BLOCKS = ("anthropic", "bedrock")
Facts = dict[str, Any]


def question(dialect: str) -> ChatRequest:
    return ChatRequest(model="m", messages=(), dialect=dialect, wants_stream_usage=True)


def as_providers_say_it(answer: ChatResponse, dialect: str) -> ChatResponse:
    """Return an answer as a dialect's provider would have given it, without what this has no words for."""
    body = CALLERS[dialect].face.encode_response(answer, question(dialect), NOBODY)
    return PROVIDERS[dialect].decode_response(body)


def told_whole(answer: ChatResponse, caller: str) -> Facts | None:
    """Return what a caller reads in a whole answer, none where it reads that there was an error."""
    body = CALLERS[caller].face.encode_response(answer, question(caller), NOBODY)
    try:
        return facts_of(PROVIDERS[caller].decode_response(body), caller)
    except UpstreamRefusedError:
        return None


def told_in_a_stream(answer: ChatResponse, caller: str) -> Facts | None:
    """Return what a caller reads in a streamed answer, none where it reads that there was an error."""
    request = replace(question(caller), stream=True)
    encoder = CALLERS[caller].face.stream_encoder(request, NOBODY)
    decoder = PROVIDERS[caller].stream_decoder()
    body = encoder.encode_all(unfold(answer))
    try:
        return facts_of(fold([*decoder.feed(body), *decoder.finish()]), caller)
    except UpstreamRefusedError:
        return None


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_answered_arrives_or_its_loss_is_named(
    caller: str, provider: str, data: st.DataObject
) -> None:
    said = data.draw(answered(provider))
    try:
        said = as_providers_say_it(said, provider)
    except UpstreamRefusedError:
        assert said.finish_reason in BROKEN
        return
    report = LossReport()
    answer = said if caller == provider else without_own_blocks(said, report)
    CALLERS[caller].face.report_losses(answer, report)
    lost = {loss.path.removeprefix("response.") for loss in report.losses}
    whole, streamed = told_whole(answer, caller), told_in_a_stream(answer, caller)
    if whole is None:
        assert answer.finish_reason in BROKEN
        return
    for name, value in facts_of(answer, caller).items():
        if whole[name] != value:
            assert is_named(name, lost), f"{name}: {value} came as {whole[name]}"
    if streamed is None:
        assert answer.finish_reason in BROKEN
        return
    if caller in CITING_BLOCKS:
        for facts in (whole, streamed):
            facts["citations"] = sum(number for _, number in facts["citations"])
    for name, value in whole.items():
        assert streamed[name] == value, f"{name}: {value} is streamed as {streamed[name]}"


def is_named(name: str, lost: set[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[: end + 1]) in lost for end in range(len(parts)))
