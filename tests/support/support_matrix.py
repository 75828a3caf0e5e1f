"""The support matrices of `docs/dialects/`, found out by running every sample through the real pipeline.

A sample goes from the caller's face through the pipeline to a provider that answers from memory, and what
became of it is read off the exchange. Nothing here knows what any feature comes to; a feature that vanishes
and is not reported stops the run.

`make docs` writes the pages; `tests/dialects/test_support_matrix.py` holds them to the code.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.errors import ClientError
from causeway.model.loss import Loss
from support.exchanges import CALLERS, COLUMNS, Column, Exchange, exchange
from support.matrix_samples.sample import Sample
from support.providers import CATALOG

SUPPLIED = "supplied by the gateway"
HELD = "held by the gateway"
_SEVERITY = ("dropped", "approximated", "mapped")
# What some provider can say, in the order in which the dialects name it.
FEATURES = tuple(dict.fromkeys(feature for caller in CALLERS.values() for feature in caller.samples.ANSWERS))


class Finding(Struct, frozen=True):
    """What becomes of a feature, in one word or two, and why where the loss report says it."""

    word: str
    details: tuple[str, ...] = ()


def judge_request(caller: str, column: Column, sample: Sample) -> Finding:
    """Return what becomes of a feature of a request."""
    said = CALLERS[column.dialect].samples.PLAIN_ANSWER
    base = exchange(caller, column, sample.base, said)
    try:
        found = exchange(caller, column, {**sample.base, **sample.fields}, said)
    except ClientError as error:
        return Finding(f"refused ({error.status})", (error.message,))
    plain = CALLERS[caller].samples.PLAIN_TURN
    return _judge(
        sample.feature,
        _new_losses(base, found, of_answer=False),
        ({**plain, **sample.base}, {**plain, **sample.base, **sample.fields}),
        (base.sent, found.sent),
        supplied=found.is_altered != base.is_altered,
    )


def judge_answer(caller: str, column: Column, feature: str) -> Finding | None:
    """Return what becomes of a feature of an answer; none where the provider's dialect cannot say it."""
    samples = CALLERS[column.dialect].samples.ANSWERS.get(feature)
    if samples is None:
        return None
    with_it, without = samples
    base, found = exchange(caller, column, {}, without), exchange(caller, column, {}, with_it)
    losses = _new_losses(base, found, of_answer=True)
    if not losses and base.answered == found.answered and base.kept != found.kept:
        return Finding(HELD)
    return _judge(feature, losses, (without, with_it), (base.answered, found.answered))


def _new_losses(base: Exchange, found: Exchange, *, of_answer: bool) -> list[Loss]:
    """Return what is lost with the feature and not without it, of the answer or of the request."""
    told = [loss for loss in found.losses if loss not in base.losses]
    return [loss for loss in told if loss.path.startswith("response.") is of_answer]


def _judge(
    feature: str,
    losses: list[Loss],
    said: tuple[Any, Any],
    came: tuple[Any, Any],
    *,
    supplied: bool = False,
) -> Finding:
    """Return what became of a feature, of bodies without and with it: as it was said, and as it came."""
    details = tuple(f"`{loss.path}`: {loss.detail}" for loss in losses)
    for kind in _SEVERITY:
        if any(loss.kind == kind for loss in losses):
            is_only_supplied = supplied and kind == "mapped"
            return Finding(SUPPLIED if is_only_supplied else kind, details)
    if supplied:
        return Finding(SUPPLIED, details)
    if came[0] == came[1]:
        raise AssertionError(f"{feature} vanishes without a word")
    # Where a feature adds no value it adds a member's name.
    marks = _values if _values(said[1]) - _values(said[0]) else _names
    if not (markers := marks(said[1]) - marks(said[0])):
        raise AssertionError(f"the sample of {feature} has nothing to look for")
    is_said = markers <= marks(came[1]) - marks(came[0])
    return Finding("kept" if is_said else "mapped", details)


