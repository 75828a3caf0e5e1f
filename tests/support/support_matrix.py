"""The support matrices of `docs/dialects/`, found out by running every sample through the real pipeline.

A sample goes from the caller's face through the pipeline to a provider that answers from memory, and what
became of it is read off the bytes that were sent, the answer, and the loss report. Nothing here knows what
any feature comes to; a feature that vanishes and is not reported stops the run.

`make docs` writes the pages; `tests/dialects/test_support_matrix.py` holds them to the code.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.faces import ChatClientFace
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.table import chat_provider_face
from causeway.engine.estimate import estimate_tokens
from causeway.model.errors import ClientError
from causeway.model.loss import Loss, LossReport
from causeway.model.response import ChatResponse
from causeway.pipeline.answers import WholeAnswer
from causeway.pipeline.call import ChatCall, Trail
from causeway.pipeline.grounded import Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.pipeline.targets import Place
from causeway.pipeline.upstream_chat import UpstreamChat
from causeway.providers.network import OutboundRequest
from causeway.providers.spec import ProviderSpec
from support.kept_answers import Keeper
from support.matrix_samples import (
    ANSWERS,
    COHERE_REQUESTS,
    HI,
    OPENAI_REQUESTS,
    Body,
    Sample,
    cohere_answer,
    openai_answer,
)
from support.providers import CATALOG, provider_of

DIALECTS = ("cohere", "openai")
FACES: dict[str, ChatClientFace] = {
    "cohere": CohereChat(is_native=True, has_event_types=False),
    "openai": OpenAiChat(is_unified=False),
}
REQUESTS = {"cohere": COHERE_REQUESTS, "openai": OPENAI_REQUESTS}
PLAIN = {"cohere": cohere_answer(), "openai": openai_answer()}
_PLAIN_TURN: Body = {"messages": [HI]}
SUPPLIED = "supplied by the gateway"
_SEVERITY = ("dropped", "approximated", "mapped")


class Finding(Struct, frozen=True):
    """What becomes of a feature, in one word or two, and why where the loss report says it."""

    word: str
    details: tuple[str, ...] = ()


class Exchange(Struct, frozen=True):
    """One call: what the provider was sent, what came of it, and whether the gateway added to that."""

    sent: Any
    answered: Any
    losses: tuple[Loss, ...]
    is_altered: bool


class _CannedClient:
    """An `OutboundClient` that answers everything with one body, and its own response."""

    status = 200
    headers = {"content-type": "application/json"}  # noqa: RUF012

    def __init__(self, answer: Body) -> None:
        self._answer = msgspec.json.encode(answer)
        self.sent = b""

    @asynccontextmanager
    async def send(self, request: OutboundRequest) -> AsyncIterator["_CannedClient"]:
        self.sent = request.body
        yield self

    async def read(self, max_bytes: int) -> bytes:
        return self._answer

    async def stop(self) -> None:
        return


def exchange(caller: str, spec: ProviderSpec, asked: Body, said: Body) -> Exchange:
    """Run one call; raises ClientError where it is refused."""
    face, provider = FACES[caller], chat_provider_face(spec.dialects["chat"], spec.quirks)
    client, losses = _CannedClient(said), LossReport()
    body = msgspec.json.encode({"model": "m", **_PLAIN_TURN, **asked})
    request = face.decode_request(body, losses)
    grounding = Grounding(section_tokens=1000, estimate_tokens=estimate_tokens)
    live = LiveProvider(provider_of(spec, base_url="https://provider.test"), client)  # type: ignore[arg-type]
    target = UpstreamChat(live, provider, "m", grounding, SealedTurns(Keeper()))
    call = ChatCall(id="c", request=request, body=body, losses=losses)
    answer: WholeAnswer = asyncio.run(target.answer(call, Trail(), Place(0, spec.name, "m")))
    raw: ChatResponse = provider.decode_response(msgspec.json.encode(said))
    if isinstance(answer.said, bytes):
        answered = face.relay_response(answer.said, answer.provenance)
    else:
        face.report_losses(answer.said, answer.losses)
        answered = face.encode_response(answer.said, request, answer.provenance)
    return Exchange(
        msgspec.json.decode(client.sent),
        msgspec.json.decode(answered),
        tuple(answer.losses.losses),
        not isinstance(answer.said, bytes) and answer.said != raw,
    )


def judge_request(caller: str, spec: ProviderSpec, sample: Sample) -> Finding:
    """Return what becomes of a feature of a request."""
    said = PLAIN[spec.dialects["chat"]]
    base = exchange(caller, spec, sample.base, said)
    asked = {**sample.base, **sample.fields}
    try:
        found = exchange(caller, spec, asked, said)
    except ClientError as error:
        return Finding(f"refused ({error.status})", (error.message,))
    markers = _leaves({**_PLAIN_TURN, **asked}) - _leaves({**_PLAIN_TURN, **sample.base})
    return _judge(
        sample.feature,
        _new_losses(base, found, of_answer=False),
        markers,
        base.sent,
        found.sent,
        supplied=found.is_altered != base.is_altered,
    )


def judge_answer(caller: str, spec: ProviderSpec, feature: str) -> Finding | None:
    """Return what becomes of a feature of an answer; none where the provider's dialect cannot say it."""
    samples = ANSWERS[feature].get(spec.dialects["chat"])
    if samples is None:
        return None
    with_it, without = samples
    base, found = exchange(caller, spec, {}, without), exchange(caller, spec, {}, with_it)
    markers = _leaves(with_it) - _leaves(without)
    losses = _new_losses(base, found, of_answer=True)
    return _judge(feature, losses, markers, base.answered, found.answered)


