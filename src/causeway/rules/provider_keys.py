"""A provider's keys as the rules see them."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from causeway.model.secret import Secret


class AwsCredentials(Struct, frozen=True, kw_only=True):
    """What requests to AWS are signed with. The id is sent with each of them and is no secret."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret = Secret("")


class GoogleCredentials(Struct, frozen=True, kw_only=True):
    """What Google gives access tokens for.

    `key_file` is the JSON of one; where it is empty, the machine's own credentials are meant. `account` is
    whom the file is for, to be shown.
    """

    key_file: Secret = Secret("")
    account: str = ""


class EntraCredentials(Struct, frozen=True, kw_only=True):
    """What Microsoft Entra ID gives access tokens for: an application of a tenant, and its secret."""

    tenant_id: str
    client_id: str
    client_secret: Secret
    scopes: tuple[str, ...]


# Those that stand for tokens, which are got with them and last for a while.
TokenCredentials = GoogleCredentials | EntraCredentials


class ProviderKey(Struct, frozen=True, kw_only=True):
    """One key of a provider.

    `name` is unique over all providers; it may be shown, the value may not. `models` is an allow-list of the
    names that callers use and `blocked_models` wins over it: `("*",)` is all, `()` is none, else names in any
    case. `weight` is its share where several keys fit. `aliases` gives callers' names to the provider's.
    `base_url` is the key's own address, where the provider has one for each user; `region` and `project` fill
    the places that an address has for them. `model_prefix` goes before the names of models in addresses.
    `source` says where the key was found, for people.

    With `credentials` what is sent is made anew for each request, or stands for a while: `value` is then the
    token that was got for them, and empty until there is one.
    """

    id: str
    name: str
    value: Secret = Secret("")
    credentials: AwsCredentials | TokenCredentials | None = None
    models: tuple[str, ...] = ("*",)
    blocked_models: tuple[str, ...] = ()
    weight: float = 1.0
    aliases: Mapping[str, str] = {}
    is_enabled: bool = True
    base_url: str | None = None
    region: str = ""
    project: str = ""
    model_prefix: str = ""
    query: Mapping[str, str] = {}
    source: str = ""

    def secrets(self) -> Iterator[str]:
        """Yield what a request with this key may hold and nobody may read."""
        yield self.value.reveal()
        if isinstance(self.credentials, AwsCredentials):
            yield self.credentials.secret_access_key.reveal()
            yield self.credentials.session_token.reveal()
        elif isinstance(self.credentials, EntraCredentials):
            yield self.credentials.client_secret.reveal()

    def masked(self) -> str:
        """Return what may be shown of the key; nothing where it has no value."""
        if isinstance(self.credentials, AwsCredentials):
            return f"AWS {Secret(self.credentials.access_key_id).masked()}"
        if isinstance(self.credentials, GoogleCredentials):
            return self.credentials.account or "Google's credentials of this machine"
        if isinstance(self.credentials, EntraCredentials):
            return f"Entra ID application {self.credentials.client_id}"
        return self.value.masked()