def _values(value: Any) -> "Counter[str]":
    """Return how often each plain value stands in a body, strings in lower case."""
    if isinstance(value, dict):
        return sum((_values(member) for member in value.values()), Counter())
    if isinstance(value, list):
        return sum((_values(member) for member in value), Counter())
    return Counter([msgspec.json.encode(value).decode().lower()])


def _names(value: Any) -> "Counter[str]":
    """Return how often each name of a member stands in a body."""
    if isinstance(value, dict):
        return Counter(list(value)) + sum((_names(member) for member in value.values()), Counter())
    return sum(map(_names, value), Counter()) if isinstance(value, list) else Counter()


_INTRODUCTION = """What becomes of each thing that a caller of {api} asks for, and of each that
comes back, by the dialect of the provider that answers. `make docs` writes this page: it sends a sample of
each row through the gateway's own code and looks what comes of it. It is not to be edited.
"""
_LEGEND = """
| word | meaning |
|---|---|
| kept | it arrives as it is, be it under another name |
| mapped | it is said in other words or another shape, and means the same |
| approximated | the nearest thing that there is |
| dropped | it does not arrive |
| supplied by the gateway | the provider cannot do it; the gateway does it around the provider |
| held by the gateway | the caller is not told; the gateway gives it back to the provider with the next turn |
| refused | an error with this status |
| - | the provider's dialect cannot say it |

What is approximated or dropped is named in `x-causeway-loss`, and what of it stands in the request is refused
in strict mode: [loss](../loss.md).
"""


def page(caller: str) -> str:
    """Return the page of a caller's dialect in Markdown."""
    api, samples = CALLERS[caller].api, CALLERS[caller].samples
    return "".join(
        (
            f"# Support matrix for callers of {api}\n\n",
            _INTRODUCTION.format(api=api),
            _LEGEND,
            _models(),
            "\n## Asked\n\n",
            _table(
                (sample.feature, [judge_request(caller, column, sample) for column in COLUMNS.values()])
                for sample in samples.REQUESTS
            ),
            "\n## Answered\n\n",
            _table(
                (feature, [judge_answer(caller, column, feature) for column in COLUMNS.values()])
                for feature in FEATURES
            ),
            _vendors(caller),
        )
    )


def _models() -> str:
    named = [f"`{column.model}` of {name}" for name, column in COLUMNS.items() if column.model != "m"]
    models = ", ".join(named)
    return f"\nWhere it depends on the model what a provider takes, the rows are of {models}.\n"


def _table(rows: Iterable[tuple[str, list[Finding | None]]]) -> str:
    head = f"| | {' | '.join(COLUMNS)} | because |\n|{'---|' * (len(COLUMNS) + 2)}\n"
    return head + "".join(_row(feature, findings) for feature, findings in rows)


def _row(feature: str, findings: list[Finding | None]) -> str:
    words = ["-" if finding is None else finding.word for finding in findings]
    details = dict.fromkeys(detail for finding in findings if finding for detail in finding.details)
    return f"| {feature} | {' | '.join(words)} | {'; '.join(details)} |\n".replace("  |", " |")


def _vendors(caller: str) -> str:
    """Return what other providers of OpenAI's dialect do otherwise than OpenAI."""
    lines = []
    usual = {
        sample.feature: judge_request(caller, COLUMNS["openai"], sample).word
        for sample in CALLERS[caller].samples.REQUESTS
    }
    for spec in CATALOG.values():
        if spec.dialects["chat"] != "openai" or spec.name == "openai":
            continue
        differences = [
            f"{sample.feature}: {finding.word}"
            for sample in CALLERS[caller].samples.REQUESTS
            if (finding := judge_request(caller, Column(spec), sample)).word != usual[sample.feature]
        ]
        if differences:
            lines.append(f"| `{spec.name}` | {'; '.join(differences)} |\n")
    if not lines:
        return ""
    head = "| provider | otherwise than OpenAI |\n|---|---|\n"
    return f"\n## Other providers of the openai dialect\n\n{head}{''.join(lines)}"


def write_pages(folder: Path) -> None:
    """Write the page of each dialect."""
    folder.mkdir(exist_ok=True)
    for caller in CALLERS:
        (folder / f"{caller}.md").write_text(page(caller))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
