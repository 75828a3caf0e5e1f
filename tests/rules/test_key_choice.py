"""Which key is used: the lists, the pins, the weights."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.model.errors import NoProviderKeyError
from causeway.model.secret import Secret
from causeway.rules.key_choice import (
    KeyPin,
    allows_model,
    choose_key,
    eligible_keys,
    pin_from_headers,
    resolve_alias,
    validate_models,
)
from causeway.rules.provider_keys import ProviderKey

SECRET = "sk-very-secret-value"


def key(id: str, weight: float = 1.0, **fields: object) -> ProviderKey:
    return ProviderKey(id=id, name=f"name-{id}", value=Secret(SECRET), weight=weight, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("models", "blocked", "model", "is_allowed"),
    [
        (("*",), (), "gpt-4o", True),
        ((), (), "gpt-4o", False),
        (("GPT-4o",), (), "gpt-4O", True),
        (("gpt-4o",), (), "gpt-4o-mini", False),
        (("*",), ("Gpt-4o",), "gpt-4o", False),
        (("*",), ("gpt-4o",), "gpt-4", True),
        (("gpt-4o",), ("gpt-4o",), "gpt-4o", False),
        (("*",), ("*",), "gpt-4o", False),
    ],
)
def test_lists_of_models(
    models: tuple[str, ...], blocked: tuple[str, ...], model: str, is_allowed: bool
) -> None:
    assert allows_model(key("a", models=models, blocked_models=blocked), model) is is_allowed


def test_keys_that_may_be_used() -> None:
    keys = [key("off", is_enabled=False), key("a"), key("b", models=("other",)), key("c", models=("x",))]
    assert [k.id for k in eligible_keys(keys, provider="openai", model="X")] == ["a", "c"]
    with pytest.raises(NoProviderKeyError, match=r"provider 'openai'.*model 'X'"):
        eligible_keys([keys[0], keys[2]], provider="openai", model="X")
    with pytest.raises(NoProviderKeyError):
        eligible_keys([], provider="openai", model="X")


def test_pins_by_id_and_by_name() -> None:
    keys = [key("a"), key("b"), key("c", models=())]
    by_id, by_name = KeyPin("x-bf-api-key-id", "b"), KeyPin("x-bf-api-key", "name-b")
    for pin in (by_id, by_name):
        assert [k.id for k in eligible_keys(keys, provider="p", model="m", pin=pin)] == ["b"]
    for header, value in [("x-bf-api-key-id", "name-b"), ("x-bf-api-key", "b"), ("x-bf-api-key-id", "c")]:
        with pytest.raises(NoProviderKeyError, match=header) as caught:
            eligible_keys(keys, provider="p", model="m", pin=KeyPin(header, value))
        assert caught.value.field == header


def test_a_pin_is_never_repeated() -> None:
    with pytest.raises(NoProviderKeyError) as caught:
        eligible_keys([key("a")], provider="p", model="m", pin=KeyPin("x-bf-api-key", SECRET))
    assert SECRET not in caught.value.message


def test_the_id_is_read_before_the_name() -> None:
    headers = {b"x-bf-api-key": b"name-a", b"x-bf-api-key-id": b" a "}
    assert pin_from_headers(headers) == KeyPin("x-bf-api-key-id", "a")
    del headers[b"x-bf-api-key-id"]
    assert pin_from_headers(headers) == KeyPin("x-bf-api-key", "name-a")
    assert pin_from_headers({b"x-bf-api-key": b" "}) is None


def test_the_sticky_key_wins_where_it_is_there() -> None:
    keys = [key("a", weight=0.0), key("b", weight=100.0)]
    assert choose_key(keys, chance=0.5, sticky_key_id="a").id == "a"
    assert choose_key(keys, chance=0.5, sticky_key_id="gone").id == "b"
    assert choose_key(keys[:1], chance=0.5).id == "a"
    with pytest.raises(ValueError, match="no keys"):
        choose_key([], chance=0.5)
    with pytest.raises(ValueError, match="chance"):
        choose_key(keys, chance=1.0)


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ((3.0, 1.0), (75, 25)),
        ((1.0, 0.0), (100, 0)),
        ((0.0, 0.0), (50, 50)),
        ((0.009, 0.001), (50, 50)),
        ((0.019, 0.01), (50, 50)),
        ((-1.0, 0.5), (0, 100)),
    ],
)
def test_shares_follow_weights(weights: tuple[float, float], shares: tuple[int, int]) -> None:
    keys = [key(str(place), weight) for place, weight in enumerate(weights)]
    chosen = Counter(choose_key(keys, chance=step / 100).id for step in range(100))
    assert (chosen["0"], chosen["1"]) == shares


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
    st.floats(0, 1, exclude_max=True),
)
def test_any_chance_chooses_a_key_with_a_share(weights: list[float], chance: float) -> None:
    keys = [key(str(place), weight) for place, weight in enumerate(weights)]
    chosen = choose_key(keys, chance=chance)
    assert chosen in keys
    assert int(chosen.weight * 100) > 0 or all(int(weight * 100) == 0 for weight in weights)


def test_aliases() -> None:
    aliased = key("a", aliases={"Fast": "big-1", "fast": "small-1"})
    assert resolve_alias(aliased, "fast") == "small-1"
    assert resolve_alias(aliased, "Fast") == "big-1"
    assert resolve_alias(aliased, "FAST") == "big-1"
    assert resolve_alias(aliased, "other") == "other"


@pytest.mark.parametrize("names", [[], ["*"], ["a", "b"]])
def test_lists_that_hold(names: list[str]) -> None:
    validate_models(names, "models")


@pytest.mark.parametrize(
    ("names", "why"),
    [(["*", "a"], "alone"), (["a", "A"], "twice"), (["*", "*"], "twice"), (["a", "*"], "alone")],
)
def test_lists_that_do_not_hold_are_named(names: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=rf"^providers\.openai\.models: .*{why}"):
        validate_models(names, "providers.openai.models")
