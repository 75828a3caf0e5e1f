"""Which providers are on: what the environment holds, and what the configuration says of them.

Nothing is called here, and no name is resolved. The catalog comes from providers/catalog.py.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from causeway.config.addresses import names_private_host
from causeway.config.bifrost import UNSERVED_PROVIDERS
from causeway.config.custom import allowed_operations, custom_spec, with_path_overrides
from causeway.config.keys import KeyNames, configured_keys, empty_key, found_key, single_key
from causeway.config.load import ConfigError
from causeway.config.network import configured_headers, configured_network, configured_retry
from causeway.config.problems import Remark, unknown
from causeway.config.provider_settings import ProviderConfig
from causeway.config.reading import Reader
from causeway.config.schema import Config
from causeway.providers.provider import Provider
from causeway.providers.spec import ProviderSpec
from causeway.providers.urls import fit_base_url
from causeway.rules.model_names import LOCAL, split_model
from causeway.rules.provider_keys import ProviderKey


class Resolution(Struct, frozen=True):
    """The providers that are on, why others are not, and what keeps the configuration from being used."""

    providers: tuple[Provider, ...]
    off: tuple[Remark, ...]
    problems: tuple[Remark, ...]


def configured_providers(
    config: Config,
    environment: Mapping[str, str],
    catalog: Mapping[str, ProviderSpec],
    *,
    file_name: str = "configuration",
) -> tuple[Provider, ...]:
    """Return the providers that are on: the catalog's in its order, then one's own in the file's.

    Each has a base URL and at least one key, which is empty where none is needed. Raises ConfigError, with
    one line for each mistake. `file_name` goes into what tells people where a provider came from.
    """
    resolution = resolve_providers(config, environment, catalog, file_name=file_name)
    if resolution.problems:
        raise ConfigError("\n".join(f"{file_name}: {problem}" for problem in resolution.problems))
    return resolution.providers


def resolve_providers(
    config: Config,
    environment: Mapping[str, str],
    catalog: Mapping[str, ProviderSpec],
    *,
    file_name: str = "configuration",
) -> Resolution:
    """Return the same as `configured_providers`, with every mistake beside it instead of an error."""
    builder = _Builder(config, environment, file_name)
    for name, spec in catalog.items():
        builder.add_known(name, spec)
    for name, settings in config.providers.items():
        if name not in catalog:
            builder.add_own(name, settings, catalog)
    _check_fallbacks(config, catalog, builder.reader)
    return Resolution(tuple(builder.providers), tuple(builder.off), tuple(builder.reader.problems))


class _Builder:
    def __init__(self, config: Config, environment: Mapping[str, str], file_name: str) -> None:
        self.providers: list[Provider] = []
        self.off: list[Remark] = []
        self.reader = Reader(environment, file_name)
        self._config = config
        enabled = [(name, settings) for name, settings in config.providers.items() if settings.enabled]
        self._names = KeyNames(enabled, self.reader)

    def add_known(self, name: str, spec: ProviderSpec) -> None:
        """Switch a provider of the catalog on, where there is reason to."""
        settings = self._config.providers.get(name)
        path = f"providers.{name}"
        if settings is None:
            if self._config.discover_providers:
                self._add(name, spec, None)
        elif not settings.enabled:
            self.off.append(Remark(path, "switched off by `enabled`"))
        elif settings.custom_provider_config is not None:
            message = f"`{name}` is a provider of the catalog; choose another name for one of your own"
            self.reader.fail(f"{path}.custom_provider_config", message)
        else:
            self._add(name, spec, settings)

    def add_own(self, name: str, settings: ProviderConfig, catalog: Mapping[str, ProviderSpec]) -> None:
        """Switch on a provider that only the configuration knows."""
        path = f"providers.{name[:100]}"
        if not settings.enabled:
            self.off.append(Remark(path, "switched off by `enabled`"))
        elif name in UNSERVED_PROVIDERS and settings.custom_provider_config is None:
            self.off.append(Remark(path, "Causeway cannot call this provider yet"))
        elif (spec := custom_spec(name, settings, catalog, self.reader)) is not None:
            self._add(name, spec, settings)

    def _add(self, name: str, spec: ProviderSpec, settings: ProviderConfig | None) -> None:
        path = f"providers.{name}"
        base_url, variable = self._base_url(spec, settings, path)
        if base_url is None:
            base_url = spec.base_url
        else:
            spec, base_url = fit_base_url(spec, base_url)
        keys = self._keys(name, spec, settings, variable)
        if not keys:
            if settings is not None:
                self.off.append(Remark(path, _missing_key(spec, settings)))
            return
        if base_url is None and any(key.is_enabled and not key.base_url for key in keys):
            names = " or ".join(spec.base_url_environment[:1])
            needed = f"`{path}.base_url`" + (f" or the variable {names}" if names else "")
            self._tell_missing(path, f"there is no address: set {needed}", settings, keys)
            return
        if spec.needs("project") and any(key.is_enabled and not key.project for key in keys):
            needed = f"a key's `project_id` or the variable {' or '.join(spec.project_environment[:1])}"
            self._tell_missing(path, f"there is no project: set {needed}", settings, keys)
            return
        found = [key.source for key in keys if key.source in spec.environment] + [variable or ""]
        written = "" if settings is None else f"{self.reader.file_name}: {path}"
        settings = settings or ProviderConfig()
        own, network = settings.custom_provider_config, settings.network_config
        if own is not None:
            spec = with_path_overrides(spec, own, path, self.reader)
        urls = [base_url, *(key.base_url for key in keys), *spec.paths.values()]
        is_private = any(names_private_host(url) for url in urls if url and "://" in url)
        self.providers.append(
            Provider(
                name=name,
                spec=spec,
                base_url=base_url,
                keys=keys,
                network=configured_network(
                    settings,
                    path,
                    self.reader,
                    allows_private_addresses=is_private or spec.is_local or network.allow_private_network,
                ),
                retry=configured_retry(network, path, self.reader),
                headers=configured_headers(network, path, self.reader),
                operations=allowed_operations(own),
                document_tokens=settings.document_tokens,
                source=", ".join(filter(None, [*found, written])),
            )
        )

    def _base_url(
        self, spec: ProviderSpec, settings: ProviderConfig | None, path: str
    ) -> tuple[str | None, str | None]:
        """Return the address that was given, and the variable that it came from, if it did."""
        if settings is not None:
            short, long = settings.base_url, settings.network_config.base_url
            if short and long:
                self.reader.fail(f"{path}.base_url", "`network_config.base_url` says it too")
            where = f"{path}.base_url" if short else f"{path}.network_config.base_url"
            if short or long:
                return self.reader.base_url(short or long, where), None
        if not self._config.discover_providers:
            return None, None
        port = urlsplit(spec.base_url).port if spec.base_url and spec.is_local else None
        variable, url = self.reader.found_base_url(spec.base_url_environment, port) or (None, None)
        return url, variable

    def _keys(
        self, name: str, spec: ProviderSpec, settings: ProviderConfig | None, variable: str | None
    ) -> tuple[ProviderKey, ...]:
        """Return the keys; `variable` holds the address, where that was found."""
        path = f"providers.{name}"
        if settings is not None and settings.keys is not None and settings.api_key is not None:
            self.reader.fail(f"{path}.api_key", "`keys` say it too")
        if settings is not None and settings.keys is not None and (settings.keys or spec.needs_key):
            is_old = self._config.version == 1
            return configured_keys(
                name, settings.keys, spec, self._names, self.reader, lists_are_optional=is_old
            )
        if settings is not None and settings.api_key is not None:
            return (single_key(name, settings.api_key, spec, f"{path}.api_key", self._names, self.reader),)
        is_wanted = settings is not None or variable is not None
        if self._config.discover_providers and (spec.needs_key or is_wanted):
            found = found_key(spec, self._names, self.reader)
            if found is not None:
                return (found,)
        if not spec.needs_key and is_wanted:
            return (empty_key(name, variable or f"{self.reader.file_name}: {path}", self._names),)
        return ()

    def _tell_missing(
        self, path: str, what: str, settings: ProviderConfig | None, keys: tuple[ProviderKey, ...]
    ) -> None:
        if settings is None:
            self.off.append(Remark(path, f"{keys[0].source} is set, but {what}"))
        else:
            self.reader.fail(path, what)


def _missing_key(spec: ProviderSpec, settings: ProviderConfig) -> str:
    if settings.keys is not None:
        return "`keys` is empty"
    variable = f"{spec.environment[0]} or " if spec.environment else ""
    return f"it has no key: set {variable}`api_key`"


def _check_fallbacks(config: Config, catalog: Mapping[str, ProviderSpec], reader: Reader) -> None:
    known = {*catalog, *config.providers, *UNSERVED_PROVIDERS, LOCAL}
    for model, fallbacks in config.routing.fallbacks.items():
        for index, fallback in enumerate(fallbacks):
            path = f"routing.fallbacks.{model[:100]}[{index}]"
            provider, name = split_model(fallback, known)
            if provider is None:
                reader.fail(path, unknown("provider", fallback.partition("/")[0], known))
            elif not name:
                reader.fail(path, "a fallback is written `provider/model`")
