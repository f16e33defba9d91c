from __future__ import annotations

from pathlib import Path

import pytest

from kg_service.core.errors import ConfigInvalid, TurtleBroken
from kg_service.store.turtle import read_folder, turtle_files

from ..live import MINI


def test_shapes_and_queries_are_not_read_as_statements():
    assert {path.name for path in turtle_files(MINI)} == {
        "skin.ttl", "features.ttl", "mini.ttl", "neoplasms.ttl", "inflammatory.ttl"
    }  # fmt: skip


def test_a_broken_file_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "good.ttl").write_text("<http://a> <http://b> <http://c> .\n")
    (tmp_path / "bad.ttl").write_text("@prefix a: <http://a/> .\n\na:b a:c\n  a:d a:e ;; .\n")
    with pytest.raises(TurtleBroken, match=r"bad\.ttl, line 4: "):
        read_folder(tmp_path)


def test_every_broken_file_is_named_at_once(tmp_path: Path):
    for name in ("one.ttl", "two.ttl"):
        (tmp_path / name).write_text("oops")
    with pytest.raises(TurtleBroken) as caught:
        read_folder(tmp_path)
    assert len(caught.value.findings) == 2


def test_a_blank_node_is_refused_with_its_line(tmp_path: Path):
    (tmp_path / "blank.ttl").write_text("@prefix a: <http://a/> .\n\na:thing a:has [ a:b a:c ] .\n")
    with pytest.raises(TurtleBroken, match=r"blank\.ttl, line 3: a blank node"):
        read_folder(tmp_path)


def test_a_relative_iri_is_refused_because_it_would_hold_the_machines_path(tmp_path: Path):
    (tmp_path / "relative.ttl").write_text("<melanoma> <http://b> <http://c> .")
    with pytest.raises(TurtleBroken, match="line 1"):
        read_folder(tmp_path)


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "latin.ttl").write_bytes(b"# fine\n# na\xefve\n")
    with pytest.raises(TurtleBroken, match=r"latin\.ttl, line 2: not UTF-8"):
        read_folder(tmp_path)


def test_an_empty_folder_is_a_configuration_error(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match=r"no \*\.ttl"):
        read_folder(tmp_path)
