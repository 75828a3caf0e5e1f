"""What one dialect's content holds that another has no form for, said in the same words everywhere.

The encoders walk the content; this module only knows what is to be reported.
"""

from causeway.model.content import CachePoint, FileBlock, ImageBlock, OpaqueBlock
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Tool


def report_uncarried(block: FileBlock | OpaqueBlock | CachePoint, path: str, losses: LossReport) -> None:
    """Add a block that the provider is not told, at `path`."""
    match block:
        case FileBlock(media_type=media_type):
            losses.add(
                "dropped", path, f"the provider does not take files ({media_type or 'of no said type'})"
            )
        case OpaqueBlock(kind=kind):
            losses.add("dropped", path, f"{kind} has no form in the provider's dialect")
        case CachePoint():
            losses.add("dropped", path, "the provider is not told what to keep in its cache")


def is_reached(image: ImageBlock, path: str, losses: LossReport) -> bool:
    """Whether a provider without a store of its own can read an image; adds the image at `path` if not.

    It can where the image is in the request or on the web; `s3:` and `gs:` are only their owners' to read.
    """
    if image.url.startswith(("https://", "http://", "data:")):
        return True
    losses.add("dropped", path, "the provider cannot fetch it")
    return False


def allowed_tools(request: ChatRequest, losses: LossReport) -> tuple[Tool, ...]:
    """Return the tools that may be called, for a provider that can only be told those."""
    if not request.allowed_tools:
        return request.tools
    losses.add("mapped", "tool_choice", "the tools that are not allowed are left out")
    return tuple(tool for tool in request.tools if tool.name in request.allowed_tools)


def report_uncarried_tools(request: ChatRequest, dialect: str, losses: LossReport) -> None:
    """Add the tools of other dialects than the provider's, `dialect`, which it is not told."""
    for index, tool in enumerate(request.opaque_tools):
        if tool.dialect != dialect:
            losses.add("dropped", f"tools[{index}]", f"{tool.kind} is a tool of the {tool.dialect} dialect")


def report_uncarried_answer_fields(extras: Extras | None, dialect: str, losses: LossReport) -> None:
    """Add the fields of an answer that are of another dialect than the caller's, `dialect`."""
    if extras is None or extras.dialect == dialect:
        return
    for name, value in extras.fields.items():
        if value is not None:  # which only says under what name something came
            losses.add("dropped", f"response.{name}", f"a field of the {extras.dialect} dialect")
