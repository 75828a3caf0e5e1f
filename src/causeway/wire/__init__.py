"""Framing without I/O: bytes in, frames out, and back. Knows no vendor."""
