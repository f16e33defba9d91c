"""Scale, crust, horn and the like: what lies on the surface or along the edge."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas, Plane, step
from .outline import band, toward_light


def _flakes(canvas: Canvas, purpose: str, count: int, low: float, high: float, size: tuple[float, float], gap: float
            ) -> Plane:  # fmt: skip
    """Angular plates at random places."""
    rng = canvas.rng(purpose)
    places = canvas.scatter(rng, count, low, high, gap)
    corners = rng.uniform(0.55, 1.0, (len(places), 5))
    spins = rng.uniform(0, 2 * math.pi, len(places))
    sizes = rng.uniform(*size, len(places))

    def draw(pen, project, _scale) -> None:
        for (u, v), reach, spin, side in zip(places, corners, spins, sizes, strict=True):
            points = [
                (u + side * r * math.cos(spin + k * 1.2566), v + side * r * math.sin(spin + k * 1.2566))
                for k, r in enumerate(reach)
            ]
            pen.polygon(project(points), fill=255)

    return canvas.stencil(draw)


def scale(canvas: Canvas) -> None:
    canvas.paint(0.9 * _flakes(canvas, "scale", 13, 0.0, 0.8, (3.0, 4.2), 8.0), (0.96, 0.95, 0.90))


def silvery_scale(canvas: Canvas) -> None:
    """Large lamellae that leave only lines of the ground between them."""
    plates = _flakes(canvas, "silvery-scale", 26, 0.0, 0.86, (6.0, 7.5), 7.6)
    lines = 0.5 + 0.5 * np.sin(1.4 * canvas.u)
    canvas.paint(0.93 * plates * canvas.body, (0.80, 0.83, 0.88))
    canvas.paint(0.75 * plates * lines * canvas.body, (0.98, 0.99, 1.0))


def peripheral_scale(canvas: Canvas) -> None:
    rng = canvas.rng("peripheral-scale")
    broken: Plane = step(np.sin(11 * canvas.angle + np.float32(rng.uniform(0, 6.28))), -0.75, -0.35)
    canvas.paint(0.96 * band(canvas, 3.2, 7.2, 0.7) * broken, (0.98, 0.97, 0.92))


def crust(canvas: Canvas) -> None:
    plates = _flakes(canvas, "crust", 6, 0.1, 0.72, (5.0, 6.8), 13.0)
    grain = canvas.clouds(canvas.rng("crust-grain"), 26)
    canvas.paint(0.97 * plates, (0.85, 0.62, 0.14))
    canvas.paint(0.7 * plates * step(grain, 0.15, 0.5), (0.50, 0.30, 0.05))


def keratin_mass(canvas: Canvas) -> None:
    rng = canvas.rng("keratin-mass")
    u, v = canvas.at(0.30 * canvas.extent, rng.uniform(0, 2 * math.pi))
    du, dv = canvas.u - np.float32(u), canvas.v - np.float32(v)
    around = np.arctan2(dv, du)
    edge = 0.40 * canvas.extent * (1 + 0.12 * np.sin(7 * around) + 0.08 * np.sin(4 * around + 1))
    heap = step(edge - np.hypot(du, dv), -0.9, 0.9)
    canvas.paint(0.97 * heap, (0.93, 0.84, 0.52))
    canvas.shade(1 - 0.4 * heap * step(np.sin(1.15 * du + 1.5 * np.sin(0.35 * dv)), 0.25, 0.75))


def ulcer(canvas: Canvas) -> None:
    """A punched-out raw floor with a pale undermined edge. It keeps away from a heap of horn."""
    rng = canvas.rng("ulcer")
    away = canvas.rng("keratin-mass").uniform(0, 2 * math.pi) + math.pi
    u, v = canvas.at(0.38 * canvas.extent, away)
    du, dv = canvas.u - np.float32(u), canvas.v - np.float32(v)
    around = np.arctan2(dv, du)
    edge = 0.36 * canvas.extent * (1 + 0.1 * np.sin(3 * around + np.float32(rng.uniform(0, 6.28))))
    inside = edge - np.hypot(du, dv)
    canvas.paint(0.95 * step(inside, -3.0, -1.6) * canvas.body, (0.97, 0.86, 0.70))
    canvas.paint(step(inside, -0.8, 0.8), (0.40, 0.02, 0.04))
    canvas.paint(0.9 * step(inside, 3.0, 6.0) * step(canvas.clouds(rng, 20), 0.0, 0.3), (0.72, 0.12, 0.08))


def verrucous_surface(canvas: Canvas) -> None:
    """Cauliflower: domes of 9 points with deep dark clefts."""
    rng = canvas.rng("verrucous-surface")
    bend = 1.6 * canvas.clouds(rng, 5)
    pitch = np.float32(2 * math.pi / 9.5)
    first = np.cos(pitch * canvas.u + bend)
    second = np.cos(pitch * (0.5 * canvas.u + 0.866 * canvas.v) + bend)
    third = np.cos(pitch * (0.5 * canvas.u - 0.866 * canvas.v) + bend)
    height = (first + second + third) / 3
    canvas.shade(1 - canvas.body * 0.62 * step(-height, -0.05, 0.3))
    canvas.paint(0.5 * canvas.body * step(height, 0.35, 0.95), (0.98, 0.93, 0.84))


def umbilication(canvas: Canvas) -> None:
    light = toward_light(canvas)
    pit = step(6.0 - canvas.radius, -1, 1)
    rim = step(9.0 - canvas.radius, -1, 1) * (1 - pit)
    canvas.paint(0.85 * rim, (1.0, 0.97, 0.93))
    canvas.paint(pit, (0.34, 0.20, 0.16))
    canvas.shade(1 + 0.5 * pit * light)


def annular_edge(canvas: Canvas) -> None:
    canvas.paint(0.92 * band(canvas, -0.5, 8.0, 1.0), (0.80, 0.18, 0.20))


def coin_rim(canvas: Canvas) -> None:
    """The stamped rim of a coin: two thin circles inside a perfectly round edge."""
    canvas.paint(0.85 * band(canvas, 0.3, 2.2, 0.6), (0.52, 0.14, 0.12))
    canvas.paint(0.85 * band(canvas, 4.6, 6.2, 0.6), (0.52, 0.14, 0.12))


def sharp_rim(canvas: Canvas) -> None:
    canvas.paint(0.88 * band(canvas, -0.6, 2.0, 0.6), (0.16, 0.08, 0.08))


def white_collarette(canvas: Canvas) -> None:
    canvas.paint(0.97 * band(canvas, -3.6, 1.4, 0.8), (1.0, 0.99, 0.96))


def stuck_on_edge(canvas: Canvas) -> None:
    """Like a sticker: a pale cut edge and a dark line of shadow right around it."""
    canvas.shade(1 - 0.68 * band(canvas, -5.2, -1.2, 0.8))
    canvas.paint(0.6 * band(canvas, -1.2, 1.4, 0.6), (0.98, 0.90, 0.78))
