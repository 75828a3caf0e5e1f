"""OpenAI's own SDK over a transport that stays in the process."""

from typing import Any

import httpx2
import openai


def sdk_client(answer: bytes, media_type: str, status: int = 200) -> tuple[openai.OpenAI, list[bytes]]:
    """Return a client that gets these bytes for everything that it sends, and a list of what it sent."""
    sent: list[bytes] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.content)
        return httpx2.Response(status, headers={"content-type": media_type}, content=answer)

    client = openai.OpenAI(
        api_key="none",
        base_url="http://gateway.invalid/v1",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(respond)),
    )
    return client, sent


def sent_by_the_sdk(**parameters: Any) -> bytes:
    """Return the body that `chat.completions.create` sends."""
    client, sent = sdk_client(b"data: [DONE]\n\n", "text/event-stream")
    client.chat.completions.create(**parameters)
    return sent[0]
