"""`causeway check`: says what a configuration means, and what is wrong with it. It calls nobody."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from causeway.adapters.request_log.database import find_problem
from causeway.cli.listing import addresses, models
from causeway.config.load import ConfigError, check_exposure, config_schema, load_config, load_keys
from causeway.config.problems import Remark
from causeway.config.providers import resolve_providers
from causeway.config.request_log import RequestLogPlace, request_log_place
from causeway.config.review import review, settings_without_effect
from causeway.config.schema import Config, EngineConfig, RoutingConfig
from causeway.providers.catalog import load_catalog
from causeway.providers.provider import Provider

_OTHERS_MAY_READ = 0o044
_BIFROST_FILE = Path("config.json")


class Report(Struct, frozen=True, kw_only=True):
    """What there is to say of a configuration."""

    file: str | None
    problems: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    providers: tuple[Provider, ...] = ()
    off: tuple[Remark, ...] = ()
    without_effect: tuple[str, ...] = ()
    routing: RoutingConfig = RoutingConfig()
    engine: EngineConfig = EngineConfig()
    log_place: RequestLogPlace | None = None


def run(arguments: argparse.Namespace) -> int:
    """Print the report, or the schema; returns 0 where nothing keeps the configuration from being used."""
    if arguments.schema:
        print(json.dumps(config_schema(), indent=2))
        return 0
    report = examine(Path(arguments.config) if arguments.config else None, os.environ)
    if arguments.json:
        print(json.dumps(_as_data(report), indent=2))
    else:
        sys.stdout.writelines(f"{line}\n" for line in _as_text(report))
    return 1 if report.problems else 0


def examine(path: Path | None, environment: Mapping[str, str]) -> Report:
    """Return the report on a file, or on the environment alone."""
    file = None if path is None else str(path)
    try:
        config = load_config(path)
    except ConfigError as error:
        lines = str(error).splitlines()
        return Report(file=file, problems=tuple(Remark("", line.removeprefix(f"{path}: ")) for line in lines))
    resolution = resolve_providers(config, environment, load_catalog(), file_name=file or "configuration")
    mode = 0 if path is None else path.stat().st_mode
    warnings = review(config, resolution, is_readable_by_others=bool(mode & _OTHERS_MAY_READ))
    log_place = request_log_place(config, path, environment)
    return Report(
        file=file,
        problems=resolution.problems,
        warnings=(*warnings, *_warnings_of_place(config, path, log_place, environment)),
        providers=resolution.providers,
        off=resolution.off,
        without_effect=settings_without_effect(config),
        routing=config.routing,
        engine=config.engine,
        log_place=log_place,
    )


def _warnings_of_place(
    config: Config, path: Path | None, log_place: RequestLogPlace | None, environment: Mapping[str, str]
) -> Iterator[Remark]:
    if path is None and _BIFROST_FILE.exists():
        yield Remark("", f"./{_BIFROST_FILE} is here and was not read: name it with --config")
    if log_place is not None and (problem := find_problem(log_place.path)) is not None:
        yield Remark("logs_store", f"calls will not be logged to {log_place.path}: {problem}")
    try:
        check_exposure(config.server, load_keys(config.server, environment))
    except ConfigError as error:
        yield Remark("server", str(error))


def _as_text(report: Report) -> Iterator[str]:
    yield report.file or "no configuration file: what the environment holds"
    yield from _section("Mistakes", [str(problem) for problem in report.problems])
    lines = [line for provider in report.providers for line in _provider_lines(provider)]
    has_engine = report.engine.enabled
    nobody = "none: the embedded model answers" if has_engine else "none"
    yield from _section("Providers that are on", lines or [nobody])
    yield from _section("Embedded model", [] if has_engine else ["off: only providers answer"])
    yield from _section("Off", [str(remark) for remark in report.off])
    routing = report.routing
    fallbacks = [f"{model} -> {', '.join(names)}" for model, names in routing.fallbacks.items()]
    if routing.default_model:
        fallbacks.insert(0, f"names that nobody serves -> {routing.default_model}")
    yield from _section("Routing", fallbacks)
    yield from _section("Calls are logged", [_log_line(report.log_place)])
    yield from _section("Warnings", [str(warning) for warning in report.warnings])
    yield from _section("Known from Bifrost, not acted on", list(report.without_effect))
    yield ""
    count = len(report.problems)
    yield "The configuration can be used." if not count else f"{count} mistake{'s' * (count != 1)}."


def _log_line(place: RequestLogPlace | None) -> str:
    if place is None:
        return "nowhere: the request log is off"
    kept = f"kept for {place.retention_days} days" if place.retention_days else "never deleted"
    return f"to {place.path}, {kept}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _provider_lines(provider: Provider) -> Iterator[str]:
    yield f"{provider.name} ({provider.spec.title}) at {addresses(provider)}, from {provider.source}"
    for key in provider.keys:
        aliases = "".join(f", {alias} is {model}" for alias, model in key.aliases.items())
        share = f", weight {key.weight:g}" if len(provider.keys) > 1 else ""
        shown = key.masked() or "no key"
        yield f"  {key.name}: {shown}, {models(key)}{share}{aliases}, from {key.source}"


def _as_data(report: Report) -> dict[str, Any]:
    return {
        "file": report.file,
        "is_usable": not report.problems,
        "problems": [_remark(remark) for remark in report.problems],
        "warnings": [_remark(remark) for remark in report.warnings],
        "providers": [_provider(provider) for provider in report.providers],
        "off": [_remark(remark) for remark in report.off],
        "routing": {
            "default_model": report.routing.default_model,
            "fallbacks": {model: list(names) for model, names in report.routing.fallbacks.items()},
            "implicit_fallbacks": report.routing.implicit_fallbacks,
        },
        "engine": {"is_enabled": report.engine.enabled},
        "request_log": None
        if report.log_place is None
        else {"path": str(report.log_place.path), "retention_days": report.log_place.retention_days},
        "not_acted_on": list(report.without_effect),
    }


def _remark(remark: Remark) -> dict[str, str]:
    return {"path": remark.path, "message": remark.message}


def _provider(provider: Provider) -> dict[str, Any]:
    return {
        "name": provider.name,
        "title": provider.spec.title,
        "tier": provider.spec.tier,
        "source": provider.source,
        "base_url": provider.base_url,
        "operations": sorted(operation for operation in provider.spec.paths if provider.offers(operation)),
        "keys": [
            {
                "id": key.id,
                "name": key.name,
                "value": key.masked(),
                "models": list(key.models),
                "blocked_models": list(key.blocked_models),
                "aliases": dict(key.aliases),
                "weight": key.weight,
                "is_enabled": key.is_enabled,
                "base_url": key.base_url,
                "source": key.source,
            }
            for key in provider.keys
        ],
    }
