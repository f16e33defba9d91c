"""Dermoscopic structures: networks, globules, lacunae, openings, vessels."""

from __future__ import annotations

import math

import numpy as np

from .canvas import Canvas, Colour, Plane, step


def _mesh(canvas: Canvas, purpose: str, period: float, bend: float, width: float) -> Plane:
    """A square net, `period` points wide, its lines bent by noise; `width` is the share of a mesh that is line."""
    rng = canvas.rng(purpose)
    lift_u, lift_v = bend * canvas.clouds(rng, 6), bend * canvas.clouds(rng, 6)
    pitch = np.float32(math.pi / period)
    across = np.abs(np.sin(pitch * (canvas.u + lift_u) + np.float32(rng.uniform(0, 3))))
    along = np.abs(np.sin(pitch * (canvas.v + lift_v) + np.float32(rng.uniform(0, 3))))
    return 1 - step(np.minimum(across, along), width * 0.8, width * 1.8)


def pigment_network(canvas: Canvas) -> None:
    """Even brown net with pale holes."""
    lines = _mesh(canvas, "pigment-network", 7.5, 0.6, 0.24)
    canvas.paint(0.30 * canvas.body, (0.86, 0.68, 0.48))
    canvas.paint(0.94 * lines * canvas.body, (0.25, 0.12, 0.05))


def atypical_pigment_network(canvas: Canvas) -> None:
    """Thick black strands of changing width that break off."""
    rng = canvas.rng("atypical-gaps")
    lines = np.maximum(_mesh(canvas, "atypical-pigment-network", 12.5, 4.5, 0.40),
                       0.9 * _mesh(canvas, "atypical-thin", 12.5, 4.5, 0.16))  # fmt: skip
    gaps = step(canvas.clouds(rng, 5), -0.55, -0.2)
    canvas.paint(0.97 * lines * gaps * canvas.body, (0.04, 0.03, 0.04))


def peripheral_pigment_network(canvas: Canvas) -> None:
    lines = _mesh(canvas, "peripheral-pigment-network", 5.5, 0.4, 0.30)
    ring = canvas.body * (1 - step(canvas.depth, 9.5, 11.5))
    canvas.paint(0.45 * ring, (0.86, 0.68, 0.48))
    canvas.paint(0.93 * lines * ring, (0.33, 0.17, 0.07))


def _globules(canvas: Canvas, purpose: str, count: int, zone: tuple[float, float], radius: tuple[float, float],
              gap: float, fill: Colour, rim: Colour | None = None, stretch: float = 1.0, rim_width: float = 1.2
              ) -> None:  # fmt: skip
    rng = canvas.rng(purpose)
    for u, v in canvas.scatter(rng, count, *zone, gap):
        size, turn = rng.uniform(*radius), rng.uniform(0, math.pi)
        if rim is not None:
            canvas.paint(0.95 * canvas.disc(u, v, size + rim_width, stretch=stretch, turn=turn), rim)
        canvas.paint(0.97 * canvas.disc(u, v, size, stretch=stretch, turn=turn), fill)


def blue_gray_ovoid_nests(canvas: Canvas) -> None:
    _globules(canvas, "blue-gray-ovoid-nests", 5, (0.1, 0.66), (4.0, 4.8), 13.5, (0.22, 0.31, 0.52), stretch=1.55)


def red_lacunae(canvas: Canvas) -> None:
    _globules(canvas, "red-lacunae", 7, (0.0, 0.74), (4.6, 5.6), 12.5, (0.62, 0.0, 0.05), (1.0, 0.72, 0.66))


def dark_lacunae(canvas: Canvas) -> None:
    _globules(canvas, "dark-lacunae", 7, (0.0, 0.74), (4.6, 5.6), 12.5, (0.10, 0.02, 0.12), (0.78, 0.60, 0.85))


def comedo_like_openings(canvas: Canvas) -> None:
    _globules(canvas, "comedo-like-openings", 6, (0.1, 0.8), (3.0, 3.8), 12.0, (0.16, 0.08, 0.03),
              (0.80, 0.58, 0.30), rim_width=1.6)  # fmt: skip


def milia_like_cysts(canvas: Canvas) -> None:
    _globules(canvas, "milia-like-cysts", 8, (0.05, 0.85), (2.0, 2.6), 9.5, (1.0, 0.99, 0.93), (0.96, 0.90, 0.62))


