"""The providers of the matrix: each speaks one dialect, to whoever asks."""

from collections.abc import Mapping

from msgspec.structs import replace

from causeway.providers.provider import Provider
from causeway.testing import ScriptedUpstream
from support.fronts import ONCE
from support.upstreams import scripted_provider


def matrix_providers(upstreams: Mapping[str, ScriptedUpstream]) -> list[Provider]:
    """Return a provider for each upstream, under the upstream's name."""
    return [_provider(name, upstream.url) for name, upstream in upstreams.items()]


def _provider(name: str, url: str) -> Provider:
    if name not in ("openai", "responses"):
        return scripted_provider(name, url, retry=ONCE)
    # OpenAI's row has two ways to chat, of which the caller's dialect would choose.
    openai = scripted_provider("openai", url, retry=ONCE)
    paths = {"chat": openai.spec.paths["chat" if name == "openai" else "responses"]}
    spec = replace(openai.spec, name=name, dialects={"chat": name}, paths=paths)
    return replace(openai, name=name, spec=spec)
