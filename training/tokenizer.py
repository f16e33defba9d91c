"""A small byte-level BPE in the shape of Qwen's, trained on the project's own texts.

It exists for the tiny model only: a real model brings its own tokenizer. The split pattern, the special tokens and the
chat template are Qwen2.5-VL's, so that everything downstream is exercised as it is with the 7B model.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import trl
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

# Qwen2's pre-tokenizer (transformers, convert_slow_tokenizer.Qwen2Converter).
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PAD, END = "<|endoftext|>", "<|im_end|>"
VISION_START, VISION_END = "<|vision_start|>", "<|vision_end|>"
IMAGE, VIDEO = "<|image_pad|>", "<|video_pad|>"
SPECIAL = (PAD, "<|im_start|>", END, VISION_START, VISION_END, IMAGE, VIDEO)
# Single tokens, but not special ones: decoding a reply must keep them.
ANSWER_TAGS = tuple(f"<{mark}{name}>" for name in ("thinking", "diagnosis", "condition") for mark in ("", "/"))


def chat_template() -> str:
    """TRL's copy of the Qwen2.5-VL template."""
    return (Path(trl.__file__).parent / "chat_templates" / "qwen2_5_vl.jinja").read_text(encoding="utf-8")


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train the BPE.

    Args:
        texts: all the project writes: labels, prompts, captions, replies. The same texts in any order give the same
            tokenizer, because they are sorted first.
        vocabulary: entries of the BPE, the 256 bytes included, added tokens apart.
    """
    core = Tokenizer(models.BPE())
    core.normalizer = normalizers.NFC()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
    core.train_from_iterator(sorted(set(texts)), trainer)
    core.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    core.add_tokens([AddedToken(token, special=False, normalized=False) for token in ANSWER_TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=chat_template(),
    )
