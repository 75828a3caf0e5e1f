"""OpenAI's Responses API: items in place of messages, typed events in place of chunks.

What it shares with chat completions, its vendor's other dialect, is imported from there: how a body is read,
how an error looks, and who answered.
"""
