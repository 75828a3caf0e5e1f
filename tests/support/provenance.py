"""Who answered, for tests that do not care."""

from causeway.model.provenance import Provenance

NOBODY = Provenance(provider="local", model="scripted", model_requested="any", request_type="chat_completion")
