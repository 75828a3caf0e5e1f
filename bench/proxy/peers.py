"""Other gateways on the same work: OpenAI in and out, for none of them takes Cohere's chat.

`make bench-peers` installs them below `bench/peers`. Each has one provider and one key, no database, and the
settings that its documentation gives for production.
"""

import json
import shutil
import subprocess
from pathlib import Path

from bench.proxy import works
from bench.proxy.bodies import Question, encode_question
from bench.proxy.programs import BenchError, Program, free_port, plain_environment
from bench.proxy.targets import PROVIDER_KEY, Place, http_request

_ROOT = Path(__file__).resolve().parents[2]
_HOME = _ROOT / "bench" / "peers"
_PATH = "/v1/chat/completions"
_MASTER_KEY = "sk-bench-master"
_UV = _ROOT / ".uv" / "bin" / "uv"


class LiteLlm:
    """LiteLLM's proxy, from PyPI."""

    name = "litellm"
    _ENVIRONMENT = _HOME / "litellm"

    @classmethod
    def install(cls) -> str:
        """Install it where it is not, and return its version; raises BenchError."""
        python = cls._ENVIRONMENT / "bin" / "python"
        if not python.exists():
            _do([str(_UV), "venv", "--quiet", str(cls._ENVIRONMENT)])
            _do([str(_UV), "pip", "install", "--quiet", "--python", str(python), "litellm[proxy]"])
        return _do([str(python), "-c", "import importlib.metadata as m; print(m.version('litellm'))"])

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        config = place.directory / "litellm.json"  # JSON is YAML
        parameters = {"api_base": f"http://127.0.0.1:{place.mock_port}/v1", "api_key": PROVIDER_KEY}
        models = sorted({work.question.model for work in (works.TRANSLATED, works.BURST, works.PACED)})
        entries = [
            {"model_name": model, "litellm_params": {"model": f"openai/{model}", **parameters}}
            for model in models
        ]
        settings = {"general_settings": {"master_key": _MASTER_KEY}, "litellm_settings": {"telemetry": False}}
        config.write_text(json.dumps({"model_list": entries, **settings}))
        quiet = {
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--num_workers", "1"]
        self.program = Program(
            [str(self._ENVIRONMENT / "bin" / "litellm"), "--config", str(config), *options],
            cores=place.cores,
            log=place.directory / f"litellm-{self.port}.log",
            environment={**plain_environment(), **quiet},
        )

    def request(self, question: Question) -> bytes:
        """Return a request in OpenAI's dialect."""
        body = encode_question(question, question.model)
        return http_request(_PATH, body, {"authorization": f"Bearer {_MASTER_KEY}"})


class Portkey:
    """Portkey's gateway, from npm."""

    name = "portkey"
    _FOLDER = _HOME / "portkey"
    _PACKAGE = "@portkey-ai/gateway"

    @classmethod
    def install(cls) -> str:
        """Install it where it is not, and return its version; raises BenchError."""
        if shutil.which("npm") is None:
            raise BenchError("Portkey's gateway needs Node; on Debian: apt-get install nodejs npm")
        package = cls._FOLDER / "node_modules" / cls._PACKAGE / "package.json"
        if not package.exists():
            options = [
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--silent",
                "--prefix",
                str(cls._FOLDER),
            ]
            _do(["npm", "install", *options, cls._PACKAGE])
        version: str = json.loads(package.read_text())["version"]
        return version

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        server = self._FOLDER / "node_modules" / self._PACKAGE / "build" / "start-server.js"
        self._headers = {
            "authorization": f"Bearer {PROVIDER_KEY}",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{place.mock_port}/v1",
        }
        self.program = Program(
            ["node", str(server), f"--port={self.port}", "--headless"],
            cores=place.cores,
            log=place.directory / f"portkey-{self.port}.log",
            environment={
                **plain_environment(),
                "NODE_ENV": "production",
                "TRUSTED_CUSTOM_HOSTS": "127.0.0.1",
            },
        )

    def request(self, question: Question) -> bytes:
        """Return a request in OpenAI's dialect; its headers name the provider."""
        return http_request(_PATH, encode_question(question, question.model), self._headers)


PEERS = (LiteLlm, Portkey)


def _do(command: list[str]) -> str:
    _HOME.mkdir(exist_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, cwd=_HOME)
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip()
