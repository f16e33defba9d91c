"""Eyes first: the vision tower learns to tell looks apart before the language model speaks about them.

A real VLM starts from a pre-trained vision encoder; this stands for it. The tower and its merger learn which terms of
a caption hold for an image (several at once, no diagnosis), each image token voting through one linear layer that is
thrown away. From scratch, captions alone take about five times as long to teach the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional
from tqdm import trange

from .settings import Eyes


def open_eyes(model: Any, processor: Any, images: Sequence[str], terms: Sequence[frozenset[str]], eyes: Eyes,
              seed: int, path: Path) -> None:  # fmt: skip
    """Train `model.model.visual` in place, or load what an earlier start of this run left at `path`.

    On a GPU where there is one; the tower comes back to where it was.

    Args:
        images: paths of equally large images, shape (n,).
        terms: the terms that hold for each, shape (n,).
    """
    tower = model.model.visual
    home, device = tower.device, torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if path.is_file():
        tower.load_state_dict(load_file(path))
        return
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    names = sorted(set().union(*terms))
    truth = torch.tensor([[float(name in held) for name in names] for held in terms], device=device)
    pixels = np.stack([np.asarray(Image.open(image).convert("RGB")) for image in images])
    votes = torch.nn.Linear(model.config.text_config.hidden_size, len(names)).to(device)
    tower.to(device)
    learned = [*tower.parameters(), *votes.parameters()]
    optimizer = torch.optim.AdamW(learned, lr=eyes.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, eyes.learning_rate, total_steps=eyes.steps, pct_start=0.1)
    for _ in trange(eyes.steps, desc="eyes", mininterval=1.0):
        chosen = chance.integers(0, len(pixels), eyes.batch)
        seen = [_turned(pixels[place], int(chance.integers(0, 8))) for place in chosen]
        batch = processor.image_processor(seen, return_tensors="pt").to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = _looks(tower, votes, batch, eyes.batch)
        # summed over terms: the mean would shrink the gradient with the vocabulary
        loss = functional.binary_cross_entropy_with_logits(logits.float(), truth[chosen]) * len(names)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
    tower.to(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    save_file(tower.state_dict(), draft)
    draft.rename(path)


def _looks(tower: Any, votes: torch.nn.Linear, batch: Any, count: int) -> torch.Tensor:
    """Logits per term, shape (count, terms): a soft maximum over the image's tokens, since a sign may be in one."""
    found = tower(batch["pixel_values"], grid_thw=batch["image_grid_thw"]).pooler_output
    tokens = torch.cat(list(found)) if isinstance(found, (list, tuple)) else found
    voted = votes(tokens.view(count, -1, tokens.shape[-1]))
    return torch.logsumexp(voted, 1) - math.log(voted.shape[1])


def _turned(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """One of the eight symmetries of the square."""
    return np.ascontiguousarray(np.rot90(pixels[:, ::-1] if turn >= 4 else pixels, turn % 4))
