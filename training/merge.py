"""`python -m training merge`: an adapter and its base become one checkpoint that any server can load.

vLLM, for one, passes over what an adapter changes outside the language model (the paper's changes the visual merger)
unless it is told otherwise, and only logs that it did.
"""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedModel

from kg_service.core.errors import ConfigInvalid
from kg_service.job import file_digest, write_json

from .model import load, load_processor
from .weights import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_base, folded, identity, whole_folder

MERGED = "merge.json"


def run(source: Path, out: Path, model: str | None, dtype: str) -> int:
    """Merge into `out`: weights, processor and `merge.json`, which names what it was made from.

    The sum is taken in `dtype`: bfloat16 rounds base and adapter to the same grid that a server would use.

    Args:
        source: an adapter folder, or a run directory that holds one.
        model: where the base lies now, if not where the adapter says.
        dtype: torch's name of a floating type.

    Raises:
        ConfigInvalid: there is no adapter, it was trained on another base, or `out` holds something else.
    """
    adapter = find_adapter(source)
    base = model or _recorded_base(adapter)
    if not isinstance(getattr(torch, dtype, None), torch.dtype) or not getattr(torch, dtype).is_floating_point:
        raise ConfigInvalid(f"--dtype {dtype} is no floating type of torch; use bfloat16, float16 or float32")
    check_base(adapter, base)
    made_from = {
        "adapter": {name: file_digest(adapter / name) for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS)},
        "base": identity(base),
        "dtype": dtype,
    }
    if (out / MERGED).is_file():
        before = json.loads((out / MERGED).read_text(encoding="utf-8"))
        if all(before[key] == made_from[key] for key in made_from):
            print(out)
            return 0
    if out.exists() and any(out.iterdir()):
        raise ConfigInvalid(f"{out} is not empty and holds no merge of these; give another --out")
    merged = folded(adapted(adapter, base, dtype))
    with whole_folder(out) as draft:
        merged.save_pretrained(str(draft))
        load_processor(adapter if (adapter / "tokenizer_config.json").is_file() else base).save_pretrained(str(draft))
        weights = {file.name: file_digest(file) for file in sorted(draft.glob("*.safetensors"))}
        versions = {name: metadata.version(name) for name in ("peft", "torch", "transformers")}
        write_json(draft / MERGED, {**made_from, "weights": weights, "versions": versions})
    print(out)
    return 0


def find_adapter(source: Path) -> Path:
    """
    Raises:
        ConfigInvalid: neither the folder nor its `adapter/` holds an adapter.
    """
    for folder in (source / "adapter", source):
        if (folder / ADAPTER_CONFIG).is_file() and (folder / ADAPTER_WEIGHTS).is_file():
            return folder
    wanted = f"{ADAPTER_CONFIG} and {ADAPTER_WEIGHTS}"
    raise ConfigInvalid(f"{source} holds no adapter ({wanted}), nor does {source / 'adapter'}")


def adapted(adapter: Path, base: str, dtype: str) -> PeftModel:
    """Base and adapter, not merged.

    Raises:
        ConfigInvalid: the base cannot be loaded, or the adapter does not fit it.
    """
    return fitted(load(base, dtype=dtype)[0], adapter, base)


def fitted(model: PreTrainedModel, adapter: Path, base: str, *, trainable: bool = False) -> PeftModel:
    """An adapter put on the model it was trained on, once every tensor of it has found its layer.

    Args:
        base: what the model is called.

    Raises:
        ConfigInvalid: the adapter is damaged, or names layers or shapes that the model does not have.
    """
    try:
        found = PeftModel.from_pretrained(model, str(adapter), is_trainable=trainable)  # pyright: ignore
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise ConfigInvalid(f"{adapter} does not fit {base}: {error}") from error
    with safe_open(adapter / ADAPTER_WEIGHTS, "pt") as file:
        given = set(file.keys())
    loaded: dict[str, Any] = get_peft_model_state_dict(found)
    # peft loads what it can and only warns: names of another version of transformers would leave the base as it is
    if missed := given ^ loaded.keys():
        raise ConfigInvalid(f"{adapter} does not fit {base}: {len(missed)} of its tensors and the model's layers do "
                            f"not meet, the first being {min(missed)}")  # fmt: skip
    return found


def _recorded_base(adapter: Path) -> str:
    name = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not name:
        raise ConfigInvalid(f"{adapter / ADAPTER_CONFIG} names no base model; give --model")
    return name
