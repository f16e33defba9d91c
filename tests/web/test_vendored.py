"""Other people's files are what they say they are. Check 21."""

from __future__ import annotations

import shutil
from pathlib import Path

from kg_service.web.vendor import FOLDER, faults, vendored


def test_every_vendored_file_is_listed_unaltered_and_has_its_licence_beside_it():
    assert faults() == []


def test_every_vendored_file_is_pinned_and_of_a_licence_that_lets_us_ship_it():
    for each in vendored():
        assert each.licence in {"0BSD", "Apache-2.0"}
        assert each.version.count(".") == 2
        assert each.integrity.startswith("sha512-")


def test_an_altered_a_missing_and_a_strange_file_are_noticed(tmp_path: Path):
    folder = tmp_path / "vendor"
    shutil.copytree(FOLDER, folder)
    with (folder / "htmx.min.js").open("ab") as file:
        file.write(b" ")
    (folder / "swagger-ui.css").unlink()
    (folder / "strange.js").write_text("")
    assert faults(folder) == [
        "htmx.min.js is not what htmx.org 4.0.1 holds",
        "swagger-ui.css is missing",
        "strange.js is in no list",
    ]
