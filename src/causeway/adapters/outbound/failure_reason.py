"""Why a connection could not be had or broke, in the gateway's words. No I/O.

The libraries' own words hold paths, addresses and bytes of answers; these hold none.
"""

import os
import socket
import ssl


def failure_reason(error: BaseException | None) -> str:
    """Return the end of a sentence that begins with whom the connection was to; none is an orderly end."""
    if error is None:
        return "it closed the connection before it answered"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted, {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as we do"
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return "the connection broke"
