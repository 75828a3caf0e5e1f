"""How many tokens a prompt has, as a provider counts them or as they are estimated."""

from msgspec import Struct


class TokenCount(Struct, frozen=True):
    """The answer to the question how long a chat's prompt is. `id` is empty where the provider gave none."""

    input_tokens: int
    id: str = ""
