"""`invoke` and `invoke-with-response-stream` as their callers see them: a body in the words of a vendor.

Whose words they are shows in the body. Those of other dialects are left to the faces of these, which whoever
lists the endpoints hands in: no dialect imports another.
"""

from typing import Any, ClassVar

from msgspec.structs import replace

from causeway.dialects.bedrock.encode_response import encode_response
from causeway.dialects.bedrock.face import BedrockFace
from causeway.dialects.bedrock.invoke_nova import DIALECT as NOVA
from causeway.dialects.bedrock.invoke_nova import decode_nova
from causeway.dialects.bedrock.invoke_stream import NovaEncoder, TextEncoder, WrappedEncoder
from causeway.dialects.bedrock.invoke_text import MistralText, TextBody, TitanText
from causeway.dialects.bedrock.request_body import BodyReader
from causeway.dialects.bedrock.response_losses import report_losses
from causeway.dialects.faces import ChatClientFace, StreamEncoder
from causeway.model.content import TextBlock
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii
from causeway.wire.aws_event_stream import MEDIA_TYPE
from causeway.wire.json_members import remove_member, replace_member

# Nova's messages hold blocks without a `type`, beside members that only Converse has.
NOVA_MEMBERS = frozenset({"schemaVersion", "inferenceConfig", "toolConfig"})
_TEXT_BODIES: dict[str, TextBody] = {body.dialect: body for body in (TitanText(), MistralText())}
# The faces of others want a model, which the path names here.
_PLACEHOLDER = b'"bedrock"'

_reader = BodyReader(dict[str, Any])


class BedrockInvoke(BedrockFace, frozen=True):
    """The client face of InvokeModel.

    `claude` is a face of Anthropic's Messages, `cohere` one of Cohere's v1 chat, and `openai` one of chat
    completions, in which Mistral's newer models and the GPT ones are asked.
    """

    claude: ChatClientFace
    cohere: ChatClientFace
    openai: ChatClientFace
    stream_media_type: ClassVar[bytes] = MEDIA_TYPE.encode()
    heartbeat: ClassVar[bytes] = b""

    def decode_request(self, body: bytes, losses: LossReport) -> ChatRequest:
        """Return the request, without a model; raises ClientError, naming the field."""
        _, tree = _reader.read(body)
        if "anthropic_version" in tree:
            return self._decode_claude(body, tree, losses)
        if "inputText" in tree:
            return _TEXT_BODIES[TitanText.dialect].decode_request(tree)
        if not NOVA_MEMBERS.isdisjoint(tree):
            return decode_nova(tree, losses)
        if "prompt" in tree:
            return _TEXT_BODIES[MistralText.dialect].decode_request(tree)
        if "message" in tree:
            return _with_path_model(self.cohere.decode_request(body, losses))
        if "messages" in tree:
            with_model = replace_member(body, "model", _PLACEHOLDER)
            return _with_path_model(self.openai.decode_request(with_model, losses))
        raise InvalidRequestError("The body is none of Claude's, Cohere's, Mistral's, Nova's or Titan's.")

    def encode_response(self, response: ChatResponse, request: ChatRequest, provenance: Provenance) -> bytes:
        """Return the JSON body of a whole answer, as the vendor writes it."""
        if (face := self._face(request)) is not None:
            return face.encode_response(response, request, provenance)
        if request.dialect == NOVA:
            return encode_response(response, request, provenance)
        texts = [response.tool_plan or "", *(b.text for b in response.content if isinstance(b, TextBlock))]
        body = _TEXT_BODIES[request.dialect]
        return encode_ascii(body.encode_answer("".join(texts), response.finish_reason, response.usage))

    def report_losses(self, response: ChatResponse, losses: LossReport) -> None:
        """Add what Converse has no field for: whose body will be written is not known here."""
        report_losses(response, losses)

    def stream_encoder(self, request: ChatRequest, provenance: Provenance) -> StreamEncoder:
        """Return the encoder of one streamed answer."""
        if (face := self._face(request)) is not None:
            has_lines = face.stream_media_type != b"text/event-stream"
            encoder = face.stream_encoder(request, provenance)
            return WrappedEncoder(encoder, provenance, has_lines=has_lines)
        if request.dialect == NOVA:
            return NovaEncoder(request, provenance)
        return TextEncoder(_TEXT_BODIES[request.dialect], provenance)

    def response_headers(self, usage: Usage) -> list[tuple[bytes, bytes]]:
        """Return the counts, which Bedrock tells in headers whatever the body is."""
        return [
            (b"x-amzn-bedrock-input-token-count", str(usage.input_tokens).encode()),
            (b"x-amzn-bedrock-output-token-count", str(usage.output_tokens).encode()),
        ]

    def relay_response(self, body: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the body as it is."""
        return body

    def relay_frame(self, frame: bytes, provenance: Provenance) -> bytes:  # noqa: ARG002
        """Return the frames as they are."""
        return frame

    def _face(self, request: ChatRequest) -> ChatClientFace | None:
        faces = {face.dialect: face for face in (self.claude, self.openai)}
        # Requests of Cohere's older API are of the dialect that both are.
        return self.cohere if request.dialect == "cohere" else faces.get(request.dialect)

    def _decode_claude(self, body: bytes, tree: dict[str, Any], losses: LossReport) -> ChatRequest:
        for name in ("anthropic_version", "anthropic_beta"):
            body = remove_member(body, name)
        if tree.get("anthropic_beta"):
            losses.add("dropped", "anthropic_beta", "the gateway has no place for it")
        return _with_path_model(
            self.claude.decode_request(replace_member(body, "model", _PLACEHOLDER), losses)
        )


def _with_path_model(request: ChatRequest) -> ChatRequest:
    """Return a request for the model of the path, whose body no other vendor's endpoint takes."""
    return replace(request, model="", is_verbatim=False)
