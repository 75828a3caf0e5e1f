"""A script in a file: which requests are answered with what, and recordings to replay.

A script is a list of rules, in TOML or JSON by the file's name. The first rule that matches a request and
is not used up gives the reply; where none does, the default behaviour answers.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from causeway.testing.replies import Answer, Raw, Recording, Replay, Reply, Status
from causeway.testing.requests import RecordedRequest

Decoded = TypeVar("Decoded")
_PATH = re.compile(r"^(.*) - at `(?:key in )?\$\.?(.*?)`$", re.DOTALL)


class ScriptError(Exception):
    """A script or a recording cannot be used; the message names file and field."""


class ReplayFile(Reply, frozen=True, tag="replay"):
    """A `Replay` of the recording in a file, whose path counts from the script's folder."""

    file: str


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests a rule is for: all that is given must hold.

    `path` is the path's end, `model` the body's whole model name, `contains` a text somewhere in the body.
    """

    path: str | None = None
    model: str | None = None
    contains: str | None = None

    def holds(self, request: RecordedRequest) -> bool:
        """Return whether a request is meant."""
        if self.path is not None and not request.path.endswith(self.path):
            return False
        if self.model is None and self.contains is None:
            return True
        try:
            body = request.json
        except msgspec.DecodeError:
            return False
        if self.model is not None and not (isinstance(body, dict) and body.get("model") == self.model):
            return False
        # Both sides are encoded the same way, so that escapes make no difference.
        return self.contains is None or _encode(self.contains)[1:-1] in _encode(body)


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """What requests that match are answered; `times` bounds how often, without it there is no bound."""

    reply: Answer | Status | Raw | ReplayFile
    match: Match = Match()
    times: Annotated[int, Meta(ge=1)] | None = None


class Script:
    """Rules in use: a function from requests to replies, for `ScriptedUpstream.respond`."""

    def __init__(self, rules: list[Rule], replies: list[Reply]) -> None:
        self._rules = rules
        self._replies = replies
        self._times_left = [rule.times for rule in rules]

    def __call__(self, request: RecordedRequest) -> Reply | None:
        """Return the reply of the first rule that matches and is not used up."""
        for index, rule in enumerate(self._rules):
            left = self._times_left[index]
            if left == 0 or not rule.match.holds(request):
                continue
            if left is not None:
                self._times_left[index] = left - 1
            return self._replies[index]
        return None


def load_script(path: Path) -> Script:
    """Return the script of a `.toml` or `.json` file; raises ScriptError."""
    content = _load(path)
    if not isinstance(content, dict) or set(content) != {"rules"} or not isinstance(content["rules"], list):
        raise ScriptError(f"{path}: it must have a list `rules`, and nothing else")
    rules = [_convert(given, Rule, f"{path}: rules[{index}]") for index, given in enumerate(content["rules"])]
    return Script(rules, [_reply(rule.reply, path, index) for index, rule in enumerate(rules)])


def load_recording(path: Path) -> Recording:
    """Return a recorded response from a JSON file; raises ScriptError.

    The file holds `{status, headers, json | text | base64}`, or an exchange that has it as its `response`.
    """
    content = _load(path)
    if isinstance(content, dict) and "response" in content:
        return _convert(content["response"], Recording, f"{path}: response")
    return _convert(content, Recording, str(path))


def _reply(reply: Reply, path: Path, index: int) -> Reply:
    if not isinstance(reply, ReplayFile):
        return reply
    try:
        recording = load_recording(path.parent / reply.file)
    except ScriptError as error:
        raise ScriptError(f"{path}: rules[{index}].reply.file: {error}") from None
    delivery = {name: getattr(reply, name) for name in Reply.__struct_fields__}
    return Replay(recording, **delivery)


def _load(path: Path) -> Any:
    try:
        content = path.read_bytes()
        return tomllib.loads(content.decode()) if path.suffix == ".toml" else msgspec.json.decode(content)
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: {error}") from None


def _convert(value: Any, shape: type[Decoded], place: str) -> Decoded:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        found = _PATH.match(str(error))
        if found is None:
            raise ScriptError(f"{place}: {error}") from None
        raise ScriptError(f"{place}.{found[2]}: {found[1]}") from None


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value)
