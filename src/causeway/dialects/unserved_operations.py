"""What there is to say in the OpenAPI document about paths that are known and not served."""

import re
from collections.abc import Iterable, Iterator

from causeway.dialects.error_statuses import error_statuses
from causeway.dialects.openapi import Operation, path_parameters

_STATUSES = (401, 405, 408, 413, 501)
_TO_WORDS = str.maketrans("/{}:-_", "      ")


def unserved_operations(
    paths: Iterable[tuple[str, str]], error: type, *, prefix: str = "", servers: tuple[str, ...] = ()
) -> Iterator[Operation]:
    """Yield a row for each method and path; `prefix` stands before the paths, `servers` are as in a row."""
    statuses = {status: words for status, words in error_statuses().items() if status in _STATUSES}
    for method, path in paths:
        full_path = f"{prefix}{path}".replace("*}", "}")
        yield Operation(
            id=method.lower() + "".join(part.capitalize() for part in full_path.translate(_TO_WORDS).split()),
            method=method,
            path=full_path,
            tag="not served",
            summary="Known, and not served",
            parameters=path_parameters(full_path, tails=re.findall(r"{(\w+)\*}", path)),
            statuses=statuses,
            error=error,
            servers=servers,
        )
