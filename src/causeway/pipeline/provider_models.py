"""The models that providers list, asked for when somebody wants them and kept for a while."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from causeway.dialects.companion_faces import ModelsProviderFace
from causeway.model.catalog import ModelFacts
from causeway.model.errors import CausewayError
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.provider_answer import raise_for_status
from causeway.providers.network import MAX_RESPONSE_BYTES
from causeway.rules.key_choice import ALL, allows_model
from causeway.rules.provider_keys import ProviderKey

_log = logging.getLogger(__name__)

_KEPT_SECONDS = 3600.0
_FAILURE_KEPT_SECONDS = 30.0


class _Listed(Struct, frozen=True):
    """What one provider listed, and until when that is believed."""

    models: tuple[ModelFacts, ...]
    ends_at_seconds: float


class ProviderModels:
    """Lists the models of every provider, named `provider/model`.

    A provider that fails is passed over: then it has the models that its keys name. At most one request at
    a time is made to each.
    """

    def __init__(
        self,
        lives: Mapping[str, LiveProvider],
        faces: Mapping[str, ModelsProviderFace],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lives = lives
        self._faces = faces
        self._now = now
        self._listed: dict[str, _Listed] = {}
        self._locks = {name: asyncio.Lock() for name in lives}

    async def facts(self, provider: str | None = None) -> tuple[ModelFacts, ...]:
        """Return the models of one provider, or of all, sorted by name; never fails."""
        names = [name for name in self._lives if provider in (None, name)]
        lists = await asyncio.gather(*(self._facts_of(name) for name in names))
        return tuple(sorted((facts for listed in lists for facts in listed), key=lambda facts: facts.name))

    async def _facts_of(self, name: str) -> tuple[ModelFacts, ...]:
        async with self._locks[name]:
            listed = self._listed.get(name)
            if listed is None or self._now() >= listed.ends_at_seconds:
                listed = await self._ask(name)
                self._listed[name] = listed
        return listed.models

    async def _ask(self, name: str) -> _Listed:
        live = self._lives[name]
        named = {
            model: ModelFacts(name=f"{name}/{model}", endpoints=("chat",))
            for key in live.provider.keys
            for model in (*key.models, *key.aliases)
            if model != ALL and key.is_enabled
        }
        face = self._faces.get(name)
        keys = [key for key in live.provider.keys if key.is_enabled]
        if face is None or not keys:
            return _Listed(tuple(named.values()), self._now() + _KEPT_SECONDS)
        try:
            found = await self._list(live, face, keys[0])
        except CausewayError as error:
            _log.warning("the models of %s could not be listed: %s", name, error.message)
            return _Listed(tuple(named.values()), self._now() + _FAILURE_KEPT_SECONDS)
        for facts in found:
            if any(allows_model(key, facts.name) for key in keys):
                named[facts.name] = replace(facts, name=f"{name}/{facts.name}")
        return _Listed(tuple(named.values()), self._now() + _KEPT_SECONDS)

    async def _list(
        self, live: LiveProvider, face: ModelsProviderFace, key: ProviderKey
    ) -> tuple[ModelFacts, ...]:
        key = await live.ready_key(key)
        async with live.send("models", key, "", b"") as response:
            await raise_for_status(response, face, key)
            body = await response.read(MAX_RESPONSE_BYTES)
        return face.decode_models(body)[0]
