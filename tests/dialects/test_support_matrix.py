"""The support matrices of the documentation are what the code does, and they leave no field out."""

from pathlib import Path

import pytest

from causeway.dialects.cohere.request_schema import WireChatRequest as CohereRequest
from causeway.dialects.openai.request_schema import WireChatRequest as OpenAiRequest
from support.matrix_samples import ANSWERS, COHERE_REQUESTS, OPENAI_REQUESTS, Sample
from support.providers import CATALOG
from support.support_matrix import DIALECTS, judge_answer, judge_request, page

ROOT = Path(__file__).resolve().parents[2]
# What the gateway itself acts on, and second spellings of what has a row.
NOT_FORWARDED = {"model", "stream", "stream_options", "fallbacks"}
SPELLINGS = {"strict_tool_choice", "log_probs"}


@pytest.mark.parametrize("caller", DIALECTS)
def test_the_page_is_what_the_code_does(caller: str) -> None:
    written = (ROOT / "docs" / "dialects" / f"{caller}.md").read_text()
    assert written == page(caller), "the code does otherwise than the page says: run `make docs`"


@pytest.mark.parametrize(
    ("samples", "type"), [(COHERE_REQUESTS, CohereRequest), (OPENAI_REQUESTS, OpenAiRequest)]
)
def test_every_field_of_a_request_has_a_row(samples: list[Sample], type: type) -> None:
    asked = {name for sample in samples for name in sample.fields}
    assert set(type.__struct_fields__) - NOT_FORWARDED - SPELLINGS <= asked


def test_every_feature_has_one_row() -> None:
    for samples in (COHERE_REQUESTS, OPENAI_REQUESTS):
        features = [sample.feature for sample in samples]
        assert len(features) == len(set(features))


def test_what_vanishes_without_a_word_is_found() -> None:
    silent = Sample("fallbacks", {"fallbacks": ["openai/gpt-4o"]})
    for name in DIALECTS:
        with pytest.raises(AssertionError, match="fallbacks vanishes without a word"):
            judge_request("cohere", CATALOG[name], silent)


def test_every_word_is_found_somewhere() -> None:
    found = {
        judge_request(caller, CATALOG[name], sample).word
        for caller, samples in (("cohere", COHERE_REQUESTS), ("openai", OPENAI_REQUESTS))
        for sample in samples
        for name in DIALECTS
    }
    assert found == {
        *("kept", "mapped", "approximated", "dropped", "supplied by the gateway"),
        *("refused (400)", "refused (422)"),
    }
    answers = {
        finding.word
        for caller in DIALECTS
        for feature in ANSWERS
        for name in DIALECTS
        if (finding := judge_answer(caller, CATALOG[name], feature)) is not None
    }
    assert answers == {"kept", "mapped", "approximated", "dropped"}