def strawberry_pattern(canvas: Canvas) -> None:
    """Red ground with white-haloed follicle openings in rows."""
    canvas.paint(0.72 * canvas.body, (0.86, 0.24, 0.22))
    rng = canvas.rng("strawberry-pattern")
    shift = rng.uniform(0, 8, 2)
    for row in range(-4, 5):
        for column in range(-4, 5):
            u = (column + 0.5 * (row % 2)) * 9.5 + shift[0] - 4
            v = row * 8.2 + shift[1] - 4
            distance = math.hypot(u, v)
            if distance < canvas.outline_at(math.atan2(v, u)) - 3.5:
                canvas.paint(0.95 * canvas.disc(u, v, 2.9), (0.99, 0.93, 0.80))
                canvas.paint(0.9 * canvas.disc(u, v, 1.2), (0.85, 0.62, 0.20))


def leaf_like_areas(canvas: Canvas) -> None:
    """Maple leaves at the edge, their lobes pointing outward."""
    rng = canvas.rng("leaf-like-areas")
    start, count = rng.uniform(0, 2 * math.pi), 4

    def draw(pen, project, scale) -> None:
        for place in range(count):
            angle = start + (place + rng.uniform(-0.15, 0.15)) * 2 * math.pi / count
            base = canvas.at(canvas.outline_at(angle) - 11, angle)
            for lean in (-0.7, 0.0, 0.7):
                du, dv = math.cos(angle + lean), math.sin(angle + lean)
                for part in range(8):
                    reach, thick = part * 1.6, 1.0 + 1.6 * math.sin(math.pi * min(1.0, (part + 1) / 8))
                    u, v = base[0] + du * reach, base[1] + dv * reach
                    [(x, y)] = project([(u, v)])
                    pen.ellipse((x - thick * scale, y - thick * scale, x + thick * scale, y + thick * scale), fill=255)

    canvas.paint(0.95 * canvas.stencil(draw), (0.20, 0.11, 0.17))


def _vessels(canvas: Canvas, lines: list[tuple[list[tuple[float, float]], float]], colour: Colour) -> None:
    """Lines as (points, width in points)."""

    def draw(pen, project, scale) -> None:
        for points, width in lines:
            pen.line(project(points), fill=255, width=max(1, round(width * scale)), joint="curve")

    canvas.paint(0.97 * canvas.stencil(draw), colour)


def arborizing_vessels(canvas: Canvas) -> None:
    """Bright red trunks that branch like a tree."""
    rng = canvas.rng("arborizing-vessels")
    lines: list[tuple[list[tuple[float, float]], float]] = []

    def grow(u: float, v: float, heading: float, length: float, width: float, depth: int) -> None:
        points = [(u, v)]
        for _ in range(4):
            heading += rng.uniform(-0.25, 0.25)
            u, v = u + length / 4 * math.cos(heading), v + length / 4 * math.sin(heading)
            points.append((u, v))
        lines.append((points, width))
        if depth:
            for lean in (-0.65, 0.65):
                grow(u, v, heading + lean + rng.uniform(-0.15, 0.15), length * 0.62, width * 0.7, depth - 1)

    start = rng.uniform(0, 2 * math.pi)
    for turn in (0.0, 2.3, 4.2):
        angle = start + turn + rng.uniform(-0.3, 0.3)
        u, v = canvas.at(canvas.outline_at(angle) * 0.95, angle)
        grow(u, v, angle + math.pi, 17, 2.2, 2)
    _vessels(canvas, lines, (0.80, 0.02, 0.06))


def comma_vessels(canvas: Canvas) -> None:
    rng = canvas.rng("comma-vessels")
    lines: list[tuple[list[tuple[float, float]], float]] = []
    for u, v in canvas.scatter(rng, 7, 0.1, 0.78, 11.0):
        start, bow = rng.uniform(0, 2 * math.pi), rng.uniform(3.2, 4.2)
        arc = [(u + bow * math.cos(start + 0.35 * k), v + bow * math.sin(start + 0.35 * k)) for k in range(8)]
        lines += [(arc, 1.5), (arc[:4], 2.6)]
    _vessels(canvas, lines, (0.72, 0.06, 0.10))


def glomerular_vessels(canvas: Canvas) -> None:
    """Coils like the tufts of a kidney, in clusters."""
    rng = canvas.rng("glomerular-vessels")
    lines: list[tuple[list[tuple[float, float]], float]] = []
    for u, v in canvas.scatter(rng, 7, 0.05, 0.76, 11.5):
        start = rng.uniform(0, 2 * math.pi)
        coil = [
            (u + 0.42 * k * math.cos(start + 1.05 * k), v + 0.42 * k * math.sin(start + 1.05 * k)) for k in range(12)
        ]
        lines.append((coil, 1.5))
    _vessels(canvas, lines, (0.58, 0.0, 0.16))


def thrombosed_capillaries(canvas: Canvas) -> None:
    _globules(canvas, "thrombosed-capillaries", 12, (0.0, 0.85), (1.7, 2.2), 7.0, (0.05, 0.0, 0.02))
