"""The `causeway` command. Each subcommand is imported when it is used, so `--help` costs nothing."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from causeway import __version__

_MOST_WORKERS = 64
_MOST_ROWS = 1_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="causeway", description="An AI gateway that speaks the Cohere v2 Chat API in front of any model."
    )
    parser.add_argument("--version", action="version", version=f"causeway {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, add_options) in _COMMANDS.items():
        add_options(commands.add_parser(name, help=summary, description=summary))
    arguments = parser.parse_args(argv)
    status: int = import_module(f"causeway.cli.{arguments.command}").run(arguments)
    return status


def build_parser(command: str) -> argparse.ArgumentParser:
    """Return the parser of one command alone, with the options that it has."""
    parser = argparse.ArgumentParser(prog=f"causeway {command}")
    _COMMANDS[command][1](parser)
    return parser


def _add_serve_options(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default 8080)")
    serve.add_argument("--config", metavar="FILE", help="a TOML or JSON file; options given here win over it")
    _add_engine_options(serve, "a model file to run instead of the bundled one")
    serve.add_argument(
        "--workers",
        type=_worker_count,
        metavar="N",
        help="processes that answer requests; 1 is one for everything (default: one per core, at most 4)",
    )
    serve.add_argument(
        "--strict-models",
        action="store_true",
        default=None,
        help="answer 404 for a model that is not served, instead of letting the default one answer",
    )
    serve.add_argument(
        "--allow-unauthenticated",
        action="store_true",
        default=None,
        help="listen beyond this machine even though no API keys are configured",
    )
    serve.add_argument("--verbose", action="store_true", help="log what the gateway does")


def _worker_count(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {_MOST_WORKERS}")
    return int(text)


def _add_doctor_options(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--config", metavar="FILE", help="the file that `serve` would use")
    _add_engine_options(doctor, "the model file that `serve` would use")


def _add_engine_options(command: argparse.ArgumentParser, model_help: str) -> None:
    engine = command.add_mutually_exclusive_group()
    engine.add_argument("--model", metavar="GGUF", help=model_help)
    engine.add_argument(
        "--no-engine", action="store_true", help="load no embedded model: only providers answer"
    )


def _add_check_options(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "--config", metavar="FILE", help="the file to check; without it, the environment alone"
    )
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the file, and no report"
    )


def _add_logs_options(logs: argparse.ArgumentParser) -> None:
    logs.add_argument("--config", metavar="FILE", help="the file that `serve` uses, if it uses one")
    logs.add_argument(
        "--limit", type=_row_count, default=20, metavar="N", help="how many calls to show (default 20)"
    )
    logs.add_argument(
        "--json", action="store_true", help="print each call as a line of JSON, with all columns"
    )


def _row_count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_ROWS:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {_MOST_ROWS}")
    return int(text)


def _add_mock_options(mock: argparse.ArgumentParser) -> None:
    mock.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    mock.add_argument(
        "--port", type=int, default=9000, help="port to listen on; 0 takes a free one (default 9000)"
    )
    mock.add_argument("--script", metavar="FILE", help="a TOML or JSON file that says what to answer")
    mock.add_argument("--require-key", metavar="KEY", help="answer 401 to whoever does not present this key")
    mock.add_argument("--model", action="append", metavar="NAME", help="a model to list; may be repeated")
    mock.add_argument(
        "--dialect",
        action="append",
        choices=["openai", "responses", "cohere", "anthropic", "gemini", "bedrock"],
        help="speak this dialect alone; may be repeated, the first has the endpoints that several have",
    )


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "serve": ("start the gateway", _add_serve_options),
    "mock": ("be a scripted provider, for tests", _add_mock_options),
    "check": ("say what a configuration means and what is wrong with it", _add_check_options),
    "logs": ("show the last calls from the request log", _add_logs_options),
    "doctor": ("say what works on this machine, and why not", _add_doctor_options),
}
