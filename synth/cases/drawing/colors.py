"""Skin, body colours and the large colour areas of a lesion."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas, Colour, step
from .outline import band, toward_light

LIGHTEST, DARKEST = np.array([0.96, 0.84, 0.76], np.float32), np.array([0.68, 0.49, 0.38], np.float32)

BODY: dict[str, Colour] = {
    "color-black": (0.07, 0.06, 0.08),
    "color-brown": (0.45, 0.26, 0.13),
    "color-blue-gray": (0.33, 0.42, 0.60),
    "color-red": (0.80, 0.08, 0.12),
    "color-purple": (0.47, 0.14, 0.50),
    "erythema": (0.93, 0.47, 0.44),
}
PATCHES: tuple[Colour, ...] = ((0.36, 0.19, 0.09), (0.78, 0.20, 0.18), (0.30, 0.40, 0.58), (0.80, 0.60, 0.38))


def skin(canvas: Canvas) -> None:
    """A skin tone between light and mid brown, with pores."""
    rng = canvas.rng("skin")
    tone = float(rng.beta(1.2, 1.8))
    canvas.tone[:] = LIGHTEST + tone * (DARKEST - LIGHTEST)
    canvas.pixels[:] = canvas.tone
    canvas.shade(1 + 0.025 * canvas.clouds(rng, 14))


def body(canvas: Canvas, drawn: frozenset[str]) -> None:
    """Fill the lesion. Two colours share it; a lesion without a colour cue is a dull, darker rose on any skin."""
    if "erythema" in drawn:
        canvas.paint(0.55 * step(canvas.depth, -11, 0) * (1 - canvas.body), BODY["erythema"])
    colours = [BODY[name] for name in BODY if name in drawn]
    if "skin-colored" in drawn:
        colours.append(tuple(canvas.tone * np.float32(1.03)))
    if not colours:
        colours.append(tuple(canvas.tone * np.array([0.84, 0.70, 0.67], np.float32)))
    canvas.paint(canvas.body, colours[0])
    lean = canvas.rng("shares").uniform(0, 2 * math.pi)
    across = canvas.u * np.float32(math.cos(lean)) + canvas.v * np.float32(math.sin(lean))
    for place, colour in enumerate(colours[1:], start=1):
        # Each further colour takes an equal share, side by side.
        border = canvas.extent * (1 - 2 * place / len(colours)) * 0.8
        canvas.paint(canvas.body * step(-across, -border - 1.5, -border + 1.5), colour)
    if "homogeneous-pigmentation" not in drawn:
        depth = 0.05 if "skin-colored" in drawn and len(colours) == 1 else 0.17
        canvas.shade(1 + canvas.body * depth * canvas.clouds(canvas.rng("mottle"), 11))
    if "skin-colored" in drawn:
        canvas.shade(1 - 0.22 * band(canvas, -0.5, 2.5, 1.2))
    if "homogeneous-pigmentation" in drawn:
        # An even film: the one body without mottling, flat up to a thin darker hem.
        canvas.shade(1 - 0.3 * band(canvas, 0.5, 3.0, 0.8))


def multiple_colors(canvas: Canvas) -> None:
    rng = canvas.rng("multiple-colors")
    start = rng.uniform(0, 2 * math.pi)
    wobble = 0.35 * canvas.clouds(rng, 5)
    turned = (canvas.angle + wobble + start) % (2 * math.pi)
    for place in rng.permutation(len(PATCHES))[:3]:
        middle = 2 * math.pi * (place + 0.5) / len(PATCHES)
        sector = step(0.72 - np.abs(turned - np.float32(middle)), -0.08, 0.08)
        canvas.paint(0.92 * sector * canvas.body * step(canvas.radius, 2, 6), PATCHES[place])


def blue_white_veil(canvas: Canvas) -> None:
    rng = canvas.rng("blue-white-veil")
    u, v = canvas.at(0.30 * canvas.extent, rng.uniform(0, 2 * math.pi))
    cover = canvas.disc(u, v, 0.46 * canvas.extent, stretch=1.3, turn=rng.uniform(0, math.pi), soft=3)
    canvas.paint(0.88 * cover * canvas.body, (0.66, 0.76, 0.93))


def central_clearing(canvas: Canvas) -> None:
    canvas.paint(0.93 * step(canvas.depth, 8.5, 12) * canvas.body, canvas.tone)


def central_white_patch(canvas: Canvas) -> None:
    rng = canvas.rng("central-white-patch")
    waves = 1 + 0.16 * np.sin(5 * canvas.angle + np.float32(rng.uniform(0, 6.28)))
    canvas.paint(0.95 * step(0.40 * canvas.extent * waves - canvas.radius, -1.5, 1.5), (0.98, 0.96, 0.93))


def nodule(canvas: Canvas) -> None:
    """A high lump: one side lit, the other in its own shadow, which falls far onto the skin."""
    light = toward_light(canvas)
    canvas.shade(1 - 0.55 * step(-light, 0.15, 0.9) * canvas.body)
    canvas.pixels += (0.26 * step(light, 0.2, 0.9) * canvas.body)[..., None]


def cast_shadow(canvas: Canvas) -> None:
    light = toward_light(canvas)
    canvas.shade(1 - 0.70 * step(canvas.depth, -12, 0) * (1 - canvas.body) * step(-light, 0.25, 0.7))


def dome(canvas: Canvas) -> None:
    """A smooth half-sphere: darkening to all sides and one glossy spot of light."""
    share = 1 - np.clip(canvas.depth / canvas.extent, 0, 1)
    canvas.shade(1 - 0.34 * canvas.body * share**3)
    direction = math.radians(225) - canvas.turn
    u, v = canvas.at(0.52 * canvas.extent, direction)
    canvas.paint(0.95 * canvas.disc(u, v, 4.6, stretch=1.5, turn=direction + math.pi / 2, soft=2.0), (1, 1, 1))


def pearly(canvas: Canvas) -> None:
    """A rolled, glassy edge: one broad soft band of light inside the outline, and a pinkish sheen over the whole."""
    canvas.paint(0.45 * canvas.body, (0.99, 0.86, 0.88))
    canvas.paint(0.95 * band(canvas, 2.6, 7.4, 2.2), (1.0, 0.97, 0.98))


def asymmetry(canvas: Canvas) -> None:
    """The bulging side is also the darker one, with a clear line between the halves."""
    canvas.shade(1 - 0.42 * canvas.body * step(canvas.u, -0.5, 2.5))
