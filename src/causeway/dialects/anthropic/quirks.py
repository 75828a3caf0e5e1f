"""Where the providers of Anthropic's dialect differ, as settings of a provider's row."""

from msgspec import Struct


class AnthropicQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """How one provider wants its requests.

    `default_max_tokens` is the bound where the caller gave none, since Anthropic refuses a request without
    one: 4096 is the most that its oldest models take, and what other gateways send.
    """

    default_max_tokens: int = 4_096
