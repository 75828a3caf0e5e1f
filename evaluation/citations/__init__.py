"""The labelled cases that measure citations, and their scoring; `python -m evaluation.citations` runs it."""
