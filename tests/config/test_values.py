"""Secrets, references and durations: what a file may say, and that nothing secret is ever printed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.config.values import ConfiguredText, Duration, MissingVariableError, NotActedOn

SECRET = "sk-seeded-0123456789abcdef"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (SECRET, SECRET),
        ("env.NAME", "from the environment"),
        ({"value": SECRET}, SECRET),
        ({"value": SECRET, "type": "plain_text", "ref": ""}, SECRET),
        ({"value": "from****", "ref": "env.NAME", "type": "env"}, "from the environment"),
        ({"ref": "NAME", "type": "env"}, "from the environment"),
        ({"value": "", "env_var": "env.NAME", "from_env": True}, "from the environment"),
        ("", ""),
    ],
)
def test_text_is_written_out_or_named(written: object, text: str) -> None:
    assert ConfiguredText.parse(written).read({"NAME": "from the environment"}) == text


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("vault.path/to/secret", "`vault.` references are not supported"),
        ({"ref": "vault.x", "type": "vault", "value": SECRET}, "`vault.` references are not supported"),
        (f"env.{SECRET}", "not the name of a variable"),
        ("env.", "not the name of a variable"),
        ({"value": SECRET, "valeu": 1}, "fields other than"),
        ({"value": SECRET, "type": "file"}, "`type` is none of"),
        ({"value": 7}, "expected text"),
        ({}, "expected text"),
        (7, "expected text"),
        (None, "expected text"),
        ([SECRET], "expected text"),
    ],
)
def test_what_is_neither_is_refused_without_repeating_it(written: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        ConfiguredText.parse(written)
    assert SECRET not in str(caught.value)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(MissingVariableError) as caught:
        ConfiguredText.parse("env.NAME").read({"OTHER": "x"})
    assert caught.value.name == "NAME"


@given(st.text())
def test_text_that_is_written_out_is_never_printed(text: str) -> None:
    assert repr(ConfiguredText(text)) == "ConfiguredText(***)"


def test_a_setting_without_effect_keeps_nothing() -> None:
    ignored = NotActedOn({"password": SECRET})
    assert ignored.is_set
    assert not NotActedOn(False).is_set
    assert SECRET not in repr(ignored)
    assert [getattr(ignored, name) for name in ignored.__slots__] == [True]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(0, 0.0), (500, 0.5), ("500ms", 0.5), ("5s", 5.0), ("1m30s", 90.0), ("1.5h", 5400.0), ("24h", 86_400.0)],
)
def test_a_duration_is_milliseconds_or_has_units(written: object, seconds: float) -> None:
    assert Duration.parse(written).seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", [-1, 86_400_001, "25h", "5", "s", "", "1d", 1.5, True, None, "9" * 50 + "s"]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected milliseconds"):
        Duration.parse(written)
