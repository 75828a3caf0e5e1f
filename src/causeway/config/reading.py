"""Reads what a configuration only points at, and gathers what is wrong on the way."""

from collections.abc import Iterable, Mapping

from causeway.config.addresses import parse_base_url
from causeway.config.problems import Remark
from causeway.config.values import ConfiguredText, MissingVariableError
from causeway.model.secret import Secret


class Reader:
    """The environment, and the problems that were met. A problem never holds a value that was read."""

    def __init__(self, environment: Mapping[str, str], file_name: str) -> None:
        self._environment = environment
        self.file_name = file_name
        self.problems: list[Remark] = []

    def fail(self, path: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Remark(path, message))

    def text(self, value: ConfiguredText | None, path: str) -> str:
        """Return a value without white space around it; nothing where there is none, or a problem."""
        return self._read(value, path) or ""

    def secret(self, value: ConfiguredText | None, path: str, *, is_needed: bool) -> Secret:
        """Return a value that goes into a header."""
        text = self._read(value, path)
        if text == "" and is_needed:
            self.fail(path, "the key is empty" if value else "the key is missing")
        return self._sendable(text or "", path)

    def base_url(
        self, value: ConfiguredText | None, path: str, *, default_scheme: str = "http"
    ) -> str | None:
        """Return an address, or none where there is none, or a problem."""
        text = self.text(value, path)
        if text and "://" not in text:
            text = f"{default_scheme}://{text}"
        return self._address(text, path) if text else None

    def found_secret(self, names: Iterable[str]) -> tuple[str, Secret] | None:
        """Return the first of these variables that is set, and its value."""
        for name in names:
            if text := self._environment.get(name, "").strip():
                return name, self._sendable(text, name)
        return None

    def found_base_url(self, names: Iterable[str], default_port: int | None) -> tuple[str, str] | None:
        """Return the first of these variables that is set, and the address in it."""
        for name in names:
            if text := self._environment.get(name, "").strip():
                url = self._address(text, name, default_port)
                return None if url is None else (name, url)
        return None

    def found_text(self, names: Iterable[str]) -> tuple[str, str] | None:
        """Return the first of these variables that is set, and its value."""
        values = ((name, self._environment.get(name, "").strip()) for name in names)
        return next((found for found in values if found[1]), None)

    def _read(self, value: ConfiguredText | None, path: str) -> str | None:
        try:
            return "" if value is None else value.read(self._environment).strip()
        except MissingVariableError as error:
            self.fail(path, f"the environment variable {error.name} is not set")
            return None

    def _sendable(self, text: str, path: str) -> Secret:
        if not text.isascii() or not text.isprintable():
            self.fail(path, "has characters that cannot be sent in a header")
            return Secret("")
        return Secret(text)

    def _address(self, text: str, path: str, default_port: int | None = None) -> str | None:
        try:
            return parse_base_url(text, default_port=default_port)
        except ValueError as error:
            self.fail(path, str(error))
            return None
