"""What a regular expression may use, so that it can be matched in linear time and generated from.

A pattern describes the whole string. No look-around, no back-references, no anchors inside: the
subset that Cohere documents, which finite automata can do.
"""

_LOOKS = ("=", "!", "<=", "<!")
_ASSERTIONS = "bBAzZG"


def without_outer_anchors(pattern: str) -> str:
    """Return a pattern without a `^` at its start and a `$` at its end; they say what is true anyway."""
    if pattern.startswith("^") and "|" not in pattern:
        pattern = pattern[1:]
    if pattern.endswith("$") and "|" not in pattern and not _is_escaped(pattern, len(pattern) - 1):
        pattern = pattern[:-1]
    return pattern


def whole_string(pattern: str) -> str:
    """Return the pattern that matches a string where `pattern` describes all of it."""
    return f"^(?:{pattern})$"


def unsupported_part(pattern: str) -> str | None:
    """Return the first part of a pattern that is not supported, or `None`."""
    position, is_in_class = 0, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            escaped = pattern[position + 1 : position + 2]
            if not is_in_class and (escaped in "123456789k" or escaped in _ASSERTIONS or escaped == "c"):
                return f"\\{escaped}"
            position += 2
            continue
        if is_in_class:
            is_in_class = character != "]"
        elif character == "[":
            is_in_class = True
            # A closing bracket that comes first stands for itself.
            after = position + 1 + (pattern[position + 1 : position + 2] == "^")
            if pattern[after : after + 1] == "]":
                position = after
        elif character in "^$":
            return character
        elif pattern.startswith("(?", position) and not pattern.startswith("(?:", position):
            rest = pattern[position + 2 :]
            look = next((look for look in _LOOKS if rest.startswith(look)), rest[:1])
            return f"(?{look}"
        position += 1
    return None


def _is_escaped(pattern: str, position: int) -> bool:
    backslashes = len(pattern[:position]) - len(pattern[:position].rstrip("\\"))
    return backslashes % 2 == 1
