"""Writes the head of a request, all but the length of its body. No I/O."""

from causeway.adapters.outbound.proxy import Proxy
from causeway.adapters.outbound.request_checks import Target

# Of these an absent body is no body; of all others it is an empty one, which has a length.
_METHODS_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "TRACE")


def encode_head(
    method: str, target: Target, headers: list[tuple[str, str]], *, proxy: Proxy | None, is_kept_alive: bool
) -> bytes:
    """Return the request line and the headers, which have been checked, each with its end.

    A proxy that reads the request, which it does where there is no TLS, is told the whole URL.
    """
    is_read_by_proxy = proxy is not None and proxy.scheme == "http" and target.scheme == "http"
    where = f"http://{target.authority}{target.path}" if is_read_by_proxy else target.path
    lines = [f"{method} {where} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if is_read_by_proxy and proxy is not None and proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    if not is_kept_alive:
        lines.append("Connection: close")
    return "".join(f"{line}\r\n" for line in lines).encode()


def encode_length(method: str, body: bytes) -> bytes:
    """Return the rest of the head, for a body."""
    if not body and method in _METHODS_WITHOUT_BODY:
        return b"\r\n"
    return b"Content-Length: %d\r\n\r\n" % len(body)
