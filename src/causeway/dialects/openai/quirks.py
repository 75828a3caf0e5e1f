"""Where the vendors of OpenAI's dialect differ, as settings of a provider's row.

The defaults are OpenAI's own. A field stands here only if some vendor refuses, or reads otherwise, what
OpenAI takes.
"""

from typing import Literal

from msgspec import Struct

OptionalField = Literal[
    "frequency_penalty",
    "logprobs",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "response_format",
    "seed",
    "tool_choice",
    "top_logprobs",
]


class OpenAiQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """How one provider wants its requests.

    `required_tool_choice` is the word for "call some tool": Mistral says `any`. `reasoning_request` is the
    field that asks for thinking: OpenAI's effort, OpenRouter's `reasoning` object, the `thinking` object of
    DeepSeek and Z.ai, or none. `no_reasoning_effort` is the effort that means no thinking, none where there
    is no such word. `reasoning_history_field` is where an assistant's earlier thinking is read, if it is.
    `unsupported` fields are left out and reported. `supports_json_schema` is false where JSON can be asked
    for but no schema given. `sends_stream_options` is false where `stream_options` is refused; such
    providers send the usage unasked.
    `max_tool_call_id_characters` bounds the ids that are sent back; longer ones are replaced by letters and
    digits of just that number. OpenAI refuses more than 40.
    """

    max_tokens_field: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    required_tool_choice: Literal["required", "any"] = "required"
    seed_field: Literal["seed", "random_seed"] = "seed"
    reasoning_request: Literal["reasoning_effort", "reasoning", "thinking", "none"] = "reasoning_effort"
    no_reasoning_effort: Literal["none", "minimal"] | None = "none"
    reasoning_history_field: Literal["reasoning_content", "reasoning"] | None = None
    unsupported: tuple[OptionalField, ...] = ()
    supports_json_schema: bool = True
    supports_top_k: bool = False
    sends_stream_options: bool = True
    max_stop_sequences: int = 4
    max_tool_call_id_characters: int | None = 40
