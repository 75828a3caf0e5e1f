"""The SDKs of OpenAI and of Cohere as they are, behind one way to ask and to read.

A test written once runs with each of them, synchronous and not. Nothing is mended here: what an SDK cannot
read, or reads otherwise, fails the test.
"""

from collections.abc import Mapping

from support.cohere_driver import CohereSdk
from support.openai_driver import OpenAiSdk
from support.sdk_questions import Asked, Sdk, Told

__all__ = ["SDKS", "Asked", "Sdk", "Told"]

SDKS: Mapping[str, Sdk] = {
    "openai": OpenAiSdk(is_async=False),
    "openai-async": OpenAiSdk(is_async=True),
    "cohere": CohereSdk(is_async=False),
    "cohere-async": CohereSdk(is_async=True),
}
