"""Files that survive kill -9, and errors that name file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from kg_service.core.case import Case, Finding
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.job import Journal, load_config, read_jsonl, write_jsonl, write_text

CASE = Case(
    "p1", "phantom", "images/p1.png", "melanoma", "melanoma", "test", "CC0", findings=(Finding("scale", False),)
)


def test_records_come_back_as_they_were_written(tmp_path: Path):
    write_jsonl(tmp_path / "cases.jsonl", [CASE, CASE])
    assert list(read_jsonl(tmp_path / "cases.jsonl", Case)) == [CASE, CASE]


@pytest.mark.parametrize("line", ["{", '{"id": "x"}', "[]", '{"id": 1}'])
def test_a_broken_line_is_named_by_file_and_number(tmp_path: Path, line):
    path = tmp_path / "cases.jsonl"
    write_jsonl(path, [CASE])
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(RecordInvalid, match=r"cases\.jsonl, line 2"):
        list(read_jsonl(path, Case))


def test_a_missing_file_says_which_job_to_run_first(tmp_path: Path):
    with pytest.raises(RecordInvalid, match="run the job that writes it"):
        list(read_jsonl(tmp_path / "none.jsonl", Case))


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_journal_drops_a_torn_last_line_and_nothing_else(tmp_path: Path, cut):
    path = tmp_path / "rows.jsonl"
    with Journal(path) as journal:
        journal.append({"n": 1})
        journal.append({"n": 22222})
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert journal.rows == [{"n": 1}]
        journal.append({"n": 3})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"n": 1}, {"n": 3}]


def test_a_journal_says_where_each_row_ends(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    with Journal(path) as journal:
        journal.append({"n": 1})
        end = journal.append_line(b'{"n": 22}')
        journal.sync()
    with Journal(path) as journal:
        assert journal.ends == [9, end] == [9, path.stat().st_size]
        assert journal.append_line(b"{}") == end + 3


def test_damage_in_the_middle_of_a_journal_is_an_error_not_a_loss(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"n": 1}\n{"n": \n{"n": 3}\n')
    with pytest.raises(RecordInvalid, match=r"rows\.jsonl"):
        Journal(path)
    assert '{"n": 3}' in path.read_text()


def test_a_whole_file_is_written_or_not_at_all(tmp_path: Path):
    path = tmp_path / "report.json"
    write_text(path, "first")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lr: float = 0.1
    name: str = "x"


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()


def test_overrides_win_over_the_file_and_take_bare_words(tmp_path: Path):
    path = tmp_path / "c.toml"
    path.write_text("[inner]\nlr = 1.0\n")
    config = load_config(Config, path, ["inner.lr=2e-3", "inner.name=http://127.0.0.1:8000"])
    assert (config.inner.lr, config.inner.name) == (0.002, "http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("text", "override"), [("[inner]\nlrr = 1", ""), ("[inner", ""), ("", "inner.lr=fast"), ("", "nonsense")]
)
def test_a_wrong_configuration_says_where(tmp_path: Path, text, override):
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ConfigInvalid, match=r"inner|c\.toml|nonsense"):
        load_config(Config, path, [override] if override else [])
