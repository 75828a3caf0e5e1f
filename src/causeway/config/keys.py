"""A provider's keys, as its settings or the environment give them."""

from collections.abc import Iterable

from msgspec.structs import replace

from causeway.config.credentials import found_credentials, found_value, placed, with_credentials
from causeway.config.provider_settings import KeyConfig, ProviderConfig
from causeway.config.reading import Reader
from causeway.config.values import ConfiguredText
from causeway.providers.spec import ProviderSpec
from causeway.providers.urls import fit_base_url
from causeway.rules.key_choice import ALL, validate_models
from causeway.rules.provider_keys import ProviderKey


class KeyNames:
    """The names of all providers' keys: written ones must differ, and found ones give way to them."""

    def __init__(self, providers: Iterable[tuple[str, ProviderConfig]], reader: Reader) -> None:
        self._taken: set[str] = set()
        first: dict[tuple[str, str], str] = {}
        for provider, settings in providers:
            for index, key in enumerate(settings.keys or ()):
                path = f"providers.{provider}.keys[{index}]"
                for kind, word in (("name", key.name), ("id", key.id)):
                    if word is None:
                        continue
                    other = first.setdefault((kind, word), path)
                    if other != path:
                        reader.fail(f"{path}.{kind}", f"`{word[:100]}` is the {kind} of {other} too")
                    self._taken.add(word)

    def name(self, wanted: str) -> str:
        """Return `wanted`, or with a number after it a name that no other key has."""
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}-{number}", number + 1
        self._taken.add(name)
        return name


def found_key(spec: ProviderSpec, names: KeyNames, reader: Reader) -> ProviderKey | None:
    """Return the key that the environment holds for a provider; it may be used for every model."""
    found = found_value(spec, reader)
    if found is None:
        return None
    variable, secret = found
    query = {}
    for parameter, variables in spec.query_environment.items():
        if (named := reader.found_text(variables)) is not None:
            query[parameter] = named[1]
    key = ProviderKey(id="", name="", value=secret, query=query, source=variable)
    complete = found_credentials(key, spec, reader)
    if complete is None:
        return None
    name = names.name(variable)
    return placed(replace(complete, id=name, name=name), spec, variable, reader)


def single_key(
    provider: str, value: ConfiguredText, spec: ProviderSpec, path: str, names: KeyNames, reader: Reader
) -> ProviderKey:
    """Return the key of `api_key`, for every model."""
    name, source = names.name(provider), f"{reader.file_name}: {path}"
    key = ProviderKey(id=name, name=name, value=reader.secret(value, path, is_needed=True), source=source)
    return placed(key, spec, path, reader)


def empty_key(provider: str, source: str, names: KeyNames) -> ProviderKey:
    """Return what stands for a key where the server takes none."""
    name = names.name(provider)
    return ProviderKey(id=name, name=name, source=source)


def configured_keys(
    provider: str,
    keys: tuple[KeyConfig, ...],
    spec: ProviderSpec,
    names: KeyNames,
    reader: Reader,
    *,
    lists_are_optional: bool,
) -> tuple[ProviderKey, ...]:
    """Return the keys that a file lists. `lists_are_optional` reads a missing list of models as all."""
    read: list[ProviderKey] = []
    for index, key in enumerate(keys):
        path = f"providers.{provider}.keys[{index}]"
        name = key.name or names.name(provider if len(keys) == 1 else f"{provider}-{index + 1}")
        variable = f" (env.{key.value.variable})" if key.value and key.value.variable else ""
        listed = ProviderKey(
            id=key.id or name,
            name=name,
            models=_models(key, path, reader, lists_are_optional=lists_are_optional),
            blocked_models=_checked(key.blacklisted_models, f"{path}.blacklisted_models", reader),
            weight=key.weight,
            aliases=_aliases(key),
            is_enabled=key.enabled,
            source=f"{reader.file_name}: {path}{variable}",
        )
        # A key that is switched off may point at variables that nobody has set.
        read.append(_with_references(listed, key, spec, path, reader) if key.enabled else listed)
    return tuple(read)


def _with_references(
    listed: ProviderKey, key: KeyConfig, spec: ProviderSpec, path: str, reader: Reader
) -> ProviderKey:
    azure = key.azure_key_config
    version = reader.text(azure.api_version, f"{path}.azure_key_config.api_version") if azure else ""
    # These have credentials instead, where they have no value.
    has_block = spec.auth in ("aws", "google") or azure is not None
    for kind in ("bedrock", "bedrock_mantle", "vertex"):
        if getattr(key, f"{kind}_key_config") is not None:
            _belongs(kind, spec, path, reader)
    read = replace(
        listed,
        value=reader.secret(key.value, f"{path}.value", is_needed=spec.needs_key and not has_block),
        base_url=_own_base_url(key, spec, path, reader),
        query={"api-version": version} if version else {},
    )
    return with_credentials(read, key, spec, path, reader)


def _aliases(key: KeyConfig) -> dict[str, str]:
    blocks = (key.azure_key_config, key.bedrock_key_config, key.vertex_key_config)
    aliases = {alias: name for block in blocks if block for alias, name in block.deployments.items()}
    for alias, target in key.aliases.items():
        aliases[alias] = target if isinstance(target, str) else target.model_id
    return aliases


def _models(key: KeyConfig, path: str, reader: Reader, *, lists_are_optional: bool) -> tuple[str, ...]:
    models = _checked(key.models or (), f"{path}.models", reader)
    if not models and lists_are_optional:
        models = (ALL,)
    only = key.vllm_key_config.model_name if key.vllm_key_config else None
    if not only:
        return models
    return (only,) if models == (ALL,) or only.lower() in (name.lower() for name in models) else ()


def _checked(names: tuple[str, ...], path: str, reader: Reader) -> tuple[str, ...]:
    try:
        validate_models(names, path)
    except ValueError as error:
        reader.fail(path, str(error).removeprefix(f"{path}: "))
    return names


def _own_base_url(key: KeyConfig, spec: ProviderSpec, path: str, reader: Reader) -> str | None:
    servers = {"ollama": key.ollama_key_config, "sgl": key.sgl_key_config, "vllm": key.vllm_key_config}
    found: str | None = None
    for kind, server in servers.items():
        if server is not None and _belongs(kind, spec, path, reader):
            found = reader.base_url(server.url, f"{path}.{kind}_key_config.url")
    if (azure := key.azure_key_config) is not None and _belongs("azure", spec, path, reader):
        found = reader.base_url(azure.endpoint, f"{path}.azure_key_config.endpoint")
    if (bedrock := key.bedrock_key_config) is not None and bedrock.endpoints is not None:
        # Bifrost writes these as hosts alone.
        found = reader.base_url(
            bedrock.endpoints.runtime, f"{path}.bedrock_key_config.endpoints.runtime", default_scheme="https"
        )
    if found is None:
        return None
    fitted, found = fit_base_url(spec, found)
    if fitted is not spec:
        reader.fail(path, "only `network_config.base_url` may hold a version of its own")
    return found


def _belongs(kind: str, spec: ProviderSpec, path: str, reader: Reader) -> bool:
    if kind != spec.name:
        reader.fail(f"{path}.{kind}_key_config", f"this is for keys of `{kind}`, not of `{spec.name}`")
    return kind == spec.name
