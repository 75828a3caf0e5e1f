"""The errors of every vendor's own SDK at its door: which class, and what it tells, early and in a stream."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import boto3
import botocore.exceptions
import openai
import pytest
from botocore.config import Config as BotoConfig
from google import genai
from google.genai import errors as google_errors
from google.genai import types
from msgspec import Struct
from msgspec.structs import replace

from causeway.config.schema import Config, ServerConfig
from causeway.providers.network import Timeouts
from causeway.testing import Replay, ScriptedUpstream, Status
from causeway.testing.gate import Gate
from causeway.testing.replies import Reply
from support.fronts import ONCE
from support.upstreams import KEY, gateway_before, scripted_provider
from support.wire_answers import SPOKEN, WIRES, WORDS, recorded_stream

CALLERS_KEY = "a-key-that-opens"
CONFIG = Config(server=ServerConfig(strict_models=True, max_body_bytes=5000))
# By the names of providers: who is not waited for to begin, and who is not to go on.
TIMEOUTS = {
    "hasty": Timeouts(connect_seconds=5, first_byte_seconds=0.3, idle_seconds=30),
    "restless": Timeouts(connect_seconds=5, first_byte_seconds=30, idle_seconds=0.5),
}


class Stage(Struct):
    """A gateway that wants a key and knows its models, and the provider that it stands before.

    `hasty` and `restless` are the same, waited for but a moment. Each call is pinned to a key of the
    provider's that nobody has used before: each has a breaker.
    """

    url: str
    upstream: ScriptedUpstream
    used_keys: Iterator[int]

    def pin(self) -> dict[str, str]:
        return {"x-bf-api-key-id": f"groq-{next(self.used_keys)}"}


class Asked(Struct, frozen=True):
    """One call through an SDK; `heard` gets the pieces of text of a stream as they come."""

    stage: Stage
    text: str
    model: str
    key: str
    is_streamed: bool
    heard: list[str]


class Seen(Struct):
    """What an SDK's error tells. `kind` is the vendor's name for it."""

    status: int | None
    kind: str | None
    message: str
    retry_after: str | None = None


def ask_openai_chat(asked: Asked) -> None:
    with _openai(asked) as client:
        turns: Any = [{"role": "user", "content": asked.text}]
        if not asked.is_streamed:
            client.chat.completions.create(model=asked.model, messages=turns)
            return
        for chunk in client.chat.completions.create(model=asked.model, messages=turns, stream=True):
            asked.heard.append(chunk.choices[0].delta.content or "")


def ask_openai_responses(asked: Asked) -> None:
    with _openai(asked) as client:
        if not asked.is_streamed:
            client.responses.create(model=asked.model, input=asked.text)
            return
        for event in client.responses.create(model=asked.model, input=asked.text, stream=True):
            if event.type == "response.output_text.delta":
                asked.heard.append(event.delta)
            if event.type == "response.failed" and event.response.error is not None:
                # The SDK leaves this event to its caller.
                raise FailedResponseError(event.response.error.message)


class FailedResponseError(Exception):
    """A stream that ended with the event for it."""


def _openai(asked: Asked) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=asked.key,
        base_url=f"{asked.stage.url}/openai/v1",
        default_headers=asked.stage.pin(),
        max_retries=0,
    )


def ask_anthropic(asked: Asked) -> None:
    client = anthropic.Anthropic(
        api_key=asked.key,
        base_url=f"{asked.stage.url}/anthropic",
        default_headers=asked.stage.pin(),
        max_retries=0,
    )
    with client:
        turns: Any = [{"role": "user", "content": asked.text}]
        if not asked.is_streamed:
            client.messages.create(model=asked.model, messages=turns, max_tokens=50)
            return
        with client.messages.stream(model=asked.model, messages=turns, max_tokens=50) as stream:
            asked.heard.extend(stream.text_stream)


def ask_google(asked: Asked) -> None:
    options = types.HttpOptions(base_url=f"{asked.stage.url}/genai", headers=asked.stage.pin())
    client = genai.Client(api_key=asked.key, http_options=options)
    if not asked.is_streamed:
        client.models.generate_content(model=asked.model, contents=asked.text)
        return
    for answer in client.models.generate_content_stream(model=asked.model, contents=asked.text):
        asked.heard.append(answer.text or "")


def ask_bedrock(asked: Asked) -> None:
    client = _amazon("bedrock-runtime", f"{asked.stage.url}/bedrock", asked.key)
    pin = asked.stage.pin()
    client.meta.events.register("before-send", lambda request, **_: _add_headers(request, pin))
    turns = [{"role": "user", "content": [{"text": asked.text}]}]
    if not asked.is_streamed:
        client.converse(modelId=asked.model, messages=turns)
        return
    for event in client.converse_stream(modelId=asked.model, messages=turns)["stream"]:
        if "contentBlockDelta" in event:
            asked.heard.append(event["contentBlockDelta"]["delta"]["text"])


def _amazon(service: str, url: str, key: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="none",  # nobody's
        config=BotoConfig(retries={"total_max_attempts": 1}),
    )


def _add_headers(request: Any, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        request.headers[name] = value


def see_openai(error: Any) -> Seen:
    if isinstance(error, FailedResponseError):
        return Seen(None, None, str(error))
    response = getattr(error, "response", None)
    retry_after = None if response is None else response.headers.get("retry-after")
    return Seen(getattr(error, "status_code", None), error.type, error.message, retry_after)


def see_anthropic(error: Any) -> Seen:
    retry_after = error.response.headers.get("retry-after")
    return Seen(error.status_code, error.body["error"]["type"], error.body["error"]["message"], retry_after)


def see_google(error: Any) -> Seen:
    retry_after = None if error.response is None else error.response.headers.get("retry-after")
    return Seen(error.code, error.status, error.message, retry_after)


def see_bedrock(error: Any) -> Seen:
    told, metadata = error.response["Error"], error.response.get("ResponseMetadata", {})
    assert type(error).__name__ in (told["Code"], "EventStreamError"), "boto3 has a class for each"
    retry_after = metadata.get("HTTPHeaders", {}).get("retry-after")
    return Seen(metadata.get("HTTPStatusCode"), told["Code"], told["Message"], retry_after)


class Sdk(Struct, frozen=True):
    """A vendor's SDK: how to ask it, how to read its errors, and by statuses their class and their kind.

    `in_stream` is what it raises where a stream breaks off.
    """

    ask: Callable[[Asked], None]
    see: Callable[[Any], Seen]
    classes: dict[int, tuple[type[Exception], str | None]]
    in_stream: type[Exception]


OPENAI: dict[int, tuple[type[Exception], str | None]] = {
    400: (openai.BadRequestError, "invalid_request_error"),
    401: (openai.AuthenticationError, "authentication_error"),
    404: (openai.NotFoundError, "invalid_request_error"),
    413: (openai.APIStatusError, "invalid_request_error"),
    429: (openai.RateLimitError, "rate_limit_error"),
    500: (openai.InternalServerError, "server_error"),
    504: (openai.InternalServerError, "server_error"),
}
SDKS = {
    "openai chat": Sdk(ask_openai_chat, see_openai, OPENAI, openai.APIError),
    "openai responses": Sdk(ask_openai_responses, see_openai, OPENAI, FailedResponseError),
    "anthropic": Sdk(
        ask_anthropic,
        see_anthropic,
        {
            400: (anthropic.BadRequestError, "invalid_request_error"),
            401: (anthropic.AuthenticationError, "authentication_error"),
            404: (anthropic.NotFoundError, "not_found_error"),
            413: (anthropic.RequestTooLargeError, "request_too_large"),
            429: (anthropic.RateLimitError, "rate_limit_error"),
            500: (anthropic.InternalServerError, "api_error"),
            504: (anthropic.InternalServerError, "timeout_error"),
        },
        anthropic.APIStatusError,
    ),
    "google-genai": Sdk(
        ask_google,
        see_google,
        {
            400: (google_errors.ClientError, "INVALID_ARGUMENT"),
            401: (google_errors.ClientError, "UNAUTHENTICATED"),
            404: (google_errors.ClientError, "NOT_FOUND"),
            413: (google_errors.ClientError, "INVALID_ARGUMENT"),
            429: (google_errors.ClientError, "RESOURCE_EXHAUSTED"),
            500: (google_errors.ServerError, "INTERNAL"),
            504: (google_errors.ServerError, "DEADLINE_EXCEEDED"),
        },
        google_errors.ServerError,
    ),
    "boto3": Sdk(
        ask_bedrock,
        see_bedrock,
        {
            status: (botocore.exceptions.ClientError, code)
            for status, code in {
                400: "ValidationException",
                401: "AccessDeniedException",
                404: "ResourceNotFoundException",
                413: "ValidationException",
                429: "ThrottlingException",
                500: "InternalServerException",
                504: "ModelTimeoutException",
            }.items()
        },
        botocore.exceptions.EventStreamError,
    ),
}
EVERY_SDK = pytest.mark.parametrize("sdk", SDKS.values(), ids=SDKS)
STREAMED_OR_NOT = pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    # A provider of chat completions alone, so that every door's stream is translated from the same.
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        patient = scripted_provider("groq", upstream.url, keys=[KEY] * 1000, retry=ONCE)
        others = [
            replace(patient, name=name, network=replace(patient.network, timeouts=timeouts))
            for name, timeouts in TIMEOUTS.items()
        ]
        with gateway_before(patient, *others, config=CONFIG, keys=[CALLERS_KEY]) as gateway:
            yield Stage(gateway.url, upstream, itertools.count())


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.upstream.forget()
    return shared_stage


def fail(
    sdk: Sdk,
    stage: Stage,
    error_class: type[Exception],
    *,
    is_streamed: bool,
    text: str = "Say hello.",
    model: str = "groq/asked",
    key: str = CALLERS_KEY,
) -> tuple[Seen, str]:
    """Ask and return what the SDK's error tells, and what was heard before it."""
    heard: list[str] = []
    with pytest.raises(error_class) as raised:
        sdk.ask(Asked(stage, text, model, key, is_streamed, heard))
    return sdk.see(raised.value), "".join(heard)


