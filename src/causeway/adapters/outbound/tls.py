"""How the way out speaks TLS: against the system's certificates, with the host's name checked."""

import ssl

from causeway.model.errors import InternalError
from causeway.providers.network import Network


def tls_context(network: Network) -> ssl.SSLContext:
    """Return what a network's TLS connections are opened with.

    Raises InternalError where `ca_cert_pem` holds no certificate.
    """
    try:
        context = ssl.create_default_context()
        if network.ca_cert_pem is not None:
            context.load_verify_locations(cadata=network.ca_cert_pem)
    except (ssl.SSLError, ValueError):
        raise InternalError("`ca_cert_pem` holds no certificate that can be read") from None
    if not network.verifies_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
