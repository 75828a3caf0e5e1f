"""Documents that can be cited: blocks of Converse's conversation, and the request's own documents.

A document or a search result that asks for citations, and whose text can be read here, is one of the
request's documents, so that any provider can read and cite it. A search result in a tool's result stays
there. Each is sealed with the block as it came and with its number among the blocks of its kind, by which
Bedrock's citations point to it. Any other file stays a file.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from causeway.dialects.bedrock.media_formats import DOCUMENTS
from causeway.model.content import Document, DocumentBlock, Seal, ToolMessage
from causeway.model.request import ChatRequest

# A block is one of these where it can be cited.
KINDS = ("document", "searchResult")

_TEXT_FORMATS = ("txt", "md", "html", "csv")
_READABLE = frozenset({*_TEXT_FORMATS, *(DOCUMENTS[name] for name in _TEXT_FORMATS)})
_DOCUMENT_MEMBERS = frozenset({"format", "name", "source", "context", "citations"})
_RESULT_MEMBERS = frozenset({"source", "title", "content", "citations"})
_CITED = {"enabled": True}


class Place(Struct, frozen=True):
    """Where a block stands in the body: the message and the block in it, both from 0."""

    message: int
    block: int


class CitedBlock(Struct, frozen=True):
    """A block that can be cited: its kind, its number among those of its kind, and its texts.

    `texts` is one for a document that is a whole, and one for each piece of any other.
    """

    kind: str
    number: int
    members: dict[str, Any]
    texts: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether citations count its characters and not its pieces."""
        return self.kind == "document" and "content" not in self.members["source"]


class DocumentReader:
    """Collects the documents of one request, in the order in which their blocks stand."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self._numbers = dict.fromkeys(KINDS, 0)
        self._ids: set[str] = set()

    def read(self, kind: str, block: dict[str, Any]) -> Document | None:
        """Return the document of a block that is to be cited, none for any other.

        Every block of `KINDS` has to be shown, in order: all are numbered.
        """
        if kind not in KINDS:
            return None
        number = self._numbers[kind]
        self._numbers[kind] = number + 1
        texts = _texts_of(kind, block[kind])
        if texts is None:
            return None
        members = block[kind]
        if kind == "document":
            data, id = _document_data(members, texts), members["name"]
        else:
            data, id = _result_data(members, texts), members["source"]
        return Document(data, self._unique(id), Seal("bedrock", {"block": {kind: members}, "number": number}))

    def add(self, document: Document, place: Place) -> None:
        """Take a document that `read` returned as one of the request's, from where it stood."""
        seal = document.seal
        assert seal is not None  # noqa: S101  # every document of `read` has one
        placed = Seal("bedrock", {**seal.data, "message": place.message, "index": place.block})
        self.documents.append(Document(document.data, document.id, placed))

    def _unique(self, id: str) -> str | None:
        """Return an id that no other document has: one that has been given is no name for a second."""
        if not id or id in self._ids:
            return None
        self._ids.add(id)
        return id


def own_block(document: Document) -> dict[str, Any] | None:
    """Return the block that a document was where it came in this dialect, none for any other."""
    match document.seal:
        case Seal(dialect="bedrock", data={"block": dict(block)}):
            return block
    return None


def own_place(document: Document) -> Place | None:
    """Return where the block of one of the request's documents stood, none where it came in no such block."""
    match document.seal:
        case Seal(dialect="bedrock", data={"message": int(message), "index": int(index)}):
            return Place(message, index)
    return None


def cited_blocks(request: ChatRequest) -> dict[str, CitedBlock]:
    """Return the blocks that can be cited by the ids that sources have: the caller's, and the gateway's."""
    found: dict[str, CitedBlock] = {}
    for index, document in enumerate(request.documents):
        _add(found, (document.id, f"doc:{index}"), document)
    for message in request.messages:
        if isinstance(message, ToolMessage):
            for index, block in enumerate(message.content):
                if isinstance(block, DocumentBlock):
                    ids = (block.document.id, f"{message.tool_call_id}:{index}")
                    _add(found, ids, block.document)
    return found


def _add(found: dict[str, CitedBlock], ids: Sequence[str | None], document: Document) -> None:
    match document.seal:
        case Seal(dialect="bedrock", data={"block": dict(block), "number": int(number)}):
            kind = next(iter(block))
            texts = _texts_of(kind, block[kind])
            if texts is not None:
                cited = CitedBlock(kind, number, block[kind], texts)
                for id in ids:
                    if id is not None:
                        found.setdefault(id, cited)


def _texts_of(kind: str, members: Any) -> tuple[str, ...] | None:
    """Return what a block says, none where it asks for no citations or cannot be read here."""
    if not isinstance(members, dict) or members.get("citations") != _CITED:
        return None
    if kind == "searchResult":
        match members:
            case {"source": str(), "title": str(), "content": list(pieces)} if (
                members.keys() == _RESULT_MEMBERS
            ):
                return _pieces(pieces)
        return None
    format = members.get("format")
    if not (members.keys() <= _DOCUMENT_MEMBERS and isinstance(members.get("context"), str | None)):
        return None
    match members:
        case {"name": str(), "source": {"text": str(text), **others}} if not others:
            return _pieces([{"text": text}])
        case {"name": str(), "source": {"content": list(pieces), **others}} if not others:
            return _pieces(pieces)
        case {"name": str(), "source": {"bytes": str(content), **others}} if (
            not others and format in _READABLE
        ):
            return _pieces([{"text": _decoded(content)}])
    return None


def _pieces(pieces: list[Any]) -> tuple[str, ...] | None:
    texts: list[str] = []
    for piece in pieces:
        match piece:
            case {"text": str(text), **others} if not others and text.strip():
                texts.append(text)
            case _:
                return None
    return tuple(texts) or None


def _decoded(content: str) -> str | None:
    try:
        return b64decode(content, validate=True).decode()
    except (Base64Error, ValueError):
        return None


def _document_data(members: dict[str, Any], texts: tuple[str, ...]) -> dict[str, Any] | str:
    context = members.get("context")
    if context:
        return {"context": context, **_fields(texts)}
    return texts[0] if "content" not in members["source"] else _fields(texts)


def _result_data(members: dict[str, Any], texts: tuple[str, ...]) -> dict[str, Any]:
    return {"title": members["title"], **_fields(texts)}


def _fields(texts: tuple[str, ...]) -> dict[str, Any]:
    names = ("text", *(f"text_{number}" for number in range(2, len(texts) + 1)))
    return dict(zip(names, texts, strict=True))