@EVERY_SDK
@STREAMED_OR_NOT
@pytest.mark.parametrize(
    ("status", "asked", "words"),
    [
        (401, {"key": "wrong"}, "invalid api token"),
        (404, {"model": "nobody-has-this"}, "nobody-has-this"),
        (413, {"text": "x" * 6000}, "the body is larger than 5000 bytes"),
    ],
    ids=["key", "model", "size"],
)
def test_what_the_gateway_refuses(
    sdk: Sdk, stage: Stage, status: int, asked: dict[str, str], words: str, is_streamed: bool
) -> None:
    error_class, kind = sdk.classes[status]
    seen, _ = fail(sdk, stage, error_class, is_streamed=is_streamed, **asked)
    assert (seen.status, seen.kind) == (status, kind)
    assert words in seen.message


@EVERY_SDK
@STREAMED_OR_NOT
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_what_a_provider_refuses(sdk: Sdk, stage: Stage, status: int, is_streamed: bool) -> None:
    error = {"message": WORDS, "type": None, "param": None, "code": None}
    stage.upstream.script(Status(status, body={"error": error}, headers={"retry-after": "17"}))
    error_class, kind = sdk.classes[status]
    seen, _ = fail(sdk, stage, error_class, is_streamed=is_streamed)
    assert (seen.status, seen.kind, seen.retry_after) == (status, kind, "17")
    assert WORDS in seen.message


