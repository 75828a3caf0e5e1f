"""What later turns build on, kept in memory without a thread."""


class Keeper:
    """An `AnswerKeeper` that is a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def keep(self, key: str, value: bytes) -> None:
        self.kept[key] = value

    async def find(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def forget(self, key: str) -> bool:
        return self.kept.pop(key, None) is not None
