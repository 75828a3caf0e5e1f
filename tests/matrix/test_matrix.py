"""Every cell of the matrix: a real SDK, a real socket, the gateway, and a provider that is scripted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec import Struct

from causeway.testing import ScriptedUpstream
from support.fronts import EMBEDDED
from support.matrix.ask import CannotSayError, RefusedError
from support.matrix.features import FEATURES, Cell
from support.matrix.table import UPSTREAMS, cells_here, client_class, page, sentence_for
from support.matrix.upstreams import matrix_providers
from support.upstreams import gateway_before

ROOT = Path(__file__).resolve().parents[2]


class Stage(Struct):
    """A gateway before a scripted provider of each dialect."""

    url: str
    upstreams: dict[str, ScriptedUpstream]


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        upstreams = {
            name: stack.enter_context(ScriptedUpstream(dialects=[name]))
            for name in UPSTREAMS
            if name != "embedded"
        }
        gateway = stack.enter_context(gateway_before(*matrix_providers(upstreams)))
        yield Stage(gateway.url, upstreams)


@pytest.mark.parametrize(("client", "upstream", "feature"), cells_here())
def test_a_cell_holds_or_cannot(stage: Stage, client: str, upstream: str, feature: str) -> None:
    scripted = stage.upstreams.get(upstream)
    if scripted is not None:
        scripted.forget()
    model = EMBEDDED if scripted is None else f"{upstream}/scripted"
    cell = Cell(client_class(client)(stage.url, model), scripted, upstream)
    sentence = sentence_for(client, upstream, feature)
    if sentence is None:
        FEATURES[feature](cell)
        return
    with pytest.raises((AssertionError, CannotSayError, RefusedError, ValueError)):
        FEATURES[feature](cell)


def test_the_page_is_the_table() -> None:
    written = (ROOT / "docs" / "matrix.md").read_text()
    assert written == page(), "the table says otherwise than the page: run `make docs`"
