"""The gateway's ASGI application on a real socket, in front of a model that follows a script."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from causeway.adapters.call_log import RecentCalls
from causeway.adapters.inbound.asgi import AsgiApplication
from causeway.config.schema import ServerConfig
from causeway.dialects.table import all_endpoints
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.model.events import Event
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.pipeline.chat import ChatService
from causeway.pipeline.local_chat import LocalChat
from causeway.pipeline.ports import CallLog
from causeway.pipeline.router import ChatRouter, Router, RoutingPolicy
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.rules.access import KeyRing
from causeway.server.application import Application, Lifespan
from causeway.server.chat import ChatHandler
from causeway.server.companions import CompanionHandler
from causeway.server.http_server import http_server
from causeway.server.kept_answers import KeptAnswers
from support.companions import companion_handler
from support.kept_answers import Keeper

Step = Event | Exception | threading.Event
Script = Callable[[ChatRequest, LossReport], Iterable[Step]]


class ScriptedModel:
    """Answers with a script: events are sent, exceptions raised, and a threading.Event is waited for.

    `script` may be replaced between requests, and `requests` keeps what was asked. `released` is set
    whenever an answer has been given up or ended.
    """

    name = "local/scripted"

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[ChatRequest] = []
        self.released = threading.Event()
        self.reached_wait = threading.Event()

    async def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        try:
            for step in self.script(request, losses):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, threading.Event):
                    self.reached_wait.set()
                    while not step.is_set():
                        await asyncio.sleep(0.005)
                else:
                    yield step
        finally:
            self.released.set()


@contextmanager
def serve(
    script: Script,
    *,
    config: ServerConfig | None = None,
    keys: Iterable[str] = (),
    companions: CompanionHandler | None = None,
    stop: Lifespan | None = None,
    call_log: CallLog | None = None,
) -> Iterator[tuple[str, ScriptedModel]]:
    """Run the gateway; yields its base URL and the model behind it."""
    config = config or ServerConfig()
    model = ScriptedModel(script)

    async def nothing() -> None:
        return

    async def describe_health() -> dict[str, str]:
        return {"status": "ok"}

    application = Application(
        config=config,
        keys=KeyRing(keys),
        endpoints=all_endpoints(),
        chat=ChatHandler(
            ChatService(_router(model, is_strict=config.strict_models), call_log or RecentCalls()),
            KeptAnswers(Keeper()),
            heartbeat_seconds=config.heartbeat_seconds,
        ),
        companions=companions
        or companion_handler(EmbeddedEmbedder(LocalEmbeddingEngine(None)), strict=config.strict_models),
        describe_health=describe_health,
        start=nothing,
        stop=stop or nothing,
    )
    with running(application, config) as url:
        yield url, model


def _router(model: ScriptedModel, *, is_strict: bool) -> ChatRouter:
    router = Router("chat", {}, [model.name], (), RoutingPolicy(is_strict=is_strict))
    local = LocalChat(model)
    turns = SealedTurns(Keeper())
    return ChatRouter(router, {}, {}, {local.model: local}, lambda _: pytest.fail("no provider is on"), turns)


@contextmanager
def running(application: AsgiApplication, config: ServerConfig | None = None) -> Iterator[str]:
    """Run an application under the server that `config` names, in a thread; yields its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    started = threading.Event()
    server = http_server(application, config or ServerConfig(), when_started=started.set)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),), daemon=True)
    thread.start()
    assert started.wait(10), "the server did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the server did not stop"
