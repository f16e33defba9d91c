"""The shape of a lesion and of its edge: what is drawn first, because everything else keeps inside it."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas, Plane, step

# Cues that change the outline itself; they are drawn by `lay_out`, in one go.
SHAPES = ("irregular-border", "asymmetry", "coin-shaped", "moth-eaten-border", "annular", "stuck-on")


def lay_out(canvas: Canvas, drawn: frozenset[str]) -> None:
    """Set the outline and the soft body mask. Without any shape cue: an ellipse with a soft edge."""
    angles = np.deg2rad(np.arange(360))
    plain = canvas.rng("outline")
    stretch = plain.uniform(0.78, 0.9)
    if drawn & {"coin-shaped", "annular"}:
        stretch = 1.0
    reach = canvas.extent * stretch / np.sqrt((stretch * np.cos(angles)) ** 2 + np.sin(angles) ** 2)
    if "irregular-border" in drawn:
        reach *= 1 + _jagged(canvas, angles)
    if "asymmetry" in drawn:
        # One side bulges, the other is cut short.
        reach *= 1 + 0.24 * np.cos(angles) + 0.1 * np.cos(2 * angles + 0.8)
    canvas.reach = np.minimum(reach, canvas.extent * 1.28).astype(np.float32)
    degrees = np.rint(np.rad2deg(canvas.angle)).astype(np.int32) % 360
    canvas.depth = canvas.reach[degrees] - canvas.radius
    if "moth-eaten-border" in drawn:
        _bite(canvas)
    crisp = drawn & {"sharp-border", "coin-shaped", "stuck-on", "moth-eaten-border", "annular", "irregular-border"}
    soft = 0.9 if crisp else 4.5
    canvas.body = step(canvas.depth, -soft, soft)


def _jagged(canvas: Canvas, angles: np.ndarray) -> np.ndarray:
    rng = canvas.rng("irregular-border")
    wave = np.zeros_like(angles)
    for waves, height in ((3, 0.08), (5, 0.1), (8, 0.09), (11, 0.05)):
        wave += height * rng.uniform(0.8, 1.2) * np.sin(waves * angles + rng.uniform(0, 2 * math.pi))
    return wave


def _bite(canvas: Canvas) -> None:
    """Round bites out of the edge, evenly spread with some jitter."""
    rng = canvas.rng("moth-eaten-border")
    count = int(rng.integers(8, 11))
    for place in range(count):
        angle = (place + rng.uniform(-0.2, 0.2)) * 2 * math.pi / count
        u, v = canvas.at(canvas.outline_at(angle) + 0.6, angle)
        bite = np.hypot(canvas.u - np.float32(u), canvas.v - np.float32(v)) - np.float32(rng.uniform(4.2, 5.4))
        canvas.depth = np.minimum(canvas.depth, bite)


def band(canvas: Canvas, outer: float, inner: float, soft: float) -> Plane:
    """A ring that follows the outline, from depth `outer` to depth `inner` (points, positive inside), its edges blurred
    over `soft` points to each side."""
    return step(canvas.depth, outer - soft, outer + soft) * (1 - step(canvas.depth, inner - soft, inner + soft))


def toward_light(canvas: Canvas) -> Plane:
    """-1 on the shadow side to 1 on the side of the light (upper left of the image), in any orientation."""
    direction = math.radians(225) - canvas.turn
    along = canvas.u * np.float32(math.cos(direction)) + canvas.v * np.float32(math.sin(direction))
    return along / np.float32(canvas.extent)
