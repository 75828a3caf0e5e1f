"""The table of `docs/providers.md`, from the rows of the catalog. `make docs` writes it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from causeway.providers.catalog import load_catalog
from causeway.providers.spec import ProviderSpec

BEGIN, END = "<!-- catalog -->\n", "<!-- end of catalog -->"


def catalog_table(catalog: Mapping[str, ProviderSpec]) -> str:
    """Return the rows in Markdown."""
    names = ["name", "provider", "speaks", "address", "key", "address variable", "tier"]
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    return head + "".join(_row(spec) for spec in catalog.values())


def _row(spec: ProviderSpec) -> str:
    operations: dict[str, list[str]] = {}
    for operation, dialect in spec.dialects.items():
        operations.setdefault(dialect, []).append(operation)
    speaks = ", ".join(f"{dialect} ({', '.join(names)})" for dialect, names in operations.items())
    keys = " ".join(f"`{name}`" for name in spec.environment) + ("" if spec.needs_key else " (optional)")
    addresses = " ".join(f"`{name}`" for name in spec.base_url_environment) or "-"
    base_url = f"`{spec.base_url}`" if spec.base_url else "yours"
    return f"| `{spec.name}` | {spec.title} | {speaks} | {base_url} | {keys} | {addresses} | {spec.tier} |\n"


def write_table(page: Path) -> None:
    """Put the table in its place in a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}{catalog_table(load_catalog())}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
