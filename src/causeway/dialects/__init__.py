"""Codecs between wire formats and the canonical conversation, one folder a dialect, no I/O.

The client face of a dialect is `decode_request` and `encode_response`, the provider face
`encode_request` and `decode_response`. A dialect never imports another.
"""
