"""`import causeway` is cheap: no network, no vendor's SDK, no work."""

import json
import subprocess
import sys

PROBE = """
import json, sys, time
events = []
def note(name, args):
    if name.startswith(("socket.", "subprocess.")):
        events.append(name)
sys.addaudithook(note)
before = time.process_time()
import causeway
cost = time.process_time() - before
print(json.dumps({"cpu_seconds": cost, "events": events, "modules": sorted(sys.modules)}))
"""
VENDORS = {"cohere", "openai", "anthropic", "google", "boto3", "httpx", "pydantic", "xllamacpp", "llm"}


def probe() -> dict:  # type: ignore[type-arg]
    result = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True, text=True)
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_import_touches_no_network_and_no_vendor() -> None:
    seen = probe()
    assert seen["events"] == []
    assert not {module.split(".")[0] for module in seen["modules"]} & VENDORS


def test_import_costs_under_50_ms_of_cpu() -> None:
    # CPU time of the import alone, beyond the interpreter's own start; the best of three, since the
    # first one may write byte code.
    assert min(probe()["cpu_seconds"] for _ in range(3)) < 0.050


def loaded_by(statement: str) -> set[str]:
    """Return the packages that are loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*{{module.split('.')[0] for module in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return set(result.stdout.split())


def test_a_worker_of_the_gateway_loads_no_engine() -> None:
    assert not loaded_by("import causeway.server.worker") & {"numpy", "xllamacpp"}


def test_the_main_process_loads_nothing_that_answers_requests() -> None:
    loaded = loaded_by("import causeway.cli.serve, causeway.server.main_process")
    assert not loaded & {"aiohttp", "httptools", "jsonschema_rs", "numpy", "uvicorn", "xllamacpp"}


def test_no_outbound_client_is_loaded_but_the_one_that_is_chosen() -> None:
    compose = (
        "from causeway.config.schema import ServerConfig as Config\nfrom causeway.server.outbound import *\n"
    )
    chosen = loaded_by(f"{compose}compose_outbound_client(Config(outbound_client='httptools'))")
    assert not chosen & {"aiohttp", "python_socks", "yarl"}
    assert "aiohttp" in loaded_by(f"{compose}compose_outbound_client(Config(outbound_client='aiohttp'))")


def test_what_gets_googles_tokens_is_loaded_only_for_a_key_that_has_such() -> None:
    assert "google" not in loaded_by("import causeway.server.compose, causeway.server.worker")
    compose = (
        "from causeway.providers.provider import Provider\n"
        "from causeway.providers.catalog import load_catalog\n"
        "from causeway.rules.provider_keys import *\n"
        "from causeway.server.access_tokens import compose_token_sources\n"
        "spec = load_catalog()['vertex']\n"
        "def compose(**key):\n"
        "    keys = (ProviderKey(id='k', name='k', **key),)\n"
        "    compose_token_sources(Provider(name='v', spec=spec, base_url='', keys=keys), None)\n"
    )
    assert "google" not in loaded_by(f"{compose}compose()")
    assert "google" in loaded_by(f"{compose}compose(credentials=GoogleCredentials())")


def test_no_http_server_is_loaded_but_the_one_that_is_chosen() -> None:
    compose = (
        "from causeway.config.schema import ServerConfig as Config\n"
        "from causeway.server.http_server import http_server\n"
    )
    assert "uvicorn" not in loaded_by(f"{compose}http_server(None, Config())")
    assert "uvicorn" in loaded_by(f"{compose}http_server(None, Config(http_server='uvicorn'))")


def test_the_command_line_imports_no_engine_and_no_server_for_its_help() -> None:
    code = (
        "import sys, contextlib\nfrom causeway.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('uvicorn', 'xllamacpp', 'msgspec')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert result.stdout.strip().endswith("[]")
    assert "serve" in result.stdout
