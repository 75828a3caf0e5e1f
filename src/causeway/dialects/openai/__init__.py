"""OpenAI's chat completions on the wire, and the dialects of them that other vendors speak."""
