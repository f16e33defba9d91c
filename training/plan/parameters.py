"""How many weights a model has and how many of them are trained, counted without loading one.

The model is built by transformers, and the adapter put on it by peft, on torch's meta device: shapes without numbers.
So the counts are exact, for any architecture, in seconds.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftConfig, get_peft_model
from peft.utils.error import NoMatchingPeftModuleError
from transformers import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING, AutoConfig, Qwen2_5_VLConfig

from ..settings import GrpoConfig, Lora, SftConfig
from ..stage import lora_config
from ..weights import ADAPTER_CONFIG, at_home

# As the published config.json states them, so that a plan needs neither the weights nor the network.
KNOWN: dict[str, dict[str, Any]] = {
    "Qwen/Qwen2.5-VL-7B-Instruct": {
        "text_config": {
            "hidden_size": 3584,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "intermediate_size": 18944,
            "vocab_size": 152064,
        },
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 3584,
        },
        "tie_word_embeddings": False,
    }
}
ASSUMED = Lora(r=64, alpha=32, targets="language+merger")  # for an adapter that no SFT stage has left yet


@dataclass(frozen=True, slots=True)
class Weights:
    """`parts` and `trained` count weights by part: vision, merger, language, embeddings, head. `config` is the model's.

    An adapter's weights count to `trained` alone. `adapter` is empty where all weights are trained.
    """

    config: Any
    parts: dict[str, int]
    trained: dict[str, int]
    adapter: str = ""

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def patches(self) -> int:
        """Patches of the vision tower behind one image token."""
        return getattr(self.config.vision_config, "spatial_merge_size", 1) ** 2 if "vision" in self.parts else 0

    @property
    def trainable(self) -> int:
        return sum(self.trained.values())


def shape(path: str) -> Any | None:
    """The configuration of a checkpoint that lies here or whose shape is known; None for any other."""
    home = at_home(path)
    if home is not None and (home / "config.json").is_file():
        return AutoConfig.from_pretrained(home, local_files_only=True)
    return Qwen2_5_VLConfig(**KNOWN[path]) if path in KNOWN else None


def weigh(config: SftConfig | GrpoConfig) -> Weights | None:
    """Count the weights a stage loads and trains; None where the model's shape cannot be had here."""
    found = shape(config.model.path)
    return None if found is None else count(found, *_adapter(config))


def count(config: Any, lora: PeftConfig | None, adapter: str) -> Weights:
    """
    Args:
        config: of transformers.
        lora: the adapter that is trained, None where all weights are.
        adapter: what to call it.
    """
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers, nothing a reader can do
        # Not by the Auto class: under ZeRO-3 that one would divide the weights over the GPUs at once.
        build: Any = MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING[type(config)]
        model = build(config)
        parts = _by_part(model.named_parameters())
        if lora is None:
            return Weights(config, parts, parts)
        try:
            model = get_peft_model(model, lora)
        except NoMatchingPeftModuleError:  # its targets match no layer
            return Weights(config, parts, {}, adapter)
        trained = _by_part((name, weight) for name, weight in model.named_parameters() if weight.requires_grad)
    return Weights(config, parts, trained, adapter)


def _adapter(config: SftConfig | GrpoConfig) -> tuple[PeftConfig | None, str]:
    if config.lora is not None:
        return lora_config(config.lora), f"LoRA r {config.lora.r} on {config.lora.targets}"
    if not config.model.adapter:
        return None, ""
    if (Path(config.model.adapter) / ADAPTER_CONFIG).is_file():
        lora = LoraConfig.from_pretrained(config.model.adapter)
        lora.inference_mode = False  # as saved; here it is trained on
        return lora, f"the adapter {config.model.adapter}"
    return lora_config(ASSUMED), f"an adapter that is not there yet, taken for r {ASSUMED.r} on {ASSUMED.targets}"


def _by_part(parameters: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name, weight in parameters:
        found[_part(name)] += weight.numel()
    return {part: found[part] for part in ("vision", "merger", "language", "embeddings", "head") if found[part]}


def _part(name: str) -> str:
    if ".merger." in name:
        return "merger"
    if "visual" in name or "vision" in name:
        return "vision"
    if "embed_tokens" in name:
        return "embeddings"
    return "head" if "lm_head" in name else "language"
