"""The transformers back-end: any image-text-to-text checkpoint, with a LoRA adapter or without."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Sequence
from importlib import metadata, util
from pathlib import Path
from typing import Any

import torch
import transformers
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor, AutoTokenizer, ProcessorMixin

from kg_service.core.errors import ConfigInvalid, ImageUnreadable
from kg_service.job import file_digest

from ..prediction import Reply, Request, Sampling
from .settings import ModelSource

# What in a checkpoint folder can change a reply; optimizer states and logs cannot.
_TELLING = (".safetensors", ".bin", ".json", ".jinja", ".txt", ".model")
# Adapters made with transformers before 4.52 call Qwen-VL's parts so; its own releases 4.52 to 4.57 read them by this.
_FORMER_NAMES = {r"^model(?!\.(language_model|visual))": "model.language_model", r"^visual": "model.visual"}
_TRAINING_STATE = ("trainer_state.json", "training_args.bin", "optimizer.bin", "scheduler.bin", "rng_state.bin")


def fingerprint(source: ModelSource) -> str:
    """`sha256:…` over weights, adapter (merged or not), processor files and the versions of transformers and torch.

    A hub name stands for itself: its files are not hashed.
    """
    content: dict[str, Any] = {
        "base": _files(source.path),
        "adapter": _files(source.adapter) if source.adapter else None,
        "merge": source.merge,
        "dtype": source.dtype,
        "max_pixels": source.max_pixels,
        "versions": {name: metadata.version(name) for name in ("transformers", "torch")},
    }
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _files(path: str) -> dict[str, str]:
    folder = Path(path)
    if not folder.is_dir():
        return {"hub": path}
    files = [p for p in folder.iterdir() if p.suffix in _TELLING and p.name not in _TRAINING_STATE]
    return {file.name: file_digest(file) for file in sorted(files)}


class CheckpointBackend:
    """Batched generation with left padding.

    Raises:
        ConfigInvalid: there is no such checkpoint, or it cannot be loaded here.
    """

    def __init__(self, source: ModelSource, *, threads: int = 1) -> None:
        if not source.path:
            raise ConfigInvalid("model.path is empty; name the checkpoint folder to evaluate")
        if threads:
            torch.set_num_threads(threads)
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        self.fingerprint = fingerprint(source)
        try:
            self.processor = load_processor(source.path, source.max_pixels)
            self.model = _loaded(source)
        except ConfigInvalid:
            raise
        except (OSError, ValueError, ImportError, AttributeError, SafetensorError) as error:
            raise ConfigInvalid(f"the checkpoint {source.adapter or source.path} cannot be loaded: {error}") from error
        automatic = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = automatic if source.device == "auto" else source.device
        try:
            self.model = self.model.to(self.device).eval()
        except RuntimeError as error:
            raise ConfigInvalid(f"the model cannot be put on model.device {self.device!r}: {error}") from error
        tokenizer = self.processor.tokenizer
        tokenizer.padding_side = "left"
        end = self.model.generation_config.eos_token_id
        ends = end if isinstance(end, list) else [end]
        self._ends = {one for one in [*ends, tokenizer.eos_token_id] if one is not None}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Reply]:
        """One reply per request. Sampled replies depend on the batch they are drawn in; greedy ones do not."""
        found: dict[int, Reply] = {}
        for seen in (True, False):  # processors do not agree on how a batch with and without images is written
            places = [place for place, request in enumerate(requests) if bool(request.image) is seen]
            if places:
                replies = self._batch([requests[place] for place in places], sampling, seen=seen)
                found.update(zip(places, replies, strict=True))
        return [found[place] for place in range(len(requests))]

    def _batch(self, requests: Sequence[Request], sampling: Sampling, *, seen: bool) -> list[Reply]:
        texts = [self._prompt(request.prompt, seen=seen) for request in requests]
        images = {"images": [[_open(request.image)] for request in requests]} if seen else {}
        inputs = self.processor(text=texts, padding=True, return_tensors="pt", **images).to(self.device)
        chosen: dict[str, Any] = {"do_sample": False}
        if sampling.temperature > 0:
            torch.manual_seed(_seed(sampling.seed, requests))
            chosen = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        with torch.inference_mode():
            produced = self.model.generate(**inputs, max_new_tokens=sampling.max_new_tokens, **chosen)
        fresh = produced[:, inputs["input_ids"].shape[1] :].tolist()
        asked = inputs["attention_mask"].sum(dim=1).tolist()
        return [self._read(row, tokens) for row, tokens in zip(fresh, asked, strict=True)]

    def _prompt(self, text: str, *, seen: bool) -> str:
        content = [{"type": "image"}] * seen + [{"type": "text", "text": text}]
        turn = {"role": "user", "content": content}
        return self.processor.apply_chat_template([turn], tokenize=False, add_generation_prompt=True)

    def _read(self, tokens: list[int], asked: int) -> Reply:
        stop = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        text = self.processor.tokenizer.decode(tokens[:stop], skip_special_tokens=True)
        written = len(tokens) if stop is None else stop + 1
        cut = stop is None
        return Reply(text, not cut, "length" if cut else "stop", tokens_in=asked, tokens_out=written)


def _seed(seed: int, requests: Sequence[Request]) -> int:
    # Of the requests and not of the batch number, so that a resumed run of whole batches draws what it would have.
    named = json.dumps([seed, *((request.case_id, request.sample) for request in requests)])
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:7])


def _open(path: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError) as error:
        raise ImageUnreadable(f"{path} is not a readable image: {error}") from error


def _loaded(source: ModelSource) -> Any:
    """The model with its adapter.

    Raises:
        ConfigInvalid: weights are missing or do not fit. The libraries only warn, and go on with random ones or without
            the adapter: that would be evaluated in its place.
    """
    found: Any = AutoModelForImageTextToText.from_pretrained(source.path, dtype=source.dtype, output_loading_info=True)
    model, told = found
    if missing := sorted(told["missing_keys"]):
        raise ConfigInvalid(f"the checkpoint {source.path} lacks {len(missing)} weights, first {missing[0]}")
    if not source.adapter:
        return model
    adapted = _adapted(model, source)
    return adapted.merge_and_unload() if source.merge else adapted


def _adapted(model: Any, source: ModelSource) -> Any:
    from peft import PeftModel, get_peft_model_state_dict
    from peft.utils import load_peft_weights

    parts = getattr(model, "model", None)
    former = _FORMER_NAMES if hasattr(parts, "language_model") and hasattr(parts, "visual") else None
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Found missing adapter keys")
        try:
            adapted = PeftModel.from_pretrained(model, source.adapter, key_mapping=former)
        except UserWarning as error:
            raise ConfigInvalid(f"the adapter {source.adapter} does not fit {source.path}: {error}"[:500]) from error
    given, taken = (
        sum("lora_" in name for name in names)
        for names in (load_peft_weights(source.adapter, device="cpu"), get_peft_model_state_dict(adapted))
    )
    if given != taken:
        raise ConfigInvalid(
            f"the adapter {source.adapter} has {given} LoRA weights, of which {source.path} takes {taken}: it was "
            "trained on another model, or with another release of transformers"
        )
    return adapted


def load_processor(path: str, max_pixels: int | None = None) -> Any:
    """AutoProcessor; without torchvision, the same processor class less its video part, the only one that needs it.

    Raises:
        ImportError: the checkpoint's processor cannot work without torchvision.
    """
    if util.find_spec("torchvision") is not None:
        limits = {} if max_pixels is None else {"max_pixels": max_pixels}
        return AutoProcessor.from_pretrained(path, **limits)
    tokenizer = AutoTokenizer.from_pretrained(path)
    # The back-end's name goes to the image processor alone: the tokenizer would take it for its own.
    images = AutoImageProcessor.from_pretrained(path, backend="pil")
    if max_pixels is not None:
        images.size["longest_edge"] = max_pixels
    declared = _processor_class(path)
    if not hasattr(declared, "video_processor_class") and "video_processor" not in declared.get_attributes():
        return AutoProcessor.from_pretrained(path)
    return _without_video(declared, images, tokenizer)


def _processor_class(path: str) -> type[ProcessorMixin]:
    for name in ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json"):
        file = Path(path) / name
        if file.is_file() and (named := json.loads(file.read_text(encoding="utf-8")).get("processor_class")):
            found = getattr(transformers, named, None)
            if found is not None:
                return found
    raise ImportError(f"{path} names no processor class that transformers {transformers.__version__} has")


def _without_video(declared: type[ProcessorMixin], images: Any, tokenizer: Any) -> Any:
    """An instance of a subclass whose constructor takes no video processor.

    ProcessorMixin reads the sub-processors it needs off the constructor's signature (transformers 5.23).
    """

    class StillProcessor(declared):  # type: ignore[misc, valid-type]
        def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None) -> None:
            for kind, default in (("image", "<|image_pad|>"), ("video", "<|video_pad|>")):
                token = getattr(tokenizer, f"{kind}_token", default)
                setattr(self, f"{kind}_token", token)
                setattr(self, f"{kind}_token_id", tokenizer.convert_tokens_to_ids(token))
            ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

        @property
        def model_input_names(self) -> list[str]:
            return [*ProcessorMixin.model_input_names.fget(self), "mm_token_type_ids"]  # type: ignore[attr-defined]

    return StillProcessor(images, tokenizer, chat_template=tokenizer.chat_template)
