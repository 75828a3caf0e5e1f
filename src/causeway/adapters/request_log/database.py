"""The file of the request log: how it is opened, written, read and kept small. It blocks whoever calls it.

Several processes write to one file: SQLite's write-ahead log lets one after the other, and each waits.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Self
from urllib.parse import quote

from causeway.adapters.request_log.rows import COLUMNS, Row, Value

# Both are kept in the file's header: whose it is, and which form its table has.
_APPLICATION_ID = 0x43617573
_SCHEMA_VERSION = 1
_BUSY_SECONDS = 1.0
# Each statement that is run lets go of the interpreter's lock, and may wait 5 ms to have it back beside a
# busy event loop: with one for every row, a thousand rows took 80 ms instead of 5. The values of 50 rows
# are well within SQLite's limit for a statement.
_ROWS_PER_STATEMENT = 50

_TABLE = f"CREATE TABLE logs ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
_INDEX = "CREATE INDEX logs_timestamp ON logs (timestamp)"
_PLACES = f"({', '.join('?' * len(COLUMNS))})"


class LogFileError(Exception):
    """The file cannot be used; the message says why."""


class LogFile:
    """An open log. To be used in one thread, and closed. Its methods raise LogFileError."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the log at `path`; where there is none, make it, for this user alone.

        Raises LogFileError, also where the file is somebody else's.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise LogFileError(_words(error)) from error
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            _create(connection)
        except BaseException as error:
            connection.close()
            raise LogFileError(_words(error)) from error
        return cls(connection)

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """Open a log that is there, to read it only."""
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
            )
        except sqlite3.Error as error:
            raise LogFileError(_words(error)) from error
        try:
            if not _is_ours(connection):
                raise LogFileError("there is no log in it")
        except sqlite3.Error as error:
            connection.close()
            raise LogFileError(_words(error)) from error
        except LogFileError:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Close it. What was not committed is gone."""
        self._connection.close()

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows, all of them or none."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for start in range(0, len(rows), _ROWS_PER_STATEMENT):
                some = rows[start : start + _ROWS_PER_STATEMENT]
                places = ", ".join([_PLACES] * len(some))
                values = tuple(chain.from_iterable(some))
                self._connection.execute(f"INSERT INTO logs VALUES {places}", values)  # noqa: S608
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise LogFileError(_words(error)) from error

    def delete_before(self, unix_seconds: float, limit: int) -> int:
        """Delete at most `limit` of the calls that began earlier; returns how many it were."""
        query = "DELETE FROM logs WHERE rowid IN (SELECT rowid FROM logs WHERE timestamp < ? LIMIT ?)"
        try:
            return self._connection.execute(query, (unix_seconds, limit)).rowcount
        except sqlite3.Error as error:
            raise LogFileError(_words(error)) from error

    def last(self, limit: int) -> Iterator[dict[str, Value]]:
        """Yield the last calls, the newest first, by column."""
        query = f"SELECT {', '.join(COLUMNS)} FROM logs ORDER BY timestamp DESC LIMIT ?"  # noqa: S608
        try:
            for row in self._connection.execute(query, (limit,)):
                yield dict(zip(COLUMNS, row, strict=True))
        except sqlite3.Error as error:
            raise LogFileError(_words(error)) from error


def find_problem(path: Path) -> str | None:
    """Return why a log could not be kept at `path`, or nothing. It makes and changes no file."""
    if path.exists():
        if not os.access(path, os.R_OK | os.W_OK):
            return "it may not be written"
        if not path.is_file():
            return "it is no file"
        try:
            LogFile.open_to_read(path).close()
        except LogFileError as error:
            return None if path.stat().st_size == 0 else str(error)
        return None
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is no directory"
    return None if os.access(folder, os.W_OK | os.X_OK) else f"{folder} may not be written"


def _create(connection: sqlite3.Connection) -> None:
    """Make the table where the file is empty; raises LogFileError where it has another program's."""
    is_there = _is_ours(connection)  # before anything is changed
    connection.execute("PRAGMA journal_mode = WAL")
    if is_there:
        return
    connection.execute("BEGIN IMMEDIATE")
    if not _is_ours(connection):  # nobody was quicker
        connection.execute(_TABLE)
        connection.execute(_INDEX)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Whether the file has the table; false where it is empty.

    Raises LogFileError for another program's, such as a log of Bifrost's, and for that of a newer version.
    """
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != _APPLICATION_ID:
        if tables or owner or version:
            raise LogFileError("it is another program's database")
        return False
    if version > _SCHEMA_VERSION:
        raise LogFileError(f"a newer version of Causeway made it (form {version}, not {_SCHEMA_VERSION})")
    return True


def _words(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
