"""Who is asked after whom, and whose error is told where nobody answers."""

import asyncio

import pytest

from causeway.model.errors import (
    CausewayError,
    CircuitOpenError,
    ClientDisconnectedError,
    InternalError,
    InvalidRequestError,
    MalformedJsonError,
    NoProviderKeyError,
    UntranslatableError,
    UpstreamConnectionError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.pipeline.targets import first_answer

Outcome = BaseException | str


class Asked:
    """Asks targets that are their own outcomes, and keeps the indexes."""

    def __init__(self) -> None:
        self.indexes: list[int] = []

    async def __call__(self, index: int, target: Outcome) -> str:
        self.indexes.append(index)
        if isinstance(target, str):
            return target
        raise target


async def test_the_first_that_answers_is_the_last_that_is_asked() -> None:
    ask = Asked()
    targets: list[Outcome] = [UpstreamConnectionError("gone"), UpstreamTimeoutError("silence"), "yes", "no"]
    assert await first_answer(targets, ask) == "yes"
    assert ask.indexes == [0, 1, 2]


async def test_where_nobody_answers_the_primary_s_error_is_told() -> None:
    ask, first = Asked(), UpstreamRefusedError("first", status=503)
    with pytest.raises(UpstreamRefusedError) as raised:
        await first_answer([first, UpstreamRefusedError("second", status=401)], ask)
    assert raised.value is first
    assert ask.indexes == [0, 1]


@pytest.mark.parametrize(
    "error",
    [
        UpstreamRefusedError("no", status=400),
        NoProviderKeyError("no key"),
        CircuitOpenError("left alone"),
        InvalidRequestError("this model cannot"),
        UntranslatableError("this model cannot"),
        InternalError("a defect"),
    ],
)
async def test_what_is_one_model_s_matter_leads_to_the_next(error: CausewayError) -> None:
    assert await first_answer([error, "yes"], Asked()) == "yes"


@pytest.mark.parametrize("error", [ClientDisconnectedError("gone"), MalformedJsonError("no JSON")])
async def test_what_is_no_model_s_matter_leads_nowhere(error: CausewayError) -> None:
    ask = Asked()
    with pytest.raises(type(error)) as raised:
        await first_answer([error, "yes"], ask)
    assert raised.value is error
    assert ask.indexes == [0]


@pytest.mark.parametrize("later", [ClientDisconnectedError("gone"), MalformedJsonError("no JSON")])
async def test_a_fallback_can_end_the_search_too(later: CausewayError) -> None:
    ask, first = Asked(), UpstreamConnectionError("gone")
    with pytest.raises(UpstreamConnectionError):
        await first_answer([first, later, "yes"], ask)
    assert ask.indexes == [0, 1]


@pytest.mark.parametrize("defect", [ZeroDivisionError(), asyncio.CancelledError()])
async def test_neither_a_defect_nor_a_cancellation_is_a_target_s_failure(defect: BaseException) -> None:
    ask = Asked()
    with pytest.raises(type(defect)):
        await first_answer([defect, "yes"], ask)
    assert ask.indexes == [0]


async def test_nobody_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="nobody"):
        await first_answer([], Asked())
