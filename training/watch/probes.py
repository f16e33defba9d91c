"""What a policy says outside its training: to held-out images, to blank ones, and how well it still knows its SFT data.

Safe on one process and wherever every process holds the whole weights (DDP, ZeRO-1 and 2): each takes its share of the
probes and all get the same numbers. Sharded weights (ZeRO-3, FSDP) would need every process in step inside `generate`;
they are refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType, gather_object
from datasets import Dataset
from PIL import Image, ImageStat
from transformers import GenerationConfig
from trl.data_utils import prepare_multimodal_messages
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from kg_service.core.errors import ConfigInvalid

Example = dict[str, Any]


def check_whole_weights() -> None:
    """
    Raises:
        ConfigInvalid: the weights are spread over processes.
    """
    state = AcceleratorState()
    deepspeed = state.deepspeed_plugin if state.distributed_type is DistributedType.DEEPSPEED else None
    if state.distributed_type is DistributedType.FSDP or (deepspeed is not None and deepspeed.zero_stage == 3):
        raise ConfigInvalid("probes need whole weights in every process, not ZeRO-3 or FSDP; set watch.every = 0")


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Evaluation mode, no gradients; afterwards mode and every random state are what they were."""
    training, numbers, numpy_state = model.training, random.getstate(), np.random.get_state()
    own = [torch.cuda.current_device()] if torch.cuda.is_available() else []  # the other GPUs are other processes'
    model.eval()
    try:
        with torch.random.fork_rng(own), torch.no_grad():
            yield
    finally:
        model.train(training)
        random.setstate(numbers)
        np.random.set_state(numpy_state)


def blank(image: Image.Image) -> Image.Image:
    """A picture of the same size in the mean colour: as many image tokens, nothing to see."""
    opaque = image.convert("RGB")
    red, green, blue = (round(value) for value in ImageStat.Stat(opaque).mean)
    return Image.new("RGB", opaque.size, (red, green, blue))


def answer(model: Any, processor: Any, examples: Sequence[Example], most_tokens: int) -> list[str]:
    """The greedy reply to each example (`prompt`, `images`), prompted as TRL prompts the policy in training."""
    turns = [prepare_multimodal_messages(example["prompt"], images=example["images"]) for example in examples]
    inputs = processor.apply_chat_template(
        turns,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    ).to(model.device)
    greedy = GenerationConfig(
        max_new_tokens=most_tokens,
        do_sample=False,
        use_cache=True,  # off in the configuration of a model that trains with gradient checkpointing
        pad_token_id=processor.tokenizer.pad_token_id,
        eos_token_id=model.generation_config.eos_token_id,
        suppress_tokens=[model.config.image_token_id],  # as TRL: one more than there are images cannot be read again
        disable_compile=True,
    )
    produced = model.generate(**inputs, generation_config=greedy)
    fresh = produced[:, inputs["input_ids"].shape[1] :]
    return processor.batch_decode(fresh, skip_special_tokens=True)


def completion_loss(model: Any, processor: Any, examples: Sequence[Example]) -> tuple[float, int]:
    """Cross-entropy summed over the completions' tokens, and their number; batched by SFT's own collator."""
    collate = DataCollatorForVisionLanguageModeling(processor, max_length=None, completion_only_loss=True)
    batch: Any = {name: value.to(model.device) for name, value in collate([dict(one) for one in examples]).items()}
    tokens = int((batch["labels"][:, 1:] != -100).sum())
    return float(model(**batch).loss) * tokens, tokens


class Probes:
    """The probe sets of one run, and what a policy makes of them.

    Args:
        cases: examples with `prompt`, `images` and the columns `reward` takes, maybe none.
        replies: examples with `prompt`, `completion` and `images`, maybe none.
        reward: TRL's reward callable of the run.
    """

    def __init__(
        self, cases: Dataset, replies: Dataset, reward: Callable[..., Sequence[float]], processor: Any, batch: int
    ) -> None:
        self.cases = cases
        self.replies = replies
        self.reward = reward
        self.processor = processor
        self.batch = batch

    def measure(self, model: Any, most_tokens: int) -> dict[str, float]:
        """`watch/probe_reward` and `watch/blank_reward`, means over the cases; `watch/sft_loss`, nats a token."""
        found: dict[str, float] = {}
        with undisturbed(model):
            if len(self.cases):
                for name, show in (("probe", None), ("blank", blank)):
                    earned = self._earned(model, most_tokens, show)
                    found[f"watch/{name}_reward"] = sum(earned) / len(earned)
            if len(self.replies):
                parts = [completion_loss(model, self.processor, batch) for batch in _share(self.replies, self.batch)]
                losses, tokens = zip(*gather_object(parts), strict=True)
                found["watch/sft_loss"] = sum(losses) / sum(tokens)
        return found

    def _earned(self, model: Any, most_tokens: int, show: Callable[[Image.Image], Image.Image] | None) -> list[float]:
        earned: list[float] = []
        for batch in _share(self.cases, self.batch):
            if show is not None:
                batch = [{**one, "images": [show(image) for image in one["images"]]} for one in batch]
            replies = answer(model, self.processor, batch, most_tokens)
            columns = {name: [one[name] for one in batch] for name in batch[0] if name not in ("prompt", "images")}
            said = [[{"role": "assistant", "content": reply}] for reply in replies]
            earned += self.reward(prompts=[one["prompt"] for one in batch], completions=said, **columns)
        return gather_object(earned)


def _share(examples: Dataset, size: int) -> Iterator[list[Example]]:
    """This process's part of the examples, in batches."""
    state = AcceleratorState()
    own = range(state.process_index, len(examples), state.num_processes)
    for start in range(0, len(own), size):
        yield [examples[place] for place in own[start : start + size]]
