"""Anthropic's Messages API, from both sides, and what stands beside it."""
