"""The matrix as data: its clients, its upstreams, the cells that cannot be, and the page that tells of them.

The page is written from here (`make docs`); tests/matrix runs every cell, and those that are listed as
impossible must indeed not hold.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from support.matrix.ask import Client
from support.matrix.features import FEATURES

UPSTREAMS = ("cohere", "openai", "responses", "anthropic", "gemini", "bedrock", "embedded")
# By a client's name, where its class is and what it needs: the two generations of Cohere's SDK, and what is
# built on them, exclude each other.
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
PACKAGES = {
    "langchain ChatCohere": "langchain_cohere",
    "langchain ChatGoogleGenerativeAI": "langchain_google_genai",
}


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


IMPOSSIBLE: tuple[Impossible, ...] = ()


def package_of(client: str) -> str:
    """Return the package without which a client is not there."""
    return PACKAGES.get(client) or client.partition(" ")[0].replace("-", "_").replace(
        "langchain", "langchain_core"
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
