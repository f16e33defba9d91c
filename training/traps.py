"""What TRL 1.16 and its like take without a word, or refuse only once the model is loaded, told before that."""

from __future__ import annotations

from transformers import TrainingArguments
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.sft_config import SFTConfig

from kg_service.core.errors import ConfigInvalid

# Words that TRL 1.16 looks at only when a first batch has been generated.
WORDS = {
    "loss_type": ("grpo", "bnpo", "dr_grpo", "dapo", "luspo", "cispo", "sapo", "vespo"),
    "importance_sampling_level": ("token", "sequence"),
    "scale_rewards": ("group", "batch", "none"),
    "vllm_importance_sampling_mode": ("token_mask", "token_truncate", "sequence_mask", "sequence_truncate"),
}


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
        ConfigInvalid: an option that TRL does not know, or that does not go together with images, or with an adapter.
    """
    for name, known in WORDS.items():
        if getattr(args, name) not in known:
            raise ConfigInvalid(f"train.{name} {getattr(args, name)!r} is none of {', '.join(known)}")
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


def refuse_few(args: GRPOConfig, rows: int) -> None:
    """
    Raises:
        ConfigInvalid: there are fewer rows than one generation takes; TRL would end without a step.
    """
    assert args.generation_batch_size
    assert args.num_generations
    wanted = args.generation_batch_size // args.num_generations
    if rows < wanted:
        raise ConfigInvalid(
            f"one generation takes {wanted} different rows, but there are {rows}; raise data.copies, or lower "
            "train.per_device_train_batch_size or train.gradient_accumulation_steps"
        )


def refuse_machine(args: TrainingArguments) -> None:
    """
    Raises:
        ConfigInvalid: half precision is asked of a machine without a GPU.
    """
    if args.use_cpu and (args.bf16 or args.fp16):
        raise ConfigInvalid("train.bf16 and train.fp16 need a GPU; set them to false to train on this machine")
