"""What training does to images: seeded views of one, and words for how one looks.

A view keeps what a diagnosis rests on (relative colours, structures, borders) and changes what it must not rest on
(orientation, exact scale, lighting).
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

TURNS = (
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
)


def view(image: Image.Image, number: int) -> Image.Image:
    """The view of an image that a number stands for: 0 is the image itself; the size never changes.

    One of the eight symmetries of the square, a crop of at least 85 % of each side, and brightness, contrast and
    saturation within 12 %.
    """
    image = image.convert("RGB")
    if number == 0:
        return image
    chance = random.Random(number)
    turn = chance.randrange(len(TURNS) + 1)
    size = image.size
    if turn < len(TURNS):
        image = image.transpose(TURNS[turn])
    share = chance.uniform(0.85, 1.0)
    width, height = image.size[0] * share, image.size[1] * share
    left, top = chance.uniform(0, image.size[0] - width), chance.uniform(0, image.size[1] - height)
    image = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhancer(image).enhance(chance.uniform(0.88, 1.12))
    return image


# (what is measured, two bounds, three words). The bounds are round numbers near the thirds of dermoscopic images.
_SCALES = (
    ("area", (0.18, 0.31), ("small", "medium-sized", "large")),
    ("lightness", (0.59, 0.75), ("dark", "middling", "pale")),
    ("redness", (0.21, 0.34), ("greyish", "brownish", "reddish")),
    ("spread", (0.062, 0.086), ("even", "shaded", "mottled")),
    ("raggedness", (2.1, 8.6), ("smooth", "uneven", "ragged")),
    ("lopsidedness", (0.16, 0.38), ("symmetric", "skewed", "asymmetric")),
    ("skin", (0.64, 0.71), ("darker skin", "medium skin", "lighter skin")),
)


def computed_looks(image: Image.Image) -> tuple[str, ...]:
    """Seven words for an image, from simple statistics of its pixels.

    The lesion is what stands out from the rim by colour (Otsu's threshold on the distance). These are measurements,
    not clinical findings; they name no feature of the knowledge.
    """
    found = _measured(np.asarray(image.convert("RGB").resize((56, 56)), np.float64) / 255)
    return tuple(names[int(np.searchsorted(bounds, found[what]))] for what, bounds, names in _SCALES)


def _measured(pixels: NDArray[np.float64]) -> dict[str, float]:
    """Numbers behind the words. `pixels` has shape (side, side, 3), values in [0, 1]."""
    rim = np.concatenate([pixels[:4], pixels[-4:], pixels[:, :4].swapaxes(0, 1), pixels[:, -4:].swapaxes(0, 1)])
    skin = np.median(rim.reshape(-1, 3), axis=0)
    away = np.linalg.norm(pixels - skin, axis=2)
    lesion = away > _otsu(away)
    inside = pixels[lesion] if lesion.any() else pixels.reshape(-1, 3)
    mask = lesion.astype(int)
    edge = np.abs(np.diff(mask, axis=0)).sum() + np.abs(np.diff(mask, axis=1)).sum()
    return {
        "area": float(lesion.mean()),
        "lightness": float(inside.mean() / max(skin.mean(), 1e-6)),
        "redness": float(inside[:, 0].mean() - inside[:, 2].mean()),
        "spread": float(inside.mean(axis=1).std()),
        "raggedness": float(edge**2 / (16 * max(mask.sum(), 1))),  # 1 for a square
        "lopsidedness": _lopsidedness(lesion),
        "skin": float(skin.mean()),
    }


def _otsu(values: NDArray[np.float64]) -> float:
    """Otsu's threshold: the cut with the largest variance between the two sides."""
    counts, edges = np.histogram(values, 64)
    centers = (edges[1:] + edges[:-1]) / 2
    weight, moment = np.cumsum(counts), np.cumsum(counts * centers)
    rest = weight[-1] - weight
    gain = (moment[-1] * weight / weight[-1] - moment) ** 2 / np.maximum(weight * rest, 1)
    return float(centers[int(np.where(rest > 0, gain, 0).argmax())])


def _lopsidedness(lesion: NDArray[np.bool_]) -> float:
    """The share of the lesion that a half turn about its centre does not cover, in [0, 1]."""
    rows, columns = np.nonzero(lesion)
    if not rows.size:
        return 0.0
    side = lesion.shape[0]
    centred = np.zeros((2 * side, 2 * side), bool)
    centred[rows + side - round(rows.mean()), columns + side - round(columns.mean())] = True
    # The centre lies on a cell, so the turned grid is shifted by one.
    turned = np.roll(centred[::-1, ::-1], (1, 1), axis=(0, 1))
    return float(1 - (centred & turned).sum() / centred.sum())
