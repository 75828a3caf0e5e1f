"""Chooses the way out, and imports no other: aiohttp takes 0.2 seconds and 15 MB before it does anything.

tests/test_import_cost.py.
"""

from causeway.config.schema import ServerConfig
from causeway.pipeline.ports import OutboundClient


def compose_outbound_client(config: ServerConfig) -> OutboundClient:
    """Return the client that `config` asks for."""
    if config.outbound_client == "aiohttp":
        from causeway.adapters.outbound.aiohttp_client.client import AiohttpClient

        return AiohttpClient()
    from causeway.adapters.outbound.httptools_client.client import HttptoolsClient

    return HttptoolsClient()
