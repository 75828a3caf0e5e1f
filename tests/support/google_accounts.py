"""Google's side of access tokens: a token endpoint over a real socket, and key files that it believes."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt
from msgspec import Struct, field

from support.outbound import answer
from support.raw_server import RawConnection, raw_server

ACCOUNT = "robot@project.iam.gserviceaccount.com"


class TokenEndpoint(Struct):
    """What it was asked, and what it answers: `refusals` first, then tokens named `token-1` and so on."""

    url: str = ""
    lifetime_seconds: int = 3600
    requests: list[dict[str, str]] = field(default_factory=list)
    refusals: list[tuple[bytes, bytes]] = field(default_factory=list)
    given: int = 0

    def service_account(self) -> str:
        """Return the JSON of a key file for this endpoint."""
        pem = _private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "my-project",
                "client_email": ACCOUNT,
                "private_key": pem.decode(),
                "token_uri": self.url,
            }
        )

    def claims(self, index: int = 0) -> dict[str, object]:
        """Return what an assertion claimed; raises ValueError where the account has not signed it."""
        public = _private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        # google-auth takes certificates and public keys alike.
        claims: dict[str, object] = jwt.decode(self.requests[index]["assertion"], certs=public)
        return claims


@asynccontextmanager
async def token_endpoint() -> AsyncIterator[TokenEndpoint]:
    """Run an endpoint."""
    endpoint = TokenEndpoint()

    async def script(connection: RawConnection) -> None:
        while True:
            body = (await connection.request()).partition(b"\r\n\r\n")[2].decode()
            endpoint.requests.append({name: values[0] for name, values in parse_qs(body).items()})
            if endpoint.refusals:
                status, said = endpoint.refusals.pop(0)
                await connection.send(answer(said, b"content-type: application/json", status=status))
                continue
            endpoint.given += 1
            token = {"access_token": f"token-{endpoint.given}-of-google", "token_type": "Bearer"}
            said = json.dumps({**token, "expires_in": endpoint.lifetime_seconds}).encode()
            await connection.send(answer(said, b"content-type: application/json"))

    async with raw_server(script) as server:
        endpoint.url = f"{server.url}/token"
        yield endpoint


@cache
def _private_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)
