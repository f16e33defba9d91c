"""What training does to images: seeded views of one, and words for how one looks.

A view keeps what a diagnosis rests on (relative colours, structures, borders) and changes what it must not rest on
(orientation, exact scale, lighting).
"""

from __future__ import annotations

import random

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


def computed_looks(image: Image.Image) -> tuple[str, ...]:
    """Words for an image from simple statistics of its pixels: darkness, hue, size, border, symmetry, evenness.

    These are measurements, not clinical findings; they name no feature of the knowledge.
    """
    raise NotImplementedError
