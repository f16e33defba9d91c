"""Folders of weights that are handed on: an adapter, or a full checkpoint, each written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache
from peft import PeftModel

from kg_service.core.errors import ConfigInvalid
from kg_service.job import file_digest, write_json

ADAPTER_CONFIG, ADAPTER_WEIGHTS, BASE = "adapter_config.json", "adapter_model.safetensors", "base.json"
_CACHED = re.compile(r"models--([^/]+)--([^/]+)/snapshots/([0-9a-f]{40})")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A draft to fill, which becomes `path` when the block ends without an error."""
    draft = path.with_name(f".{path.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    shutil.rmtree(path, ignore_errors=True)
    draft.rename(path)


def at_home(path: str | Path) -> Path | None:
    """Where a checkpoint lies on this machine: its folder, or what the hub's cache holds under its name, or None."""
    if Path(path).is_dir():
        return Path(path)
    try:
        found = try_to_load_from_cache(str(path), "config.json")
    except ValueError:  # no name the hub could have
        return None
    return Path(found).parent if isinstance(found, str) else None


def identity(model: str | Path) -> dict[str, str]:
    """What a base model is, wherever it lies: a hub name with its revision, or a folder by what its files hold.

    A folder of the hub's own cache is named as the hub names it, not as this machine does.

    Returns:
        `name`, and `revision` or `weights` (`sha256:…` over configuration and weight files) where they are known.
    """
    folder = at_home(model)
    if cached := _CACHED.search(str(folder or model)):
        return {"name": f"{cached[1]}/{cached[2]}", "revision": cached[3]}
    if folder is None:
        return {"name": str(model)}
    files = sorted(file for file in folder.iterdir() if file.name == "config.json" or file.suffix == ".safetensors")
    found = json.dumps({file.name: file_digest(file) for file in files}, sort_keys=True)
    return {"name": str(model), "weights": "sha256:" + hashlib.sha256(found.encode()).hexdigest()}


def write_adapter(model: PeftModel, processor: Any, path: Path, *, state: dict[str, Any] | None = None) -> None:
    """The adapter in training, never its frozen reference, beside the processor it needs and the name of its base.

    Args:
        state: the gathered weights, where those of `model` are sharded.
    """
    with whole_folder(path) as draft:
        model.save_pretrained(str(draft), selected_adapters=["default"], state_dict=state)
        processor.save_pretrained(str(draft))
        file = draft / ADAPTER_CONFIG
        config = json.loads(file.read_text(encoding="utf-8"))
        base = identity(config["base_model_name_or_path"] or "")
        config["base_model_name_or_path"] = base["name"]
        if isinstance(config["target_modules"], list):
            config["target_modules"].sort()  # peft writes a set
        write_json(file, config)
        write_json(draft / BASE, base)


def write_checkpoint(model: Any, processor: Any, path: Path, *, state: dict[str, Any] | None = None) -> None:
    """Full weights and processor, loadable alone."""
    with whole_folder(path) as draft:
        model.save_pretrained(str(draft), **({} if state is None else {"state_dict": state}))
        processor.save_pretrained(str(draft))


def folded(model: PeftModel) -> Any:
    """The base with the adapter in training added to its weights. `model` is of no use afterwards."""
    model.set_adapter("default")
    return model.merge_and_unload(adapter_names=["default"])


def check_base(adapter: Path, model: str) -> None:
    """
    Raises:
        ConfigInvalid: the adapter was trained on other weights than those of `model`, as far as both are known.
    """
    path = adapter / BASE
    if not path.is_file():  # another's adapter; whether it fits shows when it is loaded
        return
    wanted, given = json.loads(path.read_text(encoding="utf-8")), identity(model)
    for key in ("weights", "revision"):
        if key in wanted and key in given and wanted[key] != given[key]:
            there = " (hf download NAME --revision REVISION tells its folder)" if key == "revision" else ""
            raise ConfigInvalid(f"{adapter} was trained on {wanted['name']} ({key} {wanted[key]}), but {model} is "
                                f"{given[key]}; name the model it was trained on{there}")  # fmt: skip
