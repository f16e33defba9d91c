"""How long a stage takes on a given GPU: a range, from stated assumptions. Nothing here was measured.

Peaks are NVIDIA's data sheets (dense bfloat16, SXM). Passes over the weights follow Kaplan et al. (arXiv 2001.08361,
section 2.1): 2 operations for each weight and token in a forward pass, and as many for each half of a backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .parameters import Weights
from .tokens import Tokens
from .work import Work


@dataclass(frozen=True, slots=True)
class Card:
    """`flops` dense bfloat16 operations a second, `bandwidth` bytes a second, `memory` GB."""

    flops: float
    bandwidth: float
    memory: float


CARDS = {
    "A100-40G": Card(312e12, 1.555e12, 40),
    "A100-80G": Card(312e12, 2.039e12, 80),
    "H100": Card(989e12, 3.35e12, 80),
    "H200": Card(989e12, 4.8e12, 141),
}
BUSY = (0.45, 0.2)  # share of the peak that training reaches: good, poor
READ = (0.6, 0.3)  # share of the bandwidth that decoding reaches
REPLY = (0.5, 1.0)  # share of the completion limit that replies use
WIDTH = 256  # sequences a vLLM server decodes at a time
LAUNCH = 0.0008  # seconds a layer and token that transformers' own generation cannot go below


def seconds(weights: Weights, tokens: Tokens, work: Work, args: Any, card: Card) -> tuple[float, float]:
    """Seconds of one optimizer step, if all goes well and if it does not."""
    good, poor = (
        _train(weights, tokens, work, args, card, busy, reply if work.generations else 1.0)
        + (_generate(weights, tokens, work, args, card, read, reply) if work.generations else 0.0)
        for busy, read, reply in zip(BUSY, READ, REPLY, strict=True)
    )
    return good, poor


def _train(w: Weights, t: Tokens, work: Work, args: Any, card: Card, busy: float, reply: float) -> float:
    again = 1 if args.activation_checkpointing else 0
    extra = 0
    if work.generations:  # log-probabilities of the reference, and of vLLM's policy as the trainer sees it
        extra = bool(args.beta) + bool(args.use_vllm)
    spoken = w.parts["language"] + w.parts.get("head", w.parts.get("embeddings", 0))
    length = t.image + t.prompt + t.completion * reply
    passes = (2 if w.adapter else 3) + again + extra
    seen = w.parts.get("vision", 0) * t.image * w.patches
    looks = ((2 if w.adapter else 3) + again if w.trained.get("vision") else 1) + extra
    operations = 2 * work.sequences * (spoken * length * passes + seen * looks)
    return operations / (card.flops * busy * work.processes)


def _generate(w: Weights, t: Tokens, work: Work, args: Any, card: Card, read: float, reply: float) -> float:
    """Decoding is bound by reading the weights for every token. vLLM is taken for one server of one such GPU."""
    spoken = (w.parts["language"] + w.parts.get("head", w.parts.get("embeddings", 0))) * 2
    each = spoken / (card.bandwidth * read)
    rounds = 1.0
    if args.use_vllm:
        rounds = -(-work.sequences // WIDTH)
    else:
        each = max(each, LAUNCH * w.config.get_text_config().num_hidden_layers)
        rounds = args.gradient_accumulation_steps / args.steps_per_generation
    prefill = 2 * w.parts["language"] * (t.image + t.prompt) * work.sequences / (card.flops * read)
    share = 1 if args.use_vllm else work.processes
    return (t.completion * reply * each * rounds + prefill / share) / args.num_iterations
