"""Tools for tests against the gateway, and against anything that calls model providers."""

from causeway.testing.gate import Gate
from causeway.testing.replies import Answer, Call, Raw, Recording, Replay, Reply, Status
from causeway.testing.requests import RecordedRequest
from causeway.testing.script import ScriptError, load_recording, load_script
from causeway.testing.upstream import ScriptedUpstream

__all__ = [
    "Answer",
    "Call",
    "Gate",
    "Raw",
    "RecordedRequest",
    "Recording",
    "Replay",
    "Reply",
    "ScriptError",
    "ScriptedUpstream",
    "Status",
    "load_recording",
    "load_script",
]
