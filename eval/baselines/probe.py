"""The encoder probe: what a checkpoint's eyes know, read off by a linear classifier.

Its vision tower and merger are left as they are; the image tokens they hand to the language model are averaged, and
that is all the classifier sees. Such a probe was found 10 points above the vision-language model on top of it
(2609.36557), so no table of results is honest without one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_bytes

from ..backends import FunctionBackend, ModelSource
from .linear import fit
from .pictures import read_image, seeing
from .scribe import Scribe

Floats = NDArray[np.float32]

_BATCH = 16


def probe(
    train: Sequence[Case],
    folder: Path,
    knowledge: Knowledge,
    checkpoint: Path,
    max_pixels: int | None = None,
    *,
    cache: Path | None = None,
) -> FunctionBackend:
    """The linear classifier of the baselines on `Eyes`.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
        max_pixels: larger images are scaled down, as for the model itself.
        cache: an `.npz` file that keeps the features of the training images, for as long as the checkpoint is the same.

    Raises:
        ConfigInvalid: there is no training case, or the checkpoint cannot be loaded.
        ImageUnreadable: an image is missing or broken.
    """
    scribe = Scribe(train, knowledge)
    eyes = Eyes(checkpoint, max_pixels)
    features = _remembered([folder / case.image for case in train], eyes, cache)
    fitted = fit(features, scribe.golds, scribe.groups)
    name = f"probe/{eyes.fingerprint}"
    return seeing(scribe, name, fitted, lambda path: eyes.features([path])[0], "The nearest by what the encoder sees.")


class Eyes:
    """The vision tower and merger of a checkpoint, frozen."""

    def __init__(self, checkpoint: Path, max_pixels: int | None = None) -> None:
        from ..backends.checkpoint import CheckpointBackend

        backend = CheckpointBackend(ModelSource(path=str(checkpoint), max_pixels=max_pixels))
        self.fingerprint = backend.fingerprint
        self._images: Any = backend.processor.image_processor
        self._model = backend.model
        self._device = backend.device

    def features(self, paths: Sequence[Path]) -> Floats:
        """The mean over an image's tokens for each of n images, shape (n, width of the language model).

        Raises:
            ImageUnreadable: one is missing or broken.
        """
        import torch

        found: list[Floats] = []
        for first in range(0, len(paths), _BATCH):
            images = [read_image(path) for path in paths[first : first + _BATCH]]
            inputs = self._images(images=images, return_tensors="pt")
            with torch.inference_mode():
                seen = self._model.get_image_features(**inputs.to(self._device)).pooler_output
            found += [tokens.float().mean(dim=0).cpu().numpy() for tokens in seen]
        return np.stack(found)


def _remembered(paths: Sequence[Path], eyes: Eyes, cache: Path | None) -> Floats:
    """`eyes.features`, those known to `cache` not computed again."""
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    known: dict[str, Floats] = {}
    if cache and cache.is_file():
        with np.load(cache) as file:
            if str(file["fingerprint"]) == eyes.fingerprint:
                known = dict(zip(file["digests"].tolist(), file["features"], strict=True))
    fresh = {digest: path for digest, path in zip(digests, paths, strict=True) if digest not in known}
    if fresh:
        known |= dict(zip(fresh, eyes.features(list(fresh.values())), strict=True))
        if cache:
            write_bytes(cache, _packed(eyes.fingerprint, known.keys(), known.values()))
    return np.stack([known[digest] for digest in digests])


def _packed(fingerprint: str, digests: Iterable[str], features: Iterable[Floats]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, fingerprint=fingerprint, digests=np.array(list(digests)), features=np.stack(list(features)))
    return buffer.getvalue()
