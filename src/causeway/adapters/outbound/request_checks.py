"""What must hold of an outbound request before a byte of it is sent.

A URL and headers come from configuration, a key may come from a caller: neither may end a line, smuggle
a second request or lead elsewhere than it seems to. Errors never show a value. No I/O.
"""

import re
from ipaddress import IPv6Address

from msgspec import Struct

from causeway import __version__
from causeway.model.errors import InternalError

_PRINTABLE = re.compile(r'[!"$-~]*')  # of ASCII, without the space and `#`
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile("[\t -~\xa0-\ud7ff\ue000-\U0010ffff]*")
_OWN_HEADERS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_DEFAULT_PORTS = {"http": 80, "https": 443}
USER_AGENT = f"causeway/{__version__}"


class Target(Struct, frozen=True):
    """Where a request goes. `host` has no brackets; `origin` is what an error may show.

    `path` is what follows the authority, with the query, as a request line has it.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """The host and port, as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """The host, and the port where it is not the scheme's own."""
        is_default = self.port == _DEFAULT_PORTS[self.scheme]
        return self.origin.removesuffix(f":{self.port}") if is_default else self.origin


def parse_target(url: str) -> Target:
    """Take a URL apart; raises InternalError, which says what is wrong with it and does not show it."""
    if not _PRINTABLE.fullmatch(url):
        raise InternalError("the provider's URL holds `#`, whitespace or a character outside ASCII")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS:
        raise InternalError("the provider's URL must begin with http:// or https://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise InternalError("the provider's URL must hold no user name and no password")
    match = _AUTHORITY.fullmatch(authority)
    port = int(match[2] or _DEFAULT_PORTS[scheme]) if match else 0
    if match is None or not 1 <= port <= 65535:
        raise InternalError("the provider's URL has no valid host and port")
    host = match[1].strip("[]")
    if host != match[1]:
        try:
            IPv6Address(host)
        except ValueError:
            raise InternalError("the provider's URL has no valid host and port") from None
    path = rest[len(authority) :]
    return Target(scheme, host, port, path if path.startswith("/") else f"/{path}")


def complete_headers(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Return a request's headers with those that every request has.

    Raises InternalError, which names the header, where one could end its line, or is the client's own to
    set since it says how the message is framed.
    """
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            start = _TOKEN.match(name)
            raise InternalError(f"header `{start[0] if start else ''}` has a name that no header may have")
        if name.lower() in _OWN_HEADERS:
            raise InternalError(f"header `{name}` is not for a request to set")
        if not _VALUE.fullmatch(value):
            raise InternalError(f"header `{name}` holds a character that no header may hold")
    complete = [*headers, ("Accept-Encoding", "identity")]
    if all(name.lower() != "user-agent" for name, _ in headers):
        complete.append(("User-Agent", USER_AGENT))
    return complete


def check_method(method: str) -> None:
    """Refuse a method that is not a word; raises InternalError."""
    if not _TOKEN.fullmatch(method):
        raise InternalError("the request's method is not a word")
