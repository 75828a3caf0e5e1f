"""A provider that has been switched on: its row, its keys and how it is reached."""

from collections.abc import Mapping

from msgspec import Struct

from causeway.providers.network import Network
from causeway.providers.spec import Operation, ProviderSpec
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import RetryPolicy


class Provider(Struct, frozen=True, kw_only=True):
    """What the gateway needs to call one provider.

    `name` is what callers write before the slash: the row's, or a custom provider's own. `base_url` has no
    slash at its end; a key's own goes before it, and at least one of the two is there. `headers` are sent
    with every request. `operations` limits a custom provider to some operations. `document_tokens` bounds
    what documents may add to a prompt where the provider takes none itself.
    """

    name: str
    spec: ProviderSpec
    base_url: str | None
    keys: tuple[ProviderKey, ...]
    network: Network = Network()
    retry: RetryPolicy = RetryPolicy()
    headers: Mapping[str, str] = {}
    operations: frozenset[str] | None = None
    document_tokens: int = 50_000
    source: str = ""

    def offers(self, operation: Operation) -> bool:
        """Whether the provider can be asked for this."""
        return operation in self.spec.paths and (self.operations is None or operation in self.operations)

    def __repr__(self) -> str:
        # Headers and a proxy's URL may hold secrets.
        return f"Provider({self.name}, {len(self.keys)} keys)"