def _new_losses(base: Exchange, found: Exchange, *, of_answer: bool) -> list[Loss]:
    """Return what is lost with the feature and not without it, of the answer or of the request."""
    told = [loss for loss in found.losses if loss not in base.losses]
    return [loss for loss in told if loss.path.startswith("response.") is of_answer]


def _judge(
    feature: str,
    losses: list[Loss],
    markers: "Counter[str]",
    base: Any,
    found: Any,
    *,
    supplied: bool = False,
) -> Finding:
    if not markers:
        raise AssertionError(f"the sample of {feature} has nothing to look for")
    details = tuple(f"`{loss.path}`: {loss.detail}" for loss in losses)
    for kind in _SEVERITY:
        if any(loss.kind == kind for loss in losses):
            is_only_supplied = supplied and kind == "mapped"
            return Finding(SUPPLIED if is_only_supplied else kind, details)
    if supplied:
        return Finding(SUPPLIED, details)
    if base == found:
        raise AssertionError(f"{feature} vanishes without a word")
    is_said = markers <= _leaves(found) - _leaves(base)
    return Finding("kept" if is_said else "mapped", details)


def _leaves(value: Any) -> "Counter[str]":
    """Return how often each plain value stands in a body, strings in lower case."""
    if isinstance(value, dict):
        return sum((_leaves(member) for member in value.values()), Counter())
    if isinstance(value, list):
        return sum((_leaves(member) for member in value), Counter())
    return Counter([msgspec.json.encode(value).decode().lower()])


_VENDORS = {"cohere": "Cohere", "openai": "OpenAI"}
_INTRODUCTION = """What becomes of each thing that a caller of {vendor}'s API asks for, and of each that
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
| refused | an error with this status |
| - | the provider's dialect cannot say it |

What is approximated or dropped is named in `x-causeway-loss`, and what of it stands in the request is refused
in strict mode: [loss](../loss.md).
"""


def page(caller: str) -> str:
    """Return the page of a caller's dialect in Markdown."""
    return "".join(
        (
            f"# Support matrix for callers of {_VENDORS[caller]}'s API\n\n",
            _INTRODUCTION.format(vendor=_VENDORS[caller]),
            _LEGEND,
            "\n## Asked\n\n",
            _table(
                (sample.feature, [judge_request(caller, CATALOG[name], sample) for name in DIALECTS])
                for sample in REQUESTS[caller]
            ),
            "\n## Answered\n\n",
            _table(
                (feature, [judge_answer(caller, CATALOG[name], feature) for name in DIALECTS])
                for feature in ANSWERS
            ),
            _vendors(caller),
        )
    )


def _table(rows: Iterable[tuple[str, list[Finding | None]]]) -> str:
    head = f"| | {' | '.join(DIALECTS)} | because |\n|{'---|' * (len(DIALECTS) + 2)}\n"
    return head + "".join(_row(feature, findings) for feature, findings in rows)


def _row(feature: str, findings: list[Finding | None]) -> str:
    words = ["-" if finding is None else finding.word for finding in findings]
    details = dict.fromkeys(detail for finding in findings if finding for detail in finding.details)
    return f"| {feature} | {' | '.join(words)} | {'; '.join(details)} |\n".replace("  |", " |")


def _vendors(caller: str) -> str:
    """Return what other providers of OpenAI's dialect do otherwise than OpenAI."""
    lines = []
    for spec in CATALOG.values():
        if spec.dialects["chat"] != "openai" or spec.name == "openai":
            continue
        differences = [
            f"{sample.feature}: {finding.word}"
            for sample in REQUESTS[caller]
            if (finding := judge_request(caller, spec, sample)).word
            != judge_request(caller, CATALOG["openai"], sample).word
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
    for caller in DIALECTS:
        (folder / f"{caller}.md").write_text(page(caller))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
