"""Addresses as people write them: base URLs, checked and brought to one form."""

import ipaddress
import re
from urllib.parse import urlsplit

_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Names that only a network of one's own can know.
_INTERNAL_SUFFIXES = (".internal", ".local", ".lan", ".localdomain", ".svc")


def parse_base_url(text: str, *, default_port: int | None = None) -> str:
    """Return a base URL without a slash at its end; raises ValueError, which repeats nothing of it.

    Without a scheme it is `http://`, on `default_port` where it names none. The address "any" (`0.0.0.0`),
    at which servers listen, becomes this machine's.
    """
    has_scheme = "://" in text
    if not has_scheme:
        text = f"http://{text}"
    if not text.isascii() or not text.isprintable() or re.search(r"[\s\\]", text):
        raise ValueError("the address has characters that no URL has")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the address has no valid host and port") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("the address must begin with `http://` or `https://`")
    if "@" in parts.netloc:
        raise ValueError("the address must not hold a user name or a password; give the key as a key")
    if "?" in text or "#" in text:
        raise ValueError("the address must not hold `?` or `#`")
    if (
        not host
        or port == 0
        or not (":" in host or _HOST_NAME.fullmatch(host))
        or any(piece in (".", "..") for piece in parts.path.split("/"))
    ):
        raise ValueError("this is not an address")
    if host in ("0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    if port is None and not has_scheme:
        port = default_port
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port is not None else ''}{parts.path.rstrip('/')}"


def names_private_host(url: str) -> bool:
    """Whether a URL's host is written as an address of this machine or of a private network."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private and not address.is_link_local


def looks_internal(url: str) -> bool:
    """Whether a URL's host is a name such as only private networks have."""
    host = urlsplit(url).hostname or ""
    is_address = ":" in host or host.replace(".", "").isdigit()
    return not is_address and ("." not in host or host.endswith(_INTERNAL_SUFFIXES))
