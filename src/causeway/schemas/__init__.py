"""JSON Schemas that callers send: checked before use, kept within bounds, and held against the output.

Pure. A schema comes in through `accept.accept_schema` and is an `AcceptedSchema` from then on. No
model and no engine is known here.
Source of truth: JSON Schema 2020-12, and the subset of it that Cohere's structured outputs document.
"""
