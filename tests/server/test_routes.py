"""Paths with placeholders, and those without."""

import re

import pytest

from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.endpoints import UnservedEndpoint
from causeway.dialects.table import all_endpoints
from causeway.server.routes import Routes

FACE = CohereFace(is_native=True)
ROUTES = Routes(
    UnservedEndpoint(path, FACE, method)
    for method, path in (
        ("GET", "/things"),
        ("POST", "/things"),
        ("GET", "/things/all"),
        ("GET", "/things/{id}"),
        ("DELETE", "/things/{id}"),
        ("POST", "/things/{id}:stop"),
        ("GET", "/things/{id}/parts"),
        ("GET", "/models/{model*}"),
    )
)


@pytest.mark.parametrize(
    ("path", "methods", "parameters"),
    [
        ("/things", {"GET", "POST"}, {}),
        ("/things/all", {"GET"}, {}),
        ("/things/7", {"GET", "DELETE"}, {"id": "7"}),
        ("/things/7:stop", {"POST"}, {"id": "7"}),
        ("/things/7/parts", {"GET"}, {"id": "7"}),
        ("/models/a", {"GET"}, {"model": "a"}),
        ("/models/openai/gpt 4:o\n", {"GET"}, {"model": "openai/gpt 4:o\n"}),
    ],
)
def test_paths_that_are_found(path: str, methods: set[str], parameters: dict[str, str]) -> None:
    found = ROUTES.find(path)
    assert found is not None
    assert set(found.endpoints) == methods
    assert found.parameters == parameters


@pytest.mark.parametrize("path", ["", "/", "/thing", "/things/", "/things/7/", "/things/7:go", "/models/"])
def test_paths_that_are_not(path: str) -> None:
    assert ROUTES.find(path) is None


def test_every_endpoint_beside_chat_can_be_reached() -> None:
    endpoints = list(all_endpoints())
    routes = Routes(endpoints)
    for endpoint in endpoints:
        path = re.sub(r"{\w+\*}", "a/b c", endpoint.path)
        path = re.sub(r"{\w+}", "an-id", path)
        found = routes.find(path)
        assert found is not None
        assert found.endpoints[endpoint.method] is endpoint
