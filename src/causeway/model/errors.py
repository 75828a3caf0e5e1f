r"""Every error that a caller can meet, as one tree.

    CausewayError
    ├── ClientError                     the request is at fault
    │   ├── InvalidRequestError         400  a field is missing, of the wrong type or out of range
    │   │   ├── MalformedJsonError      400  the body is not JSON
    │   │   └── ContextOverflowError    400  the conversation is longer than the model's context
    │   ├── UnknownFieldError           422  a field that the dialect does not know
    │   ├── UntranslatableError         422  strict mode, and the answering model cannot be asked for this
    │   ├── AuthenticationError         401  no key, or a wrong one
    │   ├── NotFoundError               404  no such path
    │   │   └── ModelNotFoundError      404  no such model
    │   ├── MethodNotAllowedError       405
    │   ├── BodyTimeoutError            408  the body did not arrive in time
    │   ├── BodyTooLargeError           413
    │   └── ClientDisconnectedError     499  the caller has gone; nobody reads this
    ├── UpstreamError                   the model that should answer is at fault
    │   ├── UpstreamRefusedError        its  the provider answered with an error: its status, its words
    │   ├── UpstreamConnectionError     502  no connection, or one that broke
    │   ├── UpstreamProtocolError       502  what came is not an answer: HTML, cut JSON, a redirect
    │   ├── UpstreamTimeoutError        504  silence, before the first byte or after it
    │   ├── NoProviderKeyError          503  no key of the provider may be used for this model
    │   ├── CircuitOpenError            503  the provider failed lately and is left alone for a while
    │   ├── InvalidGenerationError      422  what the model wrote is not what was asked for
    │   ├── EngineFailedError           503  the embedded engine died or hung while it answered
    │   ├── OverloadedError             503  no room to wait; retry later
    │   └── ModelUnavailableError       503  there is no model to ask
    └── GatewayError                    Causeway is at fault
        ├── NotImplementedHereError     501  documented by the API, not done by this model
        └── InternalError               500

Each class knows the HTTP status that tells the caller, whose fault it is, whether the same request
may succeed later, and a short `code`. Dialects turn them into their own wire shapes; no other module
chooses a status. A message never contains a key.
"""

from typing import ClassVar, Literal


class CausewayError(Exception):
    """The root. `field` names the request's field at fault, as a path, where there is one."""

    status: int = 500
    fault: ClassVar[Literal["client", "upstream", "gateway"]] = "gateway"
    may_retry: ClassVar[bool] = False
    code: str = "internal_error"

    def __init__(
        self, message: str, *, field: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_seconds = retry_after_seconds


class ClientError(CausewayError):
    """The request is at fault."""

    status = 400
    fault = "client"
    code = "invalid_request"


class InvalidRequestError(ClientError):
    """A field is missing, of the wrong type or out of range, or fields contradict each other."""


class MalformedJsonError(InvalidRequestError):
    """The body is not JSON."""

    code = "malformed_json"


class ContextOverflowError(InvalidRequestError):
    """The conversation is longer than the model's context."""

    code = "context_length_exceeded"


class UnknownFieldError(ClientError):
    """The dialect does not know this field."""

    status = 422
    code = "unknown_field"


class UntranslatableError(ClientError):
    """The caller forbade losses, and the model that would answer cannot be asked for this."""

    status = 422
    code = "untranslatable"


class AuthenticationError(ClientError):
    """No key, or a wrong one."""

    status = 401
    code = "invalid_api_key"


class NotFoundError(ClientError):
    """There is nothing at this path."""

    status = 404
    code = "not_found"


class ModelNotFoundError(NotFoundError):
    """There is no model of this name."""

    code = "model_not_found"


class MethodNotAllowedError(ClientError):
    """The path exists, with other methods: those in `allowed`."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class BodyTimeoutError(ClientError):
    """The body did not arrive in time."""

    status = 408
    may_retry = True
    code = "body_timeout"


class BodyTooLargeError(ClientError):
    """The body is larger than the gateway accepts."""

    status = 413
    code = "body_too_large"


class ClientDisconnectedError(ClientError):
    """The caller went away before the answer was complete."""

    status = 499
    code = "client_disconnected"


class UpstreamError(CausewayError):
    """The model that should answer is at fault."""

    status = 502
    fault = "upstream"
    may_retry = True
    code = "upstream_error"


class UpstreamRefusedError(UpstreamError):
    """The provider answered with an error, which keeps its status, its words and its `retry-after`.

    `type`, `param` and `provider_code` are what the provider said beside the message, where it did.
    """

    code = "upstream_refused"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        type: str | None = None,
        param: str | None = None,
        provider_code: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message, field=param, retry_after_seconds=retry_after_seconds)
        self.status = status
        self.type = type
        self.param = param
        self.provider_code = provider_code
        if provider_code is not None:
            self.code = provider_code


class UpstreamConnectionError(UpstreamError):
    """There was no connection to the provider, or it broke."""

    code = "upstream_connection"


class UpstreamProtocolError(UpstreamError):
    """What the provider sent is not an answer."""

    code = "upstream_protocol"


class UpstreamTimeoutError(UpstreamError):
    """The provider was silent for too long."""

    status = 504
    code = "request_timed_out"


class NoProviderKeyError(UpstreamError):
    """The provider has no key that may be used for this model."""

    status = 503
    code = "no_eligible_keys"


class CircuitOpenError(UpstreamError):
    """The provider failed lately and is left alone for a while."""

    status = 503
    code = "circuit_open"


class InvalidGenerationError(UpstreamError):
    """The model wrote something that does not hold: JSON against its schema, a tool call."""

    status = 422
    code = "no_valid_response_generated"


class EngineFailedError(UpstreamError):
    """The embedded engine died or hung while it worked on this request."""

    status = 503
    code = "engine_failed"


class OverloadedError(UpstreamError):
    """There is no room to wait."""

    status = 503
    code = "overloaded"


class ModelUnavailableError(UpstreamError):
    """There is no model to ask: none is installed, or it cannot be loaded."""

    status = 503
    code = "model_unavailable"


class GatewayError(CausewayError):
    """Causeway is at fault."""


class NotImplementedHereError(GatewayError):
    """The API documents it; the model that was asked cannot do it."""

    status = 501
    code = "not_implemented"


class InternalError(GatewayError):
    """A defect of the gateway's."""
