"""Who answers for a name."""

import pytest

from causeway.model.errors import ModelNotFoundError
from causeway.rules.model_choice import ModelChoice, choose_model

SERVED = {"local/small", "local/other"}


@pytest.mark.parametrize(
    ("requested", "choice"),
    [
        ("local/other", ModelChoice("local/other", False)),
        ("other", ModelChoice("local/other", False)),
        ("command-a-03-2025", ModelChoice("local/small", True)),
        ("local/typo", ModelChoice("local/small", True)),
    ],
)
def test_a_name_finds_its_model_or_the_default(requested: str, choice: ModelChoice) -> None:
    assert choose_model(requested, SERVED, "local/small", strict=False) == choice


def test_strict_names() -> None:
    assert choose_model("small", SERVED, "local/small", strict=True).name == "local/small"
    with pytest.raises(ModelNotFoundError, match="model 'command-r' not found") as caught:
        choose_model("command-r", SERVED, "local/small", strict=True)
    assert caught.value.status == 404
    assert len(caught.value.message) < 300
    with pytest.raises(ModelNotFoundError) as caught:
        choose_model("x" * 10_000, SERVED, "local/small", strict=True)
    assert len(caught.value.message) < 400
