"""The models that the gateway can ask, by name."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from causeway.model.loss import LossReport
from causeway.pipeline.ports import Named
from causeway.rules.model_choice import choose_model

Model_co = TypeVar("Model_co", bound=Named, covariant=True)


class ModelDirectory(Generic[Model_co]):
    """Finds the model for a request. The first model given is the default."""

    def __init__(self, models: Sequence[Model_co], *, strict: bool = False) -> None:
        self._models = {model.name: model for model in models}
        self._default = models[0].name
        self._strict = strict

    def find(self, requested: str, losses: LossReport) -> Model_co:
        """Return the model that answers; a substitute is added to `losses`.

        Raises ModelNotFoundError where names are strict.
        """
        choice = choose_model(requested, self._models, self._default, strict=self._strict)
        if choice.is_substitute:
            losses.add("mapped", "model", f"{requested} is not served here, {choice.name} answers")
        return self._models[choice.name]
