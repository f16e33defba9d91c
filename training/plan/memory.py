"""How much GPU memory a stage needs: an estimate, part by part, for each way of spreading a model over GPUs.

Bytes a weight follow ZeRO (Rajbhandari et al., arXiv 1910.02054, section 3); activations follow the counting of
Korthikanti et al. (arXiv 2205.05198, section 4) with the layers of Qwen2.5 in place of GPT's. Expect a quarter more or
less: the allocator, the attention kernel and the longest row of a batch decide the rest.
"""

from __future__ import annotations

from typing import Any

from trl.kernels.chunked_logprob import TOKEN_CHUNK_SIZE

from .parameters import Weights
from .tokens import Tokens
from .work import Work

GB = 1e9
WIDE = {"float32": 4, "bfloat16": 2, "float16": 2}  # bytes of a weight
CONTEXT = 2.0  # GB for CUDA, NCCL and the kernels' workspaces
SLACK = 1.1  # fragmentation
SURE = 0.8  # an estimate below this share of a GPU fits; above it, it may not
WAYS = ("ddp", "zero2", "zero3")  # FSDP2 needs what ZeRO-3 needs, or less
VOCABULARY_TILE = 32768  # TRL's fused head never holds more logits than a tile of this width


def memory(weights: Weights, tokens: Tokens, work: Work, args: Any, dtype: str) -> dict[str, dict[str, float]]:
    """GB on each GPU by way of spreading and by part; the part `all` is their sum with slack."""
    wide = WIDE[dtype]
    common = {
        "activations": _activations(weights, tokens, work, checkpointing=args.activation_checkpointing),
        "logits": _logits(weights, tokens, work),
        "context": CONTEXT * GB,
    }
    if work.generations and not args.use_vllm:
        common["generation cache"] = _cache(weights, tokens, work)
    reference = bool(work.generations and args.beta and not weights.adapter)  # an adapter's reference costs nothing
    found: dict[str, dict[str, float]] = {}
    for way in WAYS:
        held = weights.total * wide * (2 if reference else 1)
        gradients, states = _training_bytes(weights, wide, deepspeed=way != "ddp")
        share = 1 / work.processes
        parts = {
            "weights": held * (share if way == "zero3" else 1),
            "gradients": gradients * (1 if way == "ddp" else share),
            "optimizer": states * (1 if way == "ddp" else share),
            **common,
        }
        if way == "zero3" and work.processes > 1:
            parts["gathered"] = wide * max(
                weights.parts.get("embeddings", 0), weights.parts["language"] / _layers(weights)
            )
        found[way] = {name: size / GB for name, size in parts.items()}
        found[way]["all"] = sum(found[way].values()) * SLACK
    return found


def checkpoint_gb(weights: Weights, dtype: str) -> float:
    """GB of one of the trainer's checkpoints: what is trained, AdamW's two states, DeepSpeed's float32 copy of all."""
    if weights.adapter:
        return weights.trainable * 4 * 3 / GB
    return weights.total * (WIDE[dtype] + 12) / GB


def _training_bytes(weights: Weights, wide: int, *, deepspeed: bool) -> tuple[float, float]:
    """(gradients, what the optimizer keeps) in bytes. An adapter is float32; DeepSpeed keeps a float32 copy of all."""
    each = 4 if weights.adapter else wide
    state = 8 if deepspeed else 2 * each
    copy = 4 if weights.adapter or deepspeed else 0  # an adapter's own weights lie beside the model's
    return weights.trainable * each, weights.trainable * (state + copy)


def _activations(weights: Weights, tokens: Tokens, work: Work, *, checkpointing: bool) -> float:
    """Bytes kept for the backward pass. With checkpointing: each layer's input, and one layer whole."""
    text = weights.config.get_text_config()
    kv = text.hidden_size // text.num_attention_heads * text.num_key_value_heads
    length = work.micro * tokens.longest
    inside = 2 * (10 * text.hidden_size + 4 * kv + 4 * text.intermediate_size)
    layers = _layers(weights)
    found = length * (layers * 2 * text.hidden_size + inside if checkpointing else layers * inside)
    if weights.trained.get("vision"):
        eye = weights.config.vision_config
        patches, depth = (
            work.micro * tokens.image * weights.patches,
            getattr(eye, "depth", None) or eye.num_hidden_layers,
        )
        inside = 2 * (14 * eye.hidden_size + 4 * eye.intermediate_size)
        found += patches * (depth * 2 * eye.hidden_size + inside if checkpointing else depth * inside)
    return found


def _logits(weights: Weights, tokens: Tokens, work: Work) -> float:
    """TRL's fused head: a tile of logits, the hidden states' gradient, and the head's where the head is trained.

    Whole logits would be 10 bytes (bfloat16, a float32 copy, its gradient) for each token and each of 150,000 entries.
    """
    text = weights.config.get_text_config()
    length = work.micro * tokens.longest
    tile = min(length, TOKEN_CHUNK_SIZE) * min(text.vocab_size, VOCABULARY_TILE) * 2
    head = 0 if weights.adapter else text.vocab_size * text.hidden_size * 4
    return tile + length * text.hidden_size * 4 + head


def _cache(weights: Weights, tokens: Tokens, work: Work) -> float:
    """Keys and values of all sequences that transformers generates at once."""
    text = weights.config.get_text_config()
    each = 2 * 2 * text.num_hidden_layers * text.num_key_value_heads * (text.hidden_size // text.num_attention_heads)
    return work.batch * tokens.longest * each


def _layers(weights: Weights) -> int:
    return weights.config.get_text_config().num_hidden_layers
