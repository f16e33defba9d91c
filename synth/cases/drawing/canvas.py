"""The canvas a lesion is drawn on: soft masks over one RGB image, in pixels of an 84 px image.

All lengths given to a canvas are in "points": one point is one pixel where the image is 84 px wide, so that a
lesion looks the same at every size.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]

POINTS = 84
# Strokes and polygons are drawn this many times larger and averaged down: PIL itself does not smooth edges.
OVERSAMPLE = 3


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that adding one cue leaves everything else where it was."""
    return np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, zlib.crc32(purpose.encode())])


def step(values: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


class Canvas:
    """A square image of `size` px, values in [0, 1], and the lesion's own coordinates.

    `u`, `v`: offsets from the lesion's centre along its own axes, in points, shape (size, size).
    `radius`: distance from the centre; `angle`: direction in radians; `depth`: distance inside the outline (negative
    outside), all (size, size), set by `outline`.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seed = seed
        self.points = POINTS / size
        place = generator(seed, "place")
        self.centre = tuple(POINTS / 2 + place.uniform(-4.5, 4.5, 2))
        self.turn = float(place.uniform(0, 2 * math.pi))
        self.extent = float(place.uniform(25, 31))
        axis = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(self.points)
        dx, dy = axis[None, :] - np.float32(self.centre[0]), axis[:, None] - np.float32(self.centre[1])
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        self.u: Plane = dx * np.float32(cos) + dy * np.float32(sin)
        self.v: Plane = dy * np.float32(cos) - dx * np.float32(sin)
        self.radius: Plane = np.hypot(self.u, self.v)
        self.angle: Plane = np.arctan2(self.v, self.u)
        self.pixels: NDArray[np.float32] = np.zeros((size, size, 3), np.float32)
        self.tone: NDArray[np.float32] = np.zeros(3, np.float32)  # of the skin, set by `colors.skin`
        self.reach = np.full(360, self.extent, np.float32)  # outline radius by whole degree of `angle`
        self.taken: list[tuple[float, float]] = []  # centres of the small structures drawn so far
        self.depth: Plane = self.extent - self.radius
        self.body: Plane = step(self.depth, -1, 1)

    def rng(self, purpose: str) -> np.random.Generator:
        return generator(self.seed, purpose)

    def paint(self, cover: Plane, colour: Colour | NDArray[np.float32]) -> None:
        """Lay a colour over the image where `cover` (size, size) in [0, 1] says."""
        self.pixels += cover[..., None] * (np.asarray(colour, np.float32) - self.pixels)

    def shade(self, factor: Plane) -> None:
        """Multiply all channels by `factor` (size, size)."""
        self.pixels *= factor[..., None]

    def clouds(self, rng: np.random.Generator, cells: int) -> Plane:
        """Smooth noise of about unit range [-1, 1], `cells` bumps across the image."""
        coarse = rng.uniform(-1, 1, (cells + 2, cells + 2)).astype(np.float32)
        smooth = Image.fromarray(coarse).resize((self.size, self.size), Image.Resampling.BICUBIC)
        return np.asarray(smooth, np.float32)

    def outline_at(self, angle: float) -> float:
        """Outline radius in points in one direction of the lesion's own axes."""
        return float(self.reach[round(math.degrees(angle)) % 360])

    def at(self, distance: float, angle: float) -> tuple[float, float]:
        """Lesion coordinates of a place: distance from the centre in points, direction in radians."""
        return distance * math.cos(angle), distance * math.sin(angle)

    def stencil(self, draw: Callable[[ImageDraw.ImageDraw, Callable[..., list[tuple[float, float]]], float], None]
                ) -> Plane:  # fmt: skip
        """A mask drawn with PIL. `draw` gets the pen, a function from lesion coordinates to its pixels, and the
        number of its pixels in a point."""
        side = self.size * OVERSAMPLE
        sheet = Image.new("L", (side, side))
        scale = side / POINTS
        cos, sin = math.cos(self.turn), math.sin(self.turn)

        def project(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
            x, y = self.centre
            return [((x + u * cos - v * sin) * scale, (y + u * sin + v * cos) * scale) for u, v in points]

        draw(ImageDraw.Draw(sheet), project, scale)
        return np.asarray(sheet.reduce(OVERSAMPLE), np.float32) / 255

    def disc(self, u: float, v: float, radius: float, *, stretch: float = 1.0, turn: float = 0.0, soft: float = 0.8
             ) -> Plane:  # fmt: skip
        """A soft ellipse: `radius` across, `radius * stretch` along the direction `turn`."""
        du, dv = self.u - np.float32(u), self.v - np.float32(v)
        if stretch != 1.0:
            cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
            du, dv = (du * cos + dv * sin) / np.float32(stretch), dv * cos - du * sin
        return step(radius - np.hypot(du, dv), -soft, soft)

    def scatter(self, rng: np.random.Generator, count: int, low: float, high: float, gap: float
                ) -> list[tuple[float, float]]:  # fmt: skip
        """Up to `count` places between the shares `low` and `high` of the outline radius, at least `gap` apart.

        Places of earlier calls are kept free while there is room: small structures stand beside each other.
        """
        found: list[tuple[float, float]] = []
        crowded: list[tuple[float, float]] = []
        for share, direction in rng.uniform(0, 1, (count * 16, 2)):
            angle = float(direction) * 2 * math.pi
            distance = self.outline_at(angle) * math.sqrt(low**2 + float(share) * (high**2 - low**2))
            u, v = self.at(distance, angle)
            if any(math.hypot(u - a, v - b) < gap for a, b in found):
                continue
            if any(math.hypot(u - a, v - b) < 6.5 for a, b in self.taken):
                crowded.append((u, v))
                continue
            found.append((u, v))
            if len(found) == count:
                break
        for u, v in crowded:
            if len(found) >= max(2, count // 2):
                break
            if all(math.hypot(u - a, v - b) >= gap for a, b in found):
                found.append((u, v))
        self.taken += found
        return found

    def image(self) -> Image.Image:
        return Image.fromarray((np.clip(self.pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
