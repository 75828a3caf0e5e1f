"""What the OpenAPI document says of Bedrock's endpoints: complete, and true to the code."""

import json
import re

from causeway.dialects.bedrock.chat_operations import chat_operations
from causeway.dialects.openapi import Section, describe_api


def test_every_endpoint_is_described_and_every_reference_leads_somewhere() -> None:
    section = Section(chat_operations(("/bedrock",)), schema_prefix="Bedrock")
    document = describe_api(
        [section],
        title="t",
        version="1",
        description="d",
        servers=[],
        security_schemes={},
        type_prefix="Wire",
    )
    names = ("converse", "converse-stream", "invoke", "invoke-with-response-stream", "count-tokens")
    assert set(document["paths"]) == {f"/model/{{model}}/{name}" for name in names}
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert references <= document["components"]["schemas"].keys()
    error = document["components"]["schemas"]["BedrockErrorBody"]
    assert set(error["properties"]) == {"message", "__type"}
    sampling = document["components"]["schemas"]["BedrockInferenceConfig"]["properties"]
    assert sampling["temperature"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 1}
