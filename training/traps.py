"""What TRL 1.16 and its like take without a word, or refuse only once the model is loaded, told before that."""

from __future__ import annotations

from transformers import TrainingArguments
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from kg_service.core.errors import ConfigInvalid


def refuse_sft(args: SFTConfig) -> None:
    """
    Raises:
        ConfigInvalid: an option under which rows with images cannot be learned.
    """
    for name in ("packing", "padding_free"):
        if getattr(args, name):
            raise ConfigInvalid(f"train.{name} does not take images; take it out")


def refuse_grpo(args: GRPOConfig, *, adapted: bool) -> None:
    """
    Args:
        adapted: whether an adapter is trained.

    Raises:
        ConfigInvalid: an option that does not go together with images, or with an adapter.
    """
    if args.use_vllm and args.vllm_mode != "server":
        raise ConfigInvalid(
            "train.vllm_mode: in the mode 'colocate', which is the default, TRL 1.16 sends vLLM the prompt with its "
            "image tokens already expanded and the raw image beside it (TRL #6294), and passes over max_pixels; set "
            'train.vllm_mode = "server"'
        )
    for name in ("use_transformers_continuous_batching", "use_transformers_paged"):
        if getattr(args, name):
            raise ConfigInvalid(f"train.{name} does not take images; use vLLM's server, or leave generation as it is")
    if adapted and args.sync_ref_model:
        raise ConfigInvalid(
            "train.sync_ref_model needs a reference model of its own, and an adapter's reference is the model without "
            "it; take it out, or train all weights"
        )


def refuse_machine(args: TrainingArguments) -> None:
    """
    Raises:
        ConfigInvalid: half precision is asked of a machine without a GPU.
    """
    if args.use_cpu and (args.bf16 or args.fp16):
        raise ConfigInvalid("train.bf16 and train.fp16 need a GPU; set them to false to train on this machine")
