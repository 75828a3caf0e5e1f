"""Cohere's v2 API on the wire."""
