"""The command line: quick help, dry runs that do nothing, honest exit codes."""

from __future__ import annotations

import json

from synth.__main__ import main

from .test_generate import ROOT, synth


def test_a_dry_run_says_what_it_would_do_and_does_nothing(config_file, tmp_path):
    path = config_file(write__rows=7)
    for verb in ("cases", "generate"):
        done = synth(verb, path, "--run-dir", tmp_path / "run", "--dry-run")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["dry_run"]
    assert "7 rows wanted" in done.stdout
    assert not (tmp_path / "run").exists()


def test_an_unknown_key_ends_with_two_and_is_named(config_file, tmp_path, capsys):
    code = main(["generate", str(config_file()), "--run-dir", str(tmp_path / "run"), "--set", "write.stile=full"])
    assert code == 2
    assert "write.stile" in capsys.readouterr().err


def test_another_release_than_the_pinned_one_ends_with_three(config_file, tmp_path):
    wrong = "sha256:" + "0" * 64
    assert (
        main(["cases", str(config_file()), "--run-dir", str(tmp_path / "r"), "--set", f"knowledge.digest={wrong}"]) == 3
    )


def test_the_contact_sheet_is_drawn(phantoms, tmp_path, capsys):
    from PIL import Image

    assert main(["contact-sheet", str(phantoms), "--split", "test"]) == 0
    with Image.open(json.loads(capsys.readouterr().out)["contact_sheet"]) as sheet:
        assert sheet.size[1] > 21 * 168


def test_every_shipped_configuration_is_valid():
    from kg_service.job import load_config
    from synth.propose.settings import ProposeConfig
    from synth.settings import SynthConfig
    from synth.textbook.settings import TextbookConfig

    others = {"propose": ProposeConfig, "textbook": TextbookConfig}
    found = sorted((ROOT / "synth" / "configs").glob("*.toml"))
    assert {path.stem for path in found} >= {"phantom-demo", "phantom-ci", "ham10000", "pad", "throughput"}
    for path in found:
        load_config(others.get(path.stem, SynthConfig), path)
