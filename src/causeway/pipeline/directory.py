"""The models that the gateway can ask, by name."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from causeway.model.errors import ModelUnavailableError
from causeway.model.loss import LossReport
from causeway.pipeline.ports import Named
from causeway.rules.model_choice import choose_model

Model_co = TypeVar("Model_co", bound=Named, covariant=True)


class ModelDirectory(Generic[Model_co]):
    """Finds the model for a request. The first model given is the default; there may be none."""

    def __init__(self, models: Sequence[Model_co], *, strict: bool = False) -> None:
        self._models = {model.name: model for model in models}
        self._default = models[0].name if models else None
        self._strict = strict

    def find(self, requested: str, losses: LossReport) -> Model_co:
        """Return the model that answers; a substitute is added to `losses`.

        Raises ModelNotFoundError where names are strict, and ModelUnavailableError where there is no model.
        """
        if self._default is None:
            raise ModelUnavailableError("the embedded model is off, and nobody else answers this")
        choice = choose_model(requested, self._models, self._default, strict=self._strict)
        if choice.is_substitute:
            losses.add("mapped", "model", f"{requested} is not served here, {choice.name} answers")
        return self._models[choice.name]
