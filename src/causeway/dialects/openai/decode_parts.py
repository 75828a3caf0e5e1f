"""An answer's content where it is a list of typed parts, as Mistral writes it."""

from typing import Any

from causeway.model.content import TextBlock, ThinkingBlock

Blocks = list[TextBlock | ThinkingBlock]


def decode_parts(parts: list[dict[str, Any]]) -> tuple[Blocks, dict[int, dict[str, Any]]]:
    """Return the text and the thinking in a list of parts, and the other parts by their place in it.

    Empty parts are left out: Mistral opens its thinking with one.
    """
    blocks: Blocks = []
    others: dict[int, dict[str, Any]] = {}
    for index, part in enumerate(parts):
        match part:
            case {"type": "text", "text": str(text)}:
                blocks.append(TextBlock(text))
            case {"type": "thinking", "thinking": str(text)}:
                blocks.append(ThinkingBlock(text))
            case {"type": "thinking", "thinking": list(pieces)}:
                blocks.append(ThinkingBlock("".join(_text(piece) for piece in pieces)))
            case _:
                others[index] = part
    return [block for block in blocks if block != TextBlock("") and block != ThinkingBlock("")], others


def _text(piece: Any) -> str:
    match piece:
        case {"text": str(text)}:
            return text
    return ""
