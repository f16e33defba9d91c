"""How long rows are in tokens: counted by the model's own processor where it lies here, estimated where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

from ..data import Row

SAMPLE = 24
PIXELS = 28 * 28  # behind one image token of Qwen2.5-VL: patches of 14 pixels, merged 2 x 2
CHAT = 24  # tokens that the chat template adds: system sentence, roles, ends of turns
LETTERS = 4  # characters in a token of English, roughly


@dataclass(frozen=True, slots=True)
class Tokens:
    """Means over a sample of rows. `image` is part of neither `prompt` nor `completion`.

    `longest` is the most of the sample and of the row with the longest text of all. For GRPO `completion` is the limit
    that is set: an upper bound, replies are mostly shorter.
    """

    image: float
    prompt: float
    completion: float
    longest: int
    how: str

    @property
    def row(self) -> float:
        """Tokens of a mean row."""
        return self.image + self.prompt + self.completion


def tokens(rows: Sequence[Row], processor: Any | None, *, max_pixels: int | None, limit: int = 0) -> Tokens:
    """
    Args:
        processor: of the model, None where it is not here.
        max_pixels: what images are capped to; None for the processor's own cap.
        limit: the longest completion GRPO may generate; 0 measures the rows' own completions.
    """
    chosen = [max(rows, key=_letters), *rows[:: max(1, len(rows) // SAMPLE)][:SAMPLE]]
    if processor is None:
        measured = [_guess(row, max_pixels) for row in chosen]
        how = f"images by their size, text taken for {LETTERS} characters a token: the model's processor is not here"
    else:
        measured = [_count(row, processor) for row in chosen]
        how = "counted by the model's processor"
    full = [(image, prompt, limit or completion) for image, prompt, completion in measured]
    sample = full[1:]  # the one that was chosen for its length would bend the means
    image, prompt, completion = (sum(column) / len(sample) for column in zip(*sample, strict=True))
    return Tokens(image, prompt, completion, max(map(sum, full)), f"{how}, on {len(sample)} of {len(rows)} rows")


def _letters(row: Row) -> int:
    return len(row.prompt) + len(row.completion)


def _count(row: Row, processor: Any) -> tuple[int, int, int]:
    content: list[dict[str, str]] = [{"type": "text", "text": row.prompt}]
    images = None
    if row.image:
        content.insert(0, {"type": "image"})
        with Image.open(row.image) as image:
            images = [image.convert("RGB")]
    chat = [{"role": "user", "content": content}]
    text = processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    ids = processor(text=[text], images=images, return_tensors="pt")["input_ids"][0].tolist()
    shown = ids.count(getattr(processor, "image_token_id", None))
    return shown, len(ids) - shown, len(processor.tokenizer(row.completion)["input_ids"])


def _guess(row: Row, max_pixels: int | None) -> tuple[int, int, int]:
    shown = 0
    if row.image:
        with Image.open(row.image) as image:  # the header alone is read
            cap = {} if max_pixels is None else {"max_pixels": max_pixels}
            height, width = smart_resize(image.height, image.width, **cap)
        shown = height * width // PIXELS
    return shown, CHAT + len(row.prompt) // LETTERS, len(row.completion) // LETTERS
