"""The architecture, held by parsing imports: layers, purity, who touches the world, file sizes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "causeway"

# What each layer may import of the package, besides itself.
LAYERS: dict[str, set[str]] = {
    "model": set(),
    "wire": {"model"},
    "rules": {"model"},
    "grounding": {"model"},
    "schemas": {"model"},
    "dialects": {"model", "wire"},
    "providers": {"model", "rules"},
    "config": {"model", "rules", "providers"},
    "pipeline": {"model", "wire", "grounding", "dialects", "rules", "providers"},
    "adapters": {"model", "wire", "rules", "providers", "pipeline"},
    "engine": {"model", "wire", "rules", "schemas", "pipeline"},
    "testing": {"model", "wire"},
    "server": {"model", "wire", "dialects", "rules", "providers", "config", "pipeline", "adapters", "engine"},
    "cli": {
        "model",
        "wire",
        "dialects",
        "rules",
        "providers",
        "config",
        "pipeline",
        "adapters",
        "engine",
        "server",
        "testing",
    },
}
PURE = {"model", "wire", "rules", "schemas", "grounding", "dialects"}
IMPURE_MODULES = {
    "asyncio", "socket", "ssl", "subprocess", "threading", "time", "random", "secrets", "os", "io", "pathlib",
    "tempfile", "logging", "sys", "http", "urllib", "selectors", "multiprocessing", "concurrent", "datetime",
}  # fmt: skip
# The child processes run without the rest of the gateway: a child's modules import each other only.
LANGUAGE_CHILD = {
    "worker", "native", "vocabulary", "loopback", "prompt", "protocol", "gguf", "parent_death"
}  # fmt: skip
EMBEDDING_CHILD = {
    "embedding_worker", "sentence_encoder", "sentence_network", "safetensors", "wordpiece",
    "embedding_protocol", "parent_death",
}  # fmt: skip
# Responses is the same vendor's API as chat completions; Bedrock's `invoke` carries other vendors' bodies.
BUILT_ON = {"responses": {"openai"}, "bedrock": {"anthropic", "cohere", "openai"}}
SOFT_LIMIT, HARD_LIMIT = 400, 600
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def is_module(name: str) -> bool:
    return (ROOT / "src" / f"{name.replace('.', '/')}.py").is_file()


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_every_layer_is_known() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(LAYERS)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    layer = layer_of(path)
    if layer.endswith(".py"):
        return
    allowed = LAYERS[layer] | {layer}
    used = {module.split(".")[1] for module in imported(path) if module.startswith("causeway.")}
    used.discard("__version__")
    assert used <= allowed, f"{layer} may not import {used - allowed}"


@pytest.mark.parametrize("path", [path for path in FILES if layer_of(path) in PURE], ids=name)
def test_pure_layers_touch_nothing(path: Path) -> None:
    roots = {module.split(".")[0] for module in imported(path)}
    assert not roots & IMPURE_MODULES


@pytest.mark.parametrize("path", [path for path in FILES if layer_of(path) == "dialects"], ids=name)
def test_a_dialect_never_imports_another(path: Path) -> None:
    parts = path.relative_to(PACKAGE / "dialects").parts
    if len(parts) == 1:
        return
    others = {
        module.split(".")[2]
        for module in imported(path)
        if module.startswith("causeway.dialects.") and (PACKAGE / "dialects" / module.split(".")[2]).is_dir()
    }
    assert others <= {parts[0]} | BUILT_ON.get(parts[0], set())


@pytest.mark.parametrize("child", [LANGUAGE_CHILD, EMBEDDING_CHILD], ids=["language", "embedding"])
def test_a_child_process_imports_nothing_of_the_gateway(child: set[str]) -> None:
    for module in child:
        modules = {found for found in imported(PACKAGE / "engine" / f"{module}.py") if is_module(found)}
        others = modules - {f"causeway.engine.{known}" for known in child}
        assert not others, f"{module} imports {others}"


def users_of(package: str) -> set[str]:
    return {name(path) for path in FILES if package in {m.split(".")[0] for m in imported(path)}}


def test_the_engines_libraries_are_used_in_the_children_only() -> None:
    assert users_of("xllamacpp") <= {"engine/native.py", "engine/worker.py"}
    assert users_of("numpy") <= {f"engine/{module}.py" for module in EMBEDDING_CHILD}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_stay_small(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= HARD_LIMIT, f"{lines} lines"


def test_most_files_are_well_under_the_limit() -> None:
    long = [name(path) for path in FILES if len(path.read_text().splitlines()) > SOFT_LIMIT]
    assert len(long) <= len(FILES) // 10, long


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), "no module docstring"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_module_is_named_after_nothing(path: Path) -> None:
    assert not {"utils", "helpers", "common", "manager", "misc"} & {path.stem, *path.parent.parts}
    assert not path.stem.endswith("_v2")
