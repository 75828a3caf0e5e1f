"""Starts the gateway, chats with it through Cohere's own SDK, whole and streamed, and stops it."""

import subprocess
import sys
import time

import cohere

QUESTION = "What is the capital of France?"


def main() -> int:
    with subprocess.Popen(
        [sys.executable, "-m", "causeway", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as gateway:
        try:
            url, model = wait_until_ready(gateway)
            chat(url, model)
        finally:
            gateway.terminate()
    return 0


def wait_until_ready(gateway: "subprocess.Popen[str]") -> tuple[str, str]:
    assert gateway.stdout is not None
    for line in gateway.stdout:
        if line.startswith("Causeway is ready: "):
            _, _, _, url, _, model = line.split()
            return url, model
    raise SystemExit("the gateway did not start; `make doctor` says why")


def chat(url: str, model: str) -> None:
    client = cohere.ClientV2(base_url=url, api_key="any")
    messages = [{"role": "user", "content": QUESTION}]
    print(f"\n> {QUESTION}")

    reply = client.chat(model=model, messages=messages, temperature=0)
    print(f"{reply.message.content[0].text}\n  [{reply.finish_reason}, {reply.usage.tokens}]")

    print("\n> Tell me about bridges.   (streamed)")
    started = time.perf_counter()
    first_token_seconds = None
    bridges = [{"role": "user", "content": "Tell me about bridges."}]
    for event in client.chat_stream(model=model, messages=bridges, max_tokens=60, seed=1):
        if event.type == "content-delta":
            first_token_seconds = first_token_seconds or time.perf_counter() - started
            print(event.delta.message.content.text, end="", flush=True)
        elif event.type == "message-end":
            print(f"\n  [{event.delta.finish_reason}, first token after {first_token_seconds:.2f} s]")


if __name__ == "__main__":
    sys.exit(main())
