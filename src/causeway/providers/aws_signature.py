"""AWS Signature Version 4: the headers that prove who asks, for one request.

Pure: the clock is passed in. It signs the URL and the headers as they are given, so nothing may change them
after. Source of truth: AWS's description of the signature; tests/providers/test_aws_signature.py compares
each byte with botocore's signer.
"""

import hmac
import time
from hashlib import sha256
from urllib.parse import quote, urlsplit

from causeway.providers.network import Headers
from causeway.rules.provider_keys import AwsCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"
# What proxies and clients change on the way is not signed.
_UNSIGNED_HEADERS = frozenset(
    {"authorization", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"}
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def signature_headers(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    *,
    credentials: AwsCredentials,
    region: str,
    service: str,
    unix_seconds: float,
) -> Headers:
    """Return the headers to add: the date, the session token where there is one, and the signature.

    `headers` have names in lower case, each once, and none of those that are returned; `url` is
    percent-encoded.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix_seconds))
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    added = {"x-amz-date": timestamp}
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token.reveal()
    signed = {name: value for name, value in headers if name not in _UNSIGNED_HEADERS}
    signed = {**signed, **added, "host": _host(url)}
    names = ";".join(sorted(signed))
    request = _canonical_request(method, url, signed, names, sha256(body).hexdigest())
    to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_signing_key(credentials, scope), to_sign.encode(), "sha256").hex()
    authorization = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return (*added.items(), ("authorization", authorization))


def _canonical_request(method: str, url: str, headers: dict[str, str], names: str, body_hash: str) -> str:
    parts = urlsplit(url)
    # The path is encoded once more, `%3A` to `%253A`: of all services only S3 takes it as it is sent.
    path = quote(_normalized(parts.path), safe="/~")
    pairs = (pair.partition("=")[::2] for pair in parts.query.split("&")) if parts.query else ()
    query = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    return f"{method.upper()}\n{path}\n{query}\n{lines}\n{names}\n{body_hash}"


def _normalized(path: str) -> str:
    """Return a path without empty segments, `.` and `..`, as the service resolves it."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"


def _host(url: str) -> str:
    """Return the `host` header that the outbound client writes: the port only where it is no default."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    is_default = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
    return shown if is_default else f"{shown}:{parts.port}"


def _signing_key(credentials: AwsCredentials, scope: str) -> bytes:
    key = b"AWS4" + credentials.secret_access_key.reveal().encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
