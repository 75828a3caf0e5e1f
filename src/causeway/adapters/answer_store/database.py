"""The table of kept answers: how it is opened, read, written and kept small. It blocks whoever calls it.

Several processes may use one file. What is kept is as secret as a conversation: the file is for its owner
alone, and no error quotes what it holds.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from msgspec import Struct

_BUSY_SECONDS = 1.0
_DELETED_AT_ONCE = 100
_TABLE = (
    "CREATE TABLE IF NOT EXISTS kept "
    "(key TEXT PRIMARY KEY, value BLOB NOT NULL, bytes INTEGER NOT NULL, kept_at REAL NOT NULL)"
)
_INDEX = "CREATE INDEX IF NOT EXISTS kept_by_age ON kept (kept_at)"


class Kept(Struct, frozen=True):
    """One value under its key, and when it was kept by the clock on the wall."""

    key: str
    value: bytes
    unix_seconds: float

    def __repr__(self) -> str:
        return f"Kept({len(self.value)} bytes)"


class AnswerFile:
    """An open table, to be used in one thread. Its methods raise sqlite3.Error, and `open` OSError too."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """Open the table: in memory without a `path`; a file that is made is for this user alone."""
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(_TABLE)
            connection.execute(_INDEX)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def write(self, rows: Sequence[Kept]) -> None:
        """Keep values, all of them or none; one under the same key is replaced."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
                [(row.key, row.value, len(row.value), row.unix_seconds) for row in rows],
            )
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def read(self, key: str, oldest_unix_seconds: float) -> bytes | None:
        """Return what is kept under `key`, or nothing where it is older."""
        found = self._connection.execute(
            "SELECT value FROM kept WHERE key = ? AND kept_at >= ?", (key, oldest_unix_seconds)
        ).fetchone()
        return None if found is None else bytes(found[0])

    def delete(self, key: str) -> bool:
        """Delete what is kept under `key`; returns whether there was something."""
        return self._connection.execute("DELETE FROM kept WHERE key = ?", (key,)).rowcount > 0

    def clean_up(self, oldest_unix_seconds: float, max_bytes: int) -> None:
        """Delete what is older, and of the rest the oldest until all values together fit `max_bytes`."""
        self._connection.execute("DELETE FROM kept WHERE kept_at < ?", (oldest_unix_seconds,))
        while self.count_bytes() > max_bytes:
            self._connection.execute(
                "DELETE FROM kept WHERE key IN (SELECT key FROM kept ORDER BY kept_at LIMIT ?)",
                (_DELETED_AT_ONCE,),
            )

    def count_bytes(self) -> int:
        """Return how many bytes all values have together."""
        (total,) = self._connection.execute("SELECT coalesce(sum(bytes), 0) FROM kept").fetchone()
        return int(total)
