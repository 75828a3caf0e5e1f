"""Documents that a caller of Bedrock's wants cited, through the gateway: to Bedrock as they came, and cited
by every other provider, which reads them itself or has the gateway ground them."""

import json
from typing import Any

import httpx
import pytest

from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.model.content import Citation, Seal, Source, TextBlock
from causeway.model.fold import fold
from causeway.model.response import ChatResponse
from causeway.testing import Answer, ScriptedUpstream
from support.fronts import ONCE
from support.upstreams import gateway_before, scripted_provider

FACT = "Emperor penguins grow up to 122 cm tall."
BODY = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Read this."},
                {
                    "document": {
                        "name": "birds",
                        "format": "txt",
                        "source": {"text": FACT},
                        "citations": {"enabled": True},
                    }
                },
                {"text": "How tall do emperor penguins grow?"},
            ],
        }
    ]
}
BEDROCK = BedrockProvider()


def ask(upstream: str, operation: str) -> tuple[ChatResponse, dict[str, Any]]:
    """Return what the caller got, and what the provider was sent."""
    with (
        ScriptedUpstream(dialects=[upstream]) as provider,
        gateway_before(scripted_provider(upstream, provider.url, retry=ONCE)) as gateway,
    ):
        cited = Citation(0, len(FACT), FACT, (Source("document", "doc:0", {"text": FACT}),), "text", 0)
        provider.script(Answer(text=FACT, citations=(cited,)))
        url = f"{gateway.url}/bedrock/model/{upstream}%2Fscripted/{operation}"
        answer = httpx.post(url, json=BODY, headers={"authorization": "Bearer x"})
        assert answer.status_code == 200, answer.text
        if operation == "converse":
            return BEDROCK.decode_response(answer.content), json.loads(provider.requests[-1].body)
        response = fold(BEDROCK.stream_decoder().feed(answer.content))
        return response, json.loads(provider.requests[-1].body)


@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
@pytest.mark.parametrize("upstream", ["bedrock", "cohere", "anthropic", "openai"])
def test_the_caller_gets_citations_of_its_document(upstream: str, operation: str) -> None:
    response, sent = ask(upstream, operation)
    assert "".join(block.text for block in response.content if isinstance(block, TextBlock)) == FACT
    locations = [
        citation["location"]["documentChar"]
        for block in response.content
        if isinstance(block, TextBlock) and isinstance(block.seal, Seal)
        for citation in block.seal.data["citationsContent"]["citations"]
    ]
    assert locations
    assert all(location["documentIndex"] == 0 for location in locations)
    if upstream == "bedrock":
        assert sent == BODY
    else:
        assert FACT in json.dumps(sent)
