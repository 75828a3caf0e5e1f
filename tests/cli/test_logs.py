"""`causeway logs`: what a user sees of the log of calls."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from causeway.adapters.request_log.database import LogFile
from causeway.adapters.request_log.rows import COLUMNS, encode_row
from causeway.cli import main
from causeway.model.usage import Usage
from causeway.pipeline.call import CallRecord
from support.call_records import FAILED, RECORD

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "observability.md").read_text()
assert RECORD.provenance is not None
FALLEN_BACK = replace(
    RECORD,
    model_requested="gpt-4o",
    is_stream=True,
    provenance=replace(RECORD.provenance, provider="cohere", model="command-a", fallback_index=1),
    usage=Usage(input_tokens=12, output_tokens=7),
    ended_unix_seconds=1_790_000_003.0,
    milliseconds=1250.0,
)
REFUSED = replace(
    FAILED,
    model_requested="gpt-4o",
    error_code="upstream_refused",
    ended_unix_seconds=1_790_000_001.0,
    milliseconds=60.0,
)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as place:
        place.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "causeway.toml"
    file.write_text('[logs_store.config]\npath = "calls.db"\n')
    return file


def write(path: Path, *records: CallRecord) -> None:
    with closing(LogFile.open(path)) as file:
        file.write([encode_row(record, 1) for record in records])


def test_the_example_of_the_documentation(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(config.parent / "calls.db", FALLEN_BACK, REFUSED, RECORD)
    (command, shown) = re.findall(r"^\$ causeway (logs .*)\n((?:.+\n)+?)```", PAGE, re.MULTILINE)[0]
    assert main([*command.split(), "--config", str(config)]) == 0
    assert capsys.readouterr().out == shown


def test_the_last_calls_are_shown_and_the_newest_comes_last(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [replace(RECORD, id=str(number), ended_unix_seconds=1000.0 + number) for number in range(30)]
    write(config.parent / "calls.db", *records)
    assert main(["logs", "--config", str(config), "--json"]) == 0
    calls = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [call["id"] for call in calls] == [str(number) for number in range(10, 30)]
    assert all(list(call) == list(COLUMNS) for call in calls)


def test_without_a_configuration_it_is_the_users_own_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert main(["logs"]) == 1
    path = tmp_path / "causeway" / "logs.db"
    assert f"cannot read the request log {path}: unable to open" in capsys.readouterr().err
    assert not path.parent.exists()
    write(path, RECORD)
    assert main(["logs"]) == 0
    assert "openai/gpt-4o" in capsys.readouterr().out


def test_others_words_cannot_act_on_the_terminal(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(config.parent / "calls.db", replace(RECORD, model_requested="\x1b[2Jm\r\n"))
    assert main(["logs", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown


def test_a_log_that_is_off_or_a_file_that_is_wrong_is_told(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("[logs_store]\nenabled = false\n")
    assert main(["logs", "--config", str(config)]) == 1
    assert "switched off" in capsys.readouterr().err
    config.write_text("[logs_stores]\n")
    assert main(["logs", "--config", str(config)]) == 2
    assert "did you mean `logs_store`?" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1000001"])
def test_a_wrong_limit_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["logs", f"--limit={limit}"])
    assert "expected a number from 1 to 1000000" in capsys.readouterr().err
