"""What all the samples of the support matrices are made of.

A sample is the difference between two bodies: `base` without the feature and `fields` with it. What becomes
of it is found out by `support_matrix.py`.
"""

from typing import Any

from msgspec import Struct

Body = dict[str, Any]
# Of one feature of an answer: what a provider says with it, and without.
Pair = tuple[Body, Body]

ASKED = "How tall do emperor penguins grow?"
SPOKEN = "Emperor penguins grow up to 122 cm tall. THE-END and more."
TALL = "They are tall."
IMAGE_URL = "https://example.com/penguin.png"
PNG = "iVBORw0KGgoAAAANSUhEUg=="
PDF = "JVBERi0xLjQKJUVPRgo="
SCHEMA: Body = {
    "type": "object",
    "properties": {"height": {"type": "string"}},
    "required": ["height"],
    "additionalProperties": False,
}
OPEN_SCHEMA: Body = {**SCHEMA, "properties": {**SCHEMA["properties"], "unit": {"type": "string"}}}
FUNCTION: Body = {"name": "look_up", "description": "looks things up", "parameters": SCHEMA}
LONG_ID = "look_up_0123456789_0123456789_0123456789_0123456789"
DOCUMENT: Body = {"id": "penguins", "data": {"text": "Emperor penguins grow up to 122 cm tall."}}
PAGE: Body = {"url": "https://example.com/a", "title": "A page"}


class Sample(Struct, frozen=True):
    """One feature. `base` holds what it needs around it."""

    feature: str
    fields: Body
    base: Body = {}
