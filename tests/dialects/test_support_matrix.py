"""The support matrices of the documentation are what the code does, and they leave no field out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import Struct
from msgspec.structs import fields

from causeway.dialects.anthropic.request_schema import WireMessagesRequest
from causeway.dialects.bedrock.request_schema import WireConverseRequest
from causeway.dialects.cohere.request_schema import WireChatRequest as CohereRequest
from causeway.dialects.gemini.request_schema import WireGenerateRequest
from causeway.dialects.openai.request_schema import WireChatRequest as OpenAiRequest
from causeway.dialects.responses.request_schema import WireRequest as ResponsesRequest
from support.exchanges import CALLERS, COLUMNS
from support.matrix_samples.sample import Sample
from support.support_matrix import FEATURES, HELD, SUPPLIED, judge_answer, judge_request, page

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS: dict[str, type[Struct]] = {
    "cohere": CohereRequest,
    "openai": OpenAiRequest,
    "responses": ResponsesRequest,
    "anthropic": WireMessagesRequest,
    "gemini": WireGenerateRequest,
    "bedrock": WireConverseRequest,
}
# What the gateway itself acts on or what says nothing, and second spellings of what has a row.
NOT_FORWARDED = {
    f"{schema.__name__}.{name}"
    for schema in SCHEMAS.values()
    for name in ("model", "stream", "stream_options", "fallbacks")
} | {"WireStreamOptions.include_usage", "WireRequest.previous_response_id", "WireInstruction.role"}
SPELLINGS = {
    "cohere": {"WireChatRequest.strict_tool_choice", "WireChatRequest.log_probs"},
}


@pytest.mark.parametrize("caller", CALLERS)
def test_the_page_is_what_the_code_does(caller: str) -> None:
    written = (ROOT / "docs" / "dialects" / f"{caller}.md").read_text()
    assert written == page(caller), "the code does otherwise than the page says: run `make docs`"


@pytest.mark.parametrize("caller", CALLERS)
def test_every_field_of_a_request_has_a_row(caller: str) -> None:
    schema, samples = SCHEMAS[caller], CALLERS[caller].samples
    asked = set(told_in(schema, samples.PLAIN_TURN))
    for sample in samples.REQUESTS:
        asked |= {*told_in(schema, sample.base), *told_in(schema, {**sample.base, **sample.fields})}
    assert sorted(set(fields_of(schema)) - asked - NOT_FORWARDED - SPELLINGS.get(caller, set())) == []


def fields_of(kind: Any) -> Iterator[str]:
    """Yield `Type.field` of a wire type and of all that it is made of."""
    if is_struct(kind):
        for field in fields(kind):
            yield f"{kind.__name__}.{field.encode_name}"
            yield from fields_of(field.type)
    for inner in get_args(kind):
        yield from fields_of(inner)


def told_in(kind: Any, value: Any) -> Iterator[str]:
    """Yield `Type.field`, as `fields_of` does, for each member of a body of that type."""
    if is_struct(kind) and isinstance(value, dict):
        tag_field, tag = kind.__struct_config__.tag_field, kind.__struct_config__.tag
        if tag_field is not None and value.get(tag_field) != tag:
            return
        for field in fields(kind):
            if field.encode_name in value:
                yield f"{kind.__name__}.{field.encode_name}"
                yield from told_in(field.type, value[field.encode_name])
    for inner in get_args(kind):
        for item in value if isinstance(value, list) else [value]:
            yield from told_in(inner, item)


def is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


@pytest.mark.parametrize("caller", CALLERS)
def test_every_feature_has_one_row(caller: str) -> None:
    features = [sample.feature for sample in CALLERS[caller].samples.REQUESTS]
    assert len(features) == len(set(features))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("column", COLUMNS)
def test_what_vanishes_without_a_word_is_found(caller: str, column: str) -> None:
    silent = Sample("fallbacks", {"fallbacks": ["openai/gpt-4o"]})
    with pytest.raises(AssertionError, match="fallbacks vanishes without a word"):
        judge_request(caller, COLUMNS[column], silent)


def test_every_word_is_found_somewhere() -> None:
    found = {
        judge_request(caller, column, sample).word
        for caller in CALLERS
        for sample in CALLERS[caller].samples.REQUESTS
        for column in COLUMNS.values()
    }
    assert found == {
        *("kept", "mapped", "approximated", "dropped", SUPPLIED),
        *("refused (400)", "refused (422)"),
    }
    answers = {
        finding.word
        for caller in CALLERS
        for feature in FEATURES
        for column in COLUMNS.values()
        if (finding := judge_answer(caller, column, feature)) is not None
    }
    assert answers == {"kept", "mapped", "approximated", "dropped", HELD}


@pytest.mark.parametrize("caller", ["anthropic", "gemini", "bedrock"])
def test_a_provider_of_the_callers_own_dialect_is_told_all(caller: str) -> None:
    words = {
        sample.feature: judge_request(caller, COLUMNS[caller], sample).word
        for sample in CALLERS[caller].samples.REQUESTS
    }
    # A sixth stop sequence is one more than Gemini takes.
    assert set(words.values()) - {SUPPLIED} == {"kept"}
    assert [feature for feature, word in words.items() if word == SUPPLIED] == (
        ["sixth stop sequence"] if caller == "gemini" else []
    )