@EVERY_SDK
@STREAMED_OR_NOT
def test_a_provider_that_is_silent(sdk: Sdk, stage: Stage, is_streamed: bool) -> None:
    stage.upstream.script(Status(200, head_gate=Gate()))
    error_class, kind = sdk.classes[504]
    seen, _ = fail(sdk, stage, error_class, is_streamed=is_streamed, model="hasty/asked")
    assert (seen.status, seen.kind) == (504, kind)


BEGINNING = WIRES["openai"].beginning
LATE: dict[str, tuple[Reply, str]] = {
    "error frame": (Replay(recorded_stream(BEGINNING + WIRES["openai"].error_frame)), WORDS),
    "reset": (
        Replay(recorded_stream(WIRES["openai"].stream), reset_after_bytes=WIRES["openai"].spoken_bytes),
        "broke off",
    ),
    "silence": (
        Replay(recorded_stream(WIRES["openai"].stream), pause_after_bytes=WIRES["openai"].spoken_bytes),
        "timeout",
    ),
}


@pytest.mark.parametrize("fault", LATE)
@EVERY_SDK
def test_a_stream_that_breaks_off(sdk: Sdk, stage: Stage, fault: str) -> None:
    reply, words = LATE[fault]
    stage.upstream.script(reply)
    model = "restless/asked" if fault == "silence" else "groq/asked"
    seen, heard = fail(sdk, stage, sdk.in_stream, is_streamed=True, model=model)
    assert heard == SPOKEN
    assert words in seen.message.lower()


def test_what_is_not_served_is_each_sdks_own_error(stage: Stage) -> None:
    with (
        openai.OpenAI(api_key=CALLERS_KEY, base_url=f"{stage.url}/openai/v1", max_retries=0) as gpt,
        pytest.raises(openai.InternalServerError, match="not served by this gateway") as of_openai,
    ):
        gpt.batches.list()
    assert (of_openai.value.status_code, of_openai.value.code) == (501, "not_implemented")
    with (
        anthropic.Anthropic(api_key=CALLERS_KEY, base_url=f"{stage.url}/anthropic", max_retries=0) as claude,
        pytest.raises(anthropic.APIStatusError, match="not served by this gateway") as of_anthropic,
    ):
        claude.messages.batches.list()
    assert of_anthropic.value.status_code == 501
    options = types.HttpOptions(base_url=f"{stage.url}/genai")
    google = genai.Client(api_key=CALLERS_KEY, http_options=options)
    with pytest.raises(google_errors.ServerError, match="not served by this gateway") as of_google:
        google.files.list()
    assert (of_google.value.code, of_google.value.status) == (501, "UNIMPLEMENTED")
    with pytest.raises(botocore.exceptions.ClientError, match="not served by this gateway") as of_amazon:
        _amazon("bedrock", f"{stage.url}/bedrock", CALLERS_KEY).list_model_invocation_jobs()
    assert of_amazon.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    # S3's errors are XML, which the gateway does not write; the status is told all the same.
    with pytest.raises(botocore.exceptions.ClientError, match="501"):
        _amazon("s3", f"{stage.url}/bedrock/files", CALLERS_KEY).list_objects_v2(Bucket="a-bucket")
