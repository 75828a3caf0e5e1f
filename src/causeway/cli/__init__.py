"""The `causeway` command. Each subcommand is imported when it is used, so `--help` costs nothing."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from causeway import __version__


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
    serve.add_argument("--config", metavar="FILE", help="a TOML file; options given here win over it")
    serve.add_argument("--model", metavar="GGUF", help="a model file to run instead of the bundled one")
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


def _add_doctor_options(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--config", metavar="FILE", help="the TOML file that `serve` would use")
    doctor.add_argument("--model", metavar="GGUF", help="the model file that `serve` would use")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "serve": ("start the gateway", _add_serve_options),
    "doctor": ("say what works on this machine, and why not", _add_doctor_options),
}
