"""The search for mistakes agrees with msgspec on what is one, whatever a file holds."""

from typing import Any, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from causeway.config import bifrost, provider_settings, schema
from causeway.config.bifrost import RequestType
from causeway.config.problems import find_problems, unknown
from causeway.config.schema import Config
from causeway.config.values import decode_value

STRUCTS = {
    value
    for module in (bifrost, provider_settings, schema)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, msgspec.Struct)
}
FIELDS = sorted({field.encode_name for struct in STRUCTS for field in msgspec.structs.fields(struct)})
NAMES = st.sampled_from([*FIELDS, *get_args(RequestType)[:5], "groq", "x"])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 100_000),
    st.floats(),
    st.sampled_from(["", "x", "env.X", "vault.x", "5s", "http", "none", "*"]),
)


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(values, max_size=2), st.dictionaries(NAMES, values, max_size=3))


def table_of(struct: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return tables whose names are a struct's; what stands under them may be anything."""
    names = [field.encode_name for field in msgspec.structs.fields(struct)]
    values = st.recursive(LEAVES, tables, max_leaves=4)
    return st.dictionaries(st.sampled_from(names), values, max_size=4)


CONFIGURATIONS = st.one_of(
    table_of(Config),
    *(
        st.builds(lambda table, path=path: _under(path, table), table_of(struct))
        for path, struct in {
            ("server",): schema.ServerConfig,
            ("routing",): schema.RoutingConfig,
            ("client",): bifrost.ClientConfig,
            ("logs_store",): bifrost.LogsStoreConfig,
            ("logs_store", "config"): bifrost.LogsFileConfig,
            ("providers", "groq"): provider_settings.ProviderConfig,
            ("providers", "groq", "network_config"): provider_settings.NetworkConfig,
            ("providers", "groq", "proxy_config"): provider_settings.ProxyConfig,
            ("providers", "groq", "custom_provider_config"): provider_settings.CustomProviderConfig,
            ("providers", "groq", "keys", "[]"): provider_settings.KeyConfig,
            ("providers", "groq", "keys", "[]", "azure_key_config"): provider_settings.AzureKeyConfig,
            ("providers", "groq", "keys", "[]", "vllm_key_config"): provider_settings.VllmKeyConfig,
            ("providers", "groq", "keys", "[]", "aliases", "x"): provider_settings.AliasConfig,
        }.items()
    ),
)


def _under(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = [value] if name == "[]" else {name: value}
    return value


@given(CONFIGURATIONS)
def test_a_mistake_is_found_where_and_only_where_there_is_one(data: Any) -> None:
    problems = list(find_problems(data, Config))
    try:
        msgspec.convert(data, Config, dec_hook=decode_value)
    except msgspec.ValidationError:
        assert problems
    else:
        assert problems == []


def test_the_nearest_name_is_told_only_where_one_is_near() -> None:
    assert unknown("field", "Prot", ["port", "host"]) == "unknown field `Prot`, did you mean `port`?"
    assert unknown("field", "zzz", ["port", "host"]) == "unknown field `zzz`"
    assert unknown("field", "z" * 1000, ["port"]) == f"unknown field `{'z' * 100}`"
