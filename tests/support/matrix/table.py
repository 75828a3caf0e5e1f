"""The matrix as data: its clients, its upstreams, the cells that cannot be, and the page that tells of them.

The page is written from here (`make docs`); tests/matrix runs every cell, and those that are listed as
impossible must indeed not hold.
"""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from support.matrix.ask import Client
from support.matrix.features import FEATURES

UPSTREAMS = ("cohere", "openai", "responses", "anthropic", "gemini", "bedrock", "embedded")
CLIENTS = {
    "cohere": "cohere_client.CohereClient",
    "openai chat": "openai_clients.OpenAiChatClient",
    "openai responses": "openai_clients.OpenAiResponsesClient",
    "anthropic": "anthropic_client.AnthropicClient",
    "google-genai": "google_client.GoogleClient",
    "boto3 bedrock-runtime": "bedrock_client.BedrockClient",
    "langchain ChatCohere": "langchain_clients.ChatCohereClient",
    "langchain ChatOpenAI": "langchain_clients.ChatOpenAiClient",
    "langchain ChatAnthropic": "langchain_clients.ChatAnthropicClient",
    "langchain ChatGoogleGenerativeAI": "langchain_clients.ChatGoogleClient",
    "langchain ChatBedrockConverse": "langchain_clients.ChatBedrockClient",
    "pydantic-ai CohereModel": "pydantic_clients.PydanticCohereClient",
    "pydantic-ai OpenAIChatModel": "pydantic_clients.PydanticOpenAiClient",
    "pydantic-ai AnthropicModel": "pydantic_clients.PydanticAnthropicClient",
    "pydantic-ai GoogleModel": "pydantic_clients.PydanticGoogleClient",
    "pydantic-ai BedrockConverseModel": "pydantic_clients.PydanticBedrockClient",
}
# What is built on the older generation lives in an environment of its own, with that generation of the SDK.
_OLDER = ("cohere", "langchain ChatCohere")


class Impossible(Struct, frozen=True):
    """Cells that cannot hold, and why. Without `clients` or `upstreams` it is all of them."""

    feature: str
    sentence: str
    clients: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()

    def covers(self, client: str, upstream: str, feature: str) -> bool:
        """Whether a cell is among them."""
        return (
            feature == self.feature
            and (not self.clients or client in self.clients)
            and (not self.upstreams or upstream in self.upstreams)
        )


_PYDANTIC = tuple(client for client in CLIENTS if client.startswith("pydantic-ai"))

IMPOSSIBLE = (
    Impossible(
        "thinking",
        "The embedded model is too small to reason before it answers; the loss is reported.",
        upstreams=("embedded",),
    ),
    Impossible(
        "thinking",
        "ChatCohere and Pydantic AI's CohereModel have no setting that asks for thinking.",
        ("langchain ChatCohere", "pydantic-ai CohereModel"),
    ),
    Impossible(
        "thinking", "ChatOpenAI drops the thinking that chat completions show.", ("langchain ChatOpenAI",)
    ),
    Impossible(
        "documents",
        "Gemini's API has no documents that are cited.",
        ("google-genai", "langchain ChatGoogleGenerativeAI"),
    ),
    Impossible("documents", "ChatOpenAI has no documents, and drops citations.", ("langchain ChatOpenAI",)),
    Impossible("documents", "Pydantic AI has no documents that are cited.", _PYDANTIC),
    Impossible("stop_sequence", "OpenAI's Responses have no stop sequences.", ("openai responses",)),
    Impossible("images", "Pydantic AI's CohereModel takes no pictures yet.", ("pydantic-ai CohereModel",)),
    Impossible(
        "error",
        "The embedded model refuses pictures alone, and Pydantic AI's CohereModel sends none.",
        ("pydantic-ai CohereModel",),
        ("embedded",),
    ),
    Impossible(
        "structured_output",
        "These clients ask for JSON by a tool that they make and do not require: the embedded model answers "
        "in words.",
        (
            "langchain ChatBedrockConverse",
            "pydantic-ai AnthropicModel",
            "pydantic-ai BedrockConverseModel",
        ),
        ("embedded",),
    ),
    Impossible(
        "cached_usage",
        "ChatCohere does not show what came from the cache.",
        ("langchain ChatCohere",),
        tuple(upstream for upstream in UPSTREAMS if upstream != "embedded"),
    ),
)


def client_class(client: str) -> type[Client]:
    """Return a client's class; raises ImportError where its SDK is not installed."""
    module, _, name = CLIENTS[client].partition(".")
    found: type[Client] = getattr(importlib.import_module(f"support.matrix.{module}"), name)
    return found


def sentence_for(client: str, upstream: str, feature: str) -> str | None:
    """Return why a cell cannot hold, or nothing."""
    return next((one.sentence for one in IMPOSSIBLE if one.covers(client, upstream, feature)), None)


def cells() -> Iterator[tuple[str, str, str]]:
    """Yield every cell: client, upstream, feature."""
    for client in CLIENTS:
        for upstream in UPSTREAMS:
            for feature in FEATURES:
                yield client, upstream, feature


def cells_here() -> Iterator[tuple[str, str, str]]:
    """Yield the cells of this environment: with the older generation of Cohere's SDK or with all others."""
    has_older = importlib.util.find_spec("langchain_cohere") is not None
    for cell in cells():
        if cell[0] in _OLDER if has_older else cell[0] != "langchain ChatCohere":
            yield cell


def page() -> str:
    """Return the page of the documentation."""
    every = list(cells())
    impossible = [cell for cell in every if sentence_for(*cell)]
    sentences = sorted({sentence for cell in every if (sentence := sentence_for(*cell))})
    numbers = {sentence: index + 1 for index, sentence in enumerate(sentences)}
    features = [f"- **{name.replace('_', ' ')}**: {feature.__doc__}" for name, feature in FEATURES.items()]
    lines = [
        "# Any client before any model",
        "",
        f"{len(CLIENTS)} clients before {len(UPSTREAMS)} upstreams, {len(FEATURES)} features each: "
        f"{len(every)} cells. {len(every) - len(impossible)} hold, and {len(impossible)} cannot, each for a "
        "reason below. `tests/matrix` runs them all, the impossible ones too, which must indeed not hold.",
        "",
        *features,
        "",
        "Numbers are the reasons why a feature is missing in a cell.",
        "",
        f"| client | {' | '.join(UPSTREAMS)} |",
        f"|---|{'---|' * len(UPSTREAMS)}",
    ]
    for client in CLIENTS:
        columns = [_column(client, upstream, numbers) for upstream in UPSTREAMS]
        lines.append(f"| {client} | {' | '.join(columns)} |")
    lines += ["", *(f"{number}. {sentence}" for sentence, number in numbers.items()), ""]
    return "\n".join(lines)


def _column(client: str, upstream: str, numbers: dict[str, int]) -> str:
    missing = {
        feature: numbers[sentence]
        for feature in FEATURES
        if (sentence := sentence_for(client, upstream, feature))
    }
    if not missing:
        return "all"
    return (
        f"{len(FEATURES) - len(missing)} ("
        + ", ".join(f"{feature.replace('_', ' ')} {number}" for feature, number in missing.items())
        + ")"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
