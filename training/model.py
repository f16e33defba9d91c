"""Models and processors: the tiny Qwen2.5-VL, and loading any checkpoint with or without torchvision.

The tiny model has the classes, weight names and code paths of the 7B model and random weights; `training base` gives
it eyes and a vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import util
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    ProcessorMixin,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessorPil,
)

from kg_service.core.errors import ConfigInvalid

from .sizes import TinySize
from .tokenizer import END, IMAGE, PAD, VIDEO, VISION_END, VISION_START, train_tokenizer

PATCH, MERGE = 14, 2


class PilProcessor(Qwen2_5_VLProcessor):
    """Qwen2.5-VL's processor without the video processor, which is the only part that needs torchvision.

    ProcessorMixin reads the sub-processors off the constructor's signature.
    """

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None, **_: Any) -> None:
        self.image_token, self.video_token = IMAGE, VIDEO
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE)
        self.video_token_id = tokenizer.convert_tokens_to_ids(VIDEO)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    @property
    def model_input_names(self) -> list[str]:
        return [*ProcessorMixin.model_input_names.fget(self), "mm_token_type_ids"]  # pyright: ignore

    def save_pretrained(self, save_directory: Any, push_to_hub: bool = False, **kwargs: Any) -> list[str]:
        """Save under Qwen's own class name, with the video settings, so that AutoProcessor finds its way elsewhere."""
        saved = super().save_pretrained(save_directory, push_to_hub, **kwargs)
        for name in ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
            path = Path(save_directory) / name
            if path.is_file():
                content = json.loads(path.read_text(encoding="utf-8"))
                if "processor_class" in content:
                    content["processor_class"] = Qwen2_5_VLProcessor.__name__
                    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        image = self.image_processor.to_dict()
        video = {key: image[key] for key in ("size", "patch_size", "merge_size", "temporal_patch_size")}
        video |= {"video_processor_type": "Qwen2VLVideoProcessor", "processor_class": Qwen2_5_VLProcessor.__name__}
        (Path(save_directory) / "video_preprocessor_config.json").write_text(json.dumps(video, indent=2) + "\n")
        return saved


def build_processor(tokenizer: PreTrainedTokenizerBase, pixels: int) -> PilProcessor:
    """A processor whose images are at most `pixels` x `pixels`."""
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH, merge_size=MERGE, min_pixels=(PATCH * MERGE) ** 2, max_pixels=pixels * pixels
    )
    return PilProcessor(images, tokenizer, chat_template=tokenizer.chat_template)


def load_processor(path: str | Path, *, max_pixels: int | None = None) -> Any:
    """AutoProcessor where torchvision is installed, the same without its video part where it is not."""
    if util.find_spec("torchvision") is not None:
        limits = {} if max_pixels is None else {"max_pixels": max_pixels}
        return AutoProcessor.from_pretrained(path, **limits)
    tokenizer = AutoTokenizer.from_pretrained(path)
    images = AutoImageProcessor.from_pretrained(path, backend="pil")
    if max_pixels is not None:
        images.size["longest_edge"] = max_pixels
    template = tokenizer.chat_template or (Path(path) / "chat_template.jinja").read_text(encoding="utf-8")
    return PilProcessor(images, tokenizer, chat_template=template)


def build_tiny(size: TinySize, texts: Iterable[str], seed: int) -> tuple[PreTrainedModel, PilProcessor]:
    """A randomly initialised Qwen2.5-VL of the given size, and its processor. The same arguments, the same weights."""
    tokenizer = train_tokenizer(texts, size.vocabulary)

    def token(text: str) -> int:
        return tokenizer.get_vocab()[text]

    half = size.hidden // size.heads // 2
    third = half // 3
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": size.hidden,
            "intermediate_size": size.hidden * 8 // 3,
            "num_hidden_layers": size.layers,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.kv_heads,
            "max_position_embeddings": 4096,
            "initializer_range": size.init,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [half - 2 * third, third, third],
            },
            "bos_token_id": None,
            "eos_token_id": token(END),
            "pad_token_id": token(PAD),
        },
        vision_config={
            "depth": size.vision_depth,
            "hidden_size": size.vision_hidden,
            "intermediate_size": size.vision_hidden * 2,
            "num_heads": size.vision_heads,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "out_hidden_size": size.hidden,
            "initializer_range": size.init,
            "fullatt_block_indexes": list(range(size.vision_depth)),
        },
        image_token_id=token(IMAGE),
        video_token_id=token(VIDEO),
        vision_start_token_id=token(VISION_START),
        vision_end_token_id=token(VISION_END),
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(config)
    embeddings: Any = model.get_input_embeddings()
    torch.nn.init.normal_(embeddings.weight, std=size.embedding_std)
    model.tie_weights()
    model.generation_config = GenerationConfig(eos_token_id=token(END), pad_token_id=token(PAD))
    return model, build_processor(tokenizer, size.pixels)


def load(
    path: str | Path, *, dtype: str = "float32", processor: str | Path | None = None, max_pixels: int | None = None
) -> tuple[PreTrainedModel, Any]:
    """Any checkpoint of the Auto class, such as a finished stage's `checkpoint/`: (model, processor).

    Args:
        processor: where to load the processor from, if not from `path`.

    Raises:
        ConfigInvalid: there is no such checkpoint, or it is damaged.
    """
    try:
        model = AutoModelForImageTextToText.from_pretrained(path, dtype=dtype)
        return model, load_processor(processor or path, max_pixels=max_pixels)
    except (OSError, ValueError, SafetensorError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        raise ConfigInvalid(
            f"the model {str(path)!r} cannot be loaded: {said}. Name a folder that a stage has left, or a model that "
            "the hub or its cache here holds"
        ) from error
