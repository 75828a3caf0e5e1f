"""Causeway: an AI gateway that speaks the Cohere v2 Chat API in front of any model.

Importing this package does nothing but define the version: no network, no vendor SDK, no work.
`tests/test_import_cost.py` holds it to that.
"""

__version__ = "0.1.0"
