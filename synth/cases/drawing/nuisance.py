"""What differs from picture to picture and means nothing: hair, light, sensor noise."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas


def hair(canvas: Canvas) -> None:
    """None to three thin hairs, on about four pictures in ten."""
    rng = canvas.rng("hair")
    if rng.uniform() > 0.4:
        return
    strands = []
    for _ in range(int(rng.integers(1, 4))):
        u, v, heading = *rng.uniform(-36, 36, 2), rng.uniform(0, 2 * math.pi)
        points = []
        for _ in range(7):
            points.append((u, v))
            heading += rng.uniform(-0.2, 0.2)
            u, v = u + 8 * math.cos(heading), v + 8 * math.sin(heading)
        strands.append(points)

    def draw(pen, project, scale) -> None:
        for points in strands:
            pen.line(project(points), fill=200, width=max(1, round(0.7 * scale)))

    canvas.paint(0.8 * canvas.stencil(draw), (0.17, 0.12, 0.10))


def lighting(canvas: Canvas) -> None:
    """A gentle slope of brightness, a colour cast and an exposure."""
    rng = canvas.rng("light")
    heading = rng.uniform(0, 2 * math.pi)
    slope = canvas.u * np.float32(math.cos(heading)) + canvas.v * np.float32(math.sin(heading))
    canvas.shade(np.float32(rng.uniform(0.92, 1.06)) + np.float32(rng.uniform(0, 0.10) / 42) * slope)
    canvas.pixels *= rng.uniform(0.97, 1.03, 3).astype(np.float32)


def noise(canvas: Canvas) -> None:
    rng = canvas.rng("noise")
    canvas.pixels += np.float32(rng.uniform(0.008, 0.022)) * rng.standard_normal(canvas.pixels.shape, dtype=np.float32)
