"""The model card: what the Hub reads of it, and that it says nothing the run did not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from kg_service.core.errors import ConfigInvalid
from training.card import write


@pytest.fixture
def run_dir(sft: Path, tmp_path: Path) -> Path:
    """A finished SFT run, less its trainer's checkpoints."""
    return shutil.copytree(sft, tmp_path / "run", ignore=shutil.ignore_patterns("trainer", "*.safetensors"))


def header(text: str) -> dict[str, object]:
    return yaml.safe_load(text.split("---\n")[1])


def test_the_hub_reads_the_head_of_the_card(run_dir):
    text = write(run_dir).read_text()
    assert header(text) == {
        "language": "en",
        "library_name": "peft",
        "license": "other",
        "pipeline_tag": "image-text-to-text",
        "tags": ["skin-r1", "dermatology", "not-for-clinical-use", "sft", "lora"],
    }
    assert ModelCard(text).data.library_name == "peft"


def test_a_base_on_the_hub_is_named_and_one_in_a_folder_is_not(run_dir):
    assert "base_model" not in header(write(run_dir).read_text())
    (run_dir / "adapter" / "base.json").write_text('{"name": "Qwen/Qwen2.5-VL-7B-Instruct", "revision": "abc"}')
    text = write(run_dir).read_text()
    assert header(text)["base_model"] == "Qwen/Qwen2.5-VL-7B-Instruct"
    assert header(text)["base_model_relation"] == "adapter"
    assert "| base revision | `abc` |" in text


def test_the_card_holds_the_facts_of_the_run(run_dir, release):
    manifest = json.loads((run_dir / "manifest.json").read_text())
    text = write(run_dir).read_text()
    assert "| phantom | CC0-1.0 | 84 |" in text
    assert f"`{release.digest}`" in text
    assert "Trajectories: 84" in text
    assert "| lora.targets | all-linear |" in text
    assert f"| train.learning_rate | {manifest['config']['train']['learning_rate']} |" in text
    last = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()][-2]
    assert f"{last['loss']:.4g} (step {last['step']})" in text
    assert f"| trl | {manifest['versions']['trl']} |" in text


def test_the_card_says_that_phantoms_are_drawn_and_that_it_is_no_medical_device(run_dir):
    text = write(run_dir).read_text()
    assert text.index("Not a medical device") < text.index("drawn phantoms, not photographs") < text.index("## Data")


def test_what_is_not_known_is_said_to_be_absent(run_dir):
    assert "nothing is claimed about unseen images" in write(run_dir).read_text()
    (run_dir / "metrics.json").write_text('{"h_f1": {"value": 0.5, "ci": [0.4, 0.6], "groups": 42}}')
    assert "| `h_f1` | 0.500 | 0.400 to 0.600 | 42 |" in write(run_dir).read_text()
    manifest = json.loads((run_dir / "manifest.json").read_text())
    manifest["inputs"] = dict.fromkeys(manifest["inputs"], "sha256:other")
    (run_dir / "manifest.json").write_text(json.dumps(manifest))
    text = write(run_dir).read_text()
    assert "`cases.jsonl` is not the file the run read" in text
    assert "| phantom |" not in text


def test_the_card_names_no_path_of_this_machine(run_dir, workshop):
    text = write(run_dir).read_text()
    assert str(workshop.folder) not in text
    assert str(run_dir) not in text
    assert "/tmp" not in text


def test_an_adapter_that_vllm_would_half_ignore_is_said_to_need_a_merge(run_dir):
    assert "python -m training merge THIS_FOLDER" in write(run_dir).read_text()
    manifest = json.loads((run_dir / "manifest.json").read_text())
    manifest["config"]["lora"]["targets"] = "language"
    (run_dir / "manifest.json").write_text(json.dumps(manifest))
    assert "--enable-lora --max-lora-rank 8" in write(run_dir).read_text()


def test_a_run_that_is_not_finished_has_no_card(tmp_path):
    with pytest.raises(ConfigInvalid, match="no finished run"):
        write(tmp_path)


def test_a_model_with_all_weights_trained_has_its_card_beside_its_checkpoint(base):
    path = write(base)
    assert path == base / "checkpoint" / "README.md"
    assert header(path.read_text())["library_name"] == "transformers"
    assert "built from random weights" in path.read_text()
