"""Responses that are kept: what is kept, how a conversation goes on from one, and how each is told.

Where they are kept is not known here. What is kept of a response is enough to go on from it alone: its input
is the whole conversation before it, without the instructions, which hold for one response only. But where a
provider has put the conversation there by itself, its input is what came with it, and the id before it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.openai.request_body import invalid, invalid_choice
from causeway.dialects.responses.decode_input import decode_input
from causeway.dialects.responses.encode_input import encode_input
from causeway.dialects.responses.encode_output import invented_item_id
from causeway.dialects.responses.items import DIALECT, MESSAGE
from causeway.dialects.responses.response_fields import own_fields
from causeway.model.content import SystemMessage, sole_text
from causeway.model.errors import InvalidRequestError, NotFoundError
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.wire.ascii_json import encode_ascii

PREVIOUS = "previous_response_id"
ORDERS = ("asc", "desc")
MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20

_UNFINISHED = ("queued", "in_progress")


class StoredResponse(Struct, frozen=True):
    """What is kept of a response: its JSON as it was answered, and the items that it answers, with ids.

    `previous_id` is the response that its provider has put before these items by itself.
    """

    id: str
    response: dict[str, Any]
    input_items: tuple[dict[str, Any], ...]
    previous_id: str | None = None


class PageQuery(Struct, frozen=True):
    """Which input items to list: `after` is the id of the last item of the page before."""

    after: str | None = None
    limit: int = DEFAULT_PAGE_SIZE
    order: str = "desc"


def is_to_be_kept(request: ChatRequest) -> bool:
    """Whether the caller allows that the response is kept, which nobody has to say."""
    return request.dialect == DIALECT and own_fields(request.extras).get("store") is not False


def previous_response_id(request: ChatRequest) -> str | None:
    """Return the id of the response that a request goes on from; raises InvalidRequestError."""
    id = own_fields(request.extras).get(PREVIOUS)
    if id is not None and not isinstance(id, str):
        raise invalid(PREVIOUS, "expected a string")
    return id or None


def keep_response(request: ChatRequest, body: bytes) -> StoredResponse:
    """Return what to keep of an answer to `request`, as it was sent to the provider; `body` is its JSON.

    Raises ValueError where `body` is no response.
    """
    response = msgspec.json.decode(body)
    if not isinstance(response, dict) or not isinstance(response.get("id"), str):
        raise ValueError("not a response")
    response.pop("extra_fields", None)
    _, items = encode_input(request.messages, LossReport())
    listed = tuple(_listed(item, response["id"], index) for index, item in enumerate(items))
    return StoredResponse(response["id"], response, listed, previous_response_id(request))


def continue_from(stored: StoredResponse, request: ChatRequest) -> ChatRequest:
    """Return the request with the conversation before it in place of `previous_response_id`.

    Its own instructions stay first; those of the stored response do not hold any more. Where the stored
    response went on from one that only its provider put before it, the request goes on from that one now.
    """
    items = [*stored.input_items, *stored.response["output"]]
    before = decode_input(items, None, LossReport())
    own, first = request.messages, request.messages[:1]
    has_instructions = bool(first) and isinstance(first[0], SystemMessage) and sole_text(first[0]) is not None
    head, rest = (first, own[1:]) if has_instructions else ((), own)
    kept = {name: value for name, value in own_fields(request.extras).items() if name != PREVIOUS}
    if stored.previous_id is not None:
        kept[PREVIOUS] = stored.previous_id
    return msgspec.structs.replace(
        request,
        messages=(*head, *before, *rest),
        is_verbatim=False,
        extras=Extras(DIALECT, kept) if kept else None,
    )


def encode_stored(stored: StoredResponse) -> bytes:
    """Return the JSON body of `GET /responses/{id}`, and of a cancellation."""
    return encode_ascii(stored.response)


def encode_deleted(id: str) -> bytes:
    """Return the JSON body of `DELETE /responses/{id}`."""
    return encode_ascii({"id": id, "object": "response", "deleted": True})


def cancel_stored(stored: StoredResponse) -> StoredResponse:
    """Return the response as it is once it is cancelled; one that has ended stays as it is.

    Raises InvalidRequestError for one that was not made in the background.
    """
    if not stored.response.get("background"):
        raise InvalidRequestError("Cannot cancel a synchronous response.")
    if stored.response.get("status") not in _UNFINISHED:
        return stored
    return msgspec.structs.replace(stored, response={**stored.response, "status": "cancelled"})


def decode_page_query(parameters: Mapping[str, str]) -> PageQuery:
    """Return which input items to list; raises InvalidRequestError, naming the parameter."""
    order, limit = parameters.get("order", "desc"), parameters.get("limit", str(DEFAULT_PAGE_SIZE))
    if order not in ORDERS:
        raise invalid_choice("order", order, ORDERS)
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MAX_PAGE_SIZE):
        raise invalid("limit", f"expected a number from 1 to {MAX_PAGE_SIZE}, got {limit[:50]}")
    return PageQuery(parameters.get("after"), int(limit), order)


def encode_input_items(stored: StoredResponse, query: PageQuery) -> bytes:
    """Return the JSON body of `GET /responses/{id}/input_items`.

    Raises InvalidRequestError where `after` is none of the items.
    """
    items = list(stored.input_items if query.order == "asc" else reversed(stored.input_items))
    start = 0
    if query.after is not None:
        places = [index for index, item in enumerate(items) if item["id"] == query.after]
        if not places:
            raise invalid("after", f"'{query.after[:100]}' is none of the response's input items")
        start = places[0] + 1
    page = items[start : start + query.limit]
    return encode_ascii(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": start + len(page) < len(items),
        }
    )


def unknown_response(id: str) -> NotFoundError:
    """Return the error of a path that names a response which is not kept."""
    return NotFoundError(f"Response with id '{id[:200]}' not found.")


def unknown_previous_response(id: str) -> InvalidRequestError:
    """Return the error of a request that goes on from a response which is not kept."""
    error = InvalidRequestError(f"Previous response with id '{id[:200]}' not found.", field=PREVIOUS)
    error.code = "previous_response_not_found"
    return error


def _listed(item: dict[str, Any], response_id: str, index: int) -> dict[str, Any]:
    """Return an input item as it is listed: with its type, an id, and its content in parts."""
    kind = item.get("type", MESSAGE)
    listed = {"type": kind, **item}
    if not isinstance(item.get("id"), str):
        # Apart from the ids of the output, which count from 0 too.
        listed["id"] = invented_item_id(kind, response_id, -1 - index)
    if kind == MESSAGE:
        listed.setdefault("status", "completed")
        if isinstance(content := item.get("content"), str):
            listed["content"] = [_text_part(str(item.get("role")), content)]
    return listed


def _text_part(role: str, text: str) -> dict[str, Any]:
    if role == "assistant":
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "input_text", "text": text}
