"""What is handed on: an adapter that anybody can load, and its merge with the base into one checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from PIL import Image
from safetensors.torch import load_file, save_file

from kg_service.core.errors import ConfigInvalid
from training.merge import run
from training.model import load, load_processor
from training.settings import Lora
from training.stage import lora_config
from training.weights import identity, whole_folder, write_adapter


@pytest.fixture(scope="module")
def paper(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter of the paper's targets, language and visual merger, with weights that do something."""
    from peft import get_peft_model

    torch.manual_seed(0)
    model, processor = load(base / "checkpoint")
    adapted: Any = get_peft_model(model, lora_config(Lora(r=4, alpha=8, targets="language+merger")))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    folder = tmp_path_factory.mktemp("paper") / "adapter"
    write_adapter(adapted, processor, folder)
    return folder


def logits(model: Any, folder: Path) -> torch.Tensor:
    """What a model says of one image, shape (tokens, vocabulary)."""
    processor = load_processor(folder)
    text = ["<|vision_start|><|image_pad|><|vision_end|>Diagnose this image."]
    inputs = processor(text=text, images=[[Image.new("RGB", (56, 56), (200, 120, 90))]], return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**inputs).logits[0].float()


def test_a_merge_of_language_and_merger_says_what_base_and_adapter_say(base, paper, tmp_path):
    assert run(paper, tmp_path / "out", None, "float32") == 0
    plain, _ = load(base / "checkpoint")
    before = logits(plain, paper)
    adapted = logits(PeftModel.from_pretrained(plain, str(paper)), paper)  # pyright: ignore
    merged = logits(load(tmp_path / "out")[0], tmp_path / "out")
    assert torch.allclose(merged, adapted, atol=1e-4)
    assert float((merged - before).abs().max()) > 0.1
    changed = load_file(tmp_path / "out" / "model.safetensors")
    was = load_file(base / "checkpoint" / "model.safetensors")
    touched = {name for name in was if not torch.equal(was[name], changed[name])}
    assert any("merger" in name for name in touched)
    assert not any("visual.blocks" in name for name in touched)


def test_a_merge_is_written_in_the_type_asked_for_and_names_what_it_was_made_from(base, paper, tmp_path, capsys):
    run(paper, tmp_path / "out", None, "bfloat16")
    assert {weight.dtype for weight in load_file(tmp_path / "out" / "model.safetensors").values()} == {torch.bfloat16}
    made = json.loads((tmp_path / "out" / "merge.json").read_text())
    assert made["base"] == identity(base / "checkpoint")
    assert made["dtype"] == "bfloat16"
    assert made["weights"]["model.safetensors"].startswith("sha256:")
    before = (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns
    run(paper, tmp_path / "out", None, "bfloat16")  # the same again is done already
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(ConfigInvalid, match="another --out"):
        run(paper, tmp_path / "out", None, "float32")
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "out")] * 2


def test_a_finished_run_is_merged_into_the_checkpoint_it_left(sft, tmp_path):
    run(sft, tmp_path / "out", None, "float32")
    left, merged = (load_file(folder / "model.safetensors") for folder in (sft / "checkpoint", tmp_path / "out"))
    assert left.keys() == merged.keys()
    assert all(torch.equal(left[name], merged[name]) for name in left)


def test_an_adapter_is_not_merged_into_another_base(sft, speaker, tmp_path):
    with pytest.raises(ConfigInvalid, match="was trained on"):
        run(sft, tmp_path / "out", str(speaker), "float32")
    assert not (tmp_path / "out").exists()


def test_an_adapter_whose_layers_the_base_does_not_have_is_refused(base, paper, tmp_path):
    """peft only warns of them, and the base would be handed on as it is."""
    shutil.copytree(paper, tmp_path / "old")
    file = tmp_path / "old" / "adapter_model.safetensors"
    old = {name.replace("model.language_model.", "model.text_model."): w for name, w in load_file(file).items()}
    save_file(old, file)
    with pytest.raises(ConfigInvalid, match="tensors"):
        run(tmp_path / "old", tmp_path / "out", str(base / "checkpoint"), "float32")
    with pytest.raises(ConfigInvalid, match="no adapter"):
        run(tmp_path, tmp_path / "out", None, "float32")


def test_an_adapter_folder_is_all_that_is_needed_beside_the_base(sft):
    names = {path.name for path in (sft / "adapter").iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "chat_template.jinja"} <= names
    assert {"processor_config.json", "base.json", "README.md"} <= names
    assert not any(word in name for name in names for word in ("optimizer", "scheduler", "rng", "training_args"))
    config = json.loads((sft / "adapter" / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(config["target_modules"])


def test_a_base_in_the_hubs_cache_is_named_as_the_hub_names_it():
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = f"/somewhere/hub/models--Qwen--Qwen2.5-VL-7B-Instruct/snapshots/{commit}"
    assert identity(cached) == {"name": "Qwen/Qwen2.5-VL-7B-Instruct", "revision": commit}
    assert identity("Qwen/Qwen2.5-VL-7B-Instruct") == {"name": "Qwen/Qwen2.5-VL-7B-Instruct"}


def test_a_folder_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").touch()
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "kept") as draft:
        shutil.copy(tmp_path / "missing", draft / "new")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["old"]
    with whole_folder(tmp_path / "kept") as draft:
        (draft / "new").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["new"]
