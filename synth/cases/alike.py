"""Near-duplicates: the same picture under two names, re-encoded, resized, relit, mirrored or turned.

Two steps. A perceptual hash (the signs of the 63 lowest frequencies of the 32 x 32 grey image but the mean; after
C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010) proposes pairs. Then the grey
images themselves must correlate, and so must their fine detail, for two round dark spots on skin have the same low
frequencies. Mirroring an image changes the sign of its odd frequencies and turning it transposes them, so the hashes of
all eight positions come from one transform. The black around a dermoscope's round field is left out of both steps.

Measured on 2,040 HAM10000 images of different lesions: of all 2.1 million pairs none is taken for a copy (the highest
likeness is 0.82), nor with a round black frame drawn over the first 1,000 of them. Their copies that were mirrored,
turned, saved as JPEG (quality 50) or resized have a likeness of at least 0.93, and 2,039 of 2,040 are found at 28
pixels. Of copies with a contrast changed by up to 15 % 98 of 100 are found, of those that were also cropped by up to 3
% at each edge about 85 (and 65 of photographs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .prints import SIDE, Print
from .sources.settings import Alike

_LOW = 8
_FLAT = 2.0  # grey levels of spread, below which an image has no detail to compare
_BLACK = 40  # grey level of a frame at most
_FEWEST = 256  # pixels of 1024 that must be inside both images
_ROWS = 32  # of the hash table against the rest at a time: the differences stay in the processor's cache
_PAIRS = 4096
_BASIS = np.array([[np.cos(np.pi * (2 * x + 1) * u / (2 * SIDE)) for x in range(SIDE)] for u in range(_LOW)])
_ODD = np.array([(-1.0) ** u for u in range(_LOW)])

Floats = NDArray[np.float32]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images by their place in the list, `a` before `b`. `identical`: the files have the same bytes.

    `distance` counts differing bits of 63, `likeness` is the lower of the two correlations. `turned`: `b` is a mirrored
    or turned copy of `a`.
    """

    a: int
    b: int
    identical: bool
    distance: int
    likeness: float
    turned: bool


def find(prints: Sequence[Print], settings: Alike) -> list[Pair]:
    """Every pair of alike images, in order. Of many identical files each is paired with the first only."""
    found: dict[tuple[int, int], Pair] = {}
    same: dict[bytes, int] = {}
    firsts: list[int] = []
    for place, print_ in enumerate(prints):
        first = same.setdefault(print_.digest, place)
        if first == place:
            firsts.append(place)
        else:
            found[first, place] = Pair(first, place, True, 0, 1.0, False)
    if settings.search:
        grids = {place: grid for place in firsts if (grid := prints[place].grid) is not None and grid.std() >= _FLAT}
        places = list(grids)
        if len(places) > 1:
            for pair in _near(np.stack(list(grids.values())), settings):
                pair = replace(pair, a=places[pair.a], b=places[pair.b])
                held = found.get((pair.a, pair.b))
                if held is None or pair.likeness > held.likeness:
                    found[pair.a, pair.b] = pair
    return [found[key] for key in sorted(found)]


def _near(grids: NDArray[np.uint8], settings: Alike) -> Iterator[Pair]:
    images, inside = unframed(grids)
    positions = hashes(images) if settings.turned else hashes(images)[:1]
    fine = (images - _blurred(images)).reshape(len(images), -1)
    plain, inside = images.reshape(len(images), -1), inside.reshape(len(images), -1)
    order = _turns()
    for turn, rows in enumerate(positions):
        for a, b, distance in _close(rows, positions[0], settings.distance):
            # Turning `a` is the same as reading its pixels in another order.
            read = order[turn]
            both = inside[a][:, read] & inside[b]
            likeness = np.minimum(
                _correlation(plain[a][:, read], plain[b], both), _correlation(fine[a][:, read], fine[b], both)
            )
            for place in np.flatnonzero(likeness >= settings.likeness):
                value = round(float(likeness[place]), 4)
                yield Pair(int(a[place]), int(b[place]), False, int(distance[place]), value, turn > 0)


def _correlation(a: Floats, b: Floats, inside: NDArray[np.bool_]) -> Floats:
    """The correlation of each row of two (n, 1024) over the pixels that are inside both; 0 where too few are."""
    count = inside.sum(axis=1, keepdims=True)
    a, b = a * inside, b * inside
    a = (a - a.sum(axis=1, keepdims=True) / np.maximum(count, 1)) * inside
    b = (b - b.sum(axis=1, keepdims=True) / np.maximum(count, 1)) * inside
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.where(count[:, 0] >= _FEWEST, (a * b).sum(axis=1) / np.maximum(lengths, 1e-6), 0)


def unframed(grids: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 32, 32) each: the images without the black that reaches in from their edges, and which pixels are inside.

    The round field of a dermoscope leaves black corners, which would make all images of one instrument alike. They get
    the grey of the image's rest, and the pixels along them count as outside too, for they are half black.
    """
    bare = grids <= _BLACK
    frame = np.zeros_like(bare)
    frame[:, [0, -1], :] = frame[:, :, [0, -1]] = True
    frame &= bare
    for _ in range(SIDE // 2):
        wider = _widened(frame) & bare
        if (wider == frame).all():
            break
        frame = wider
    frame = _widened(_widened(frame))
    images = grids.astype(np.float32)
    rest = np.where(frame, 0, images).sum(axis=(1, 2)) / np.maximum((~frame).sum(axis=(1, 2)), 1)
    images[frame] = np.broadcast_to(rest[:, None, None], images.shape)[frame]
    return images, ~_widened(frame)


def _widened(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each mark with its four neighbours."""
    wide = marks.copy()
    wide[:, 1:] |= marks[:, :-1]
    wide[:, :-1] |= marks[:, 1:]
    wide[:, :, 1:] |= marks[:, :, :-1]
    wide[:, :, :-1] |= marks[:, :, 1:]
    return wide


def hashes(images: Floats) -> Hashes:
    """(8, n): the hash of each of n grey images in each of its eight positions, the unturned one first."""
    low = _BASIS @ images @ _BASIS.T
    one = np.ones(_LOW)
    return np.stack([
        _packed(turned * down[:, None] * across[None, :])
        for turned in (low, low.swapaxes(1, 2))
        for down in (one, _ODD)
        for across in (one, _ODD)
    ])  # fmt: skip


def _turns() -> NDArray[np.intp]:
    """(8, 1024): the order in which each position reads the pixels of the image."""
    pixels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    return np.stack([
        across.ravel()
        for turned in (pixels, pixels.T)
        for down in (turned, turned[::-1])
        for across in (down, down[:, ::-1])
    ])  # fmt: skip


def _packed(low: NDArray[np.floating]) -> Hashes:
    bits = low.reshape(len(low), -1) > 0
    bits[:, 0] = False  # the mean says how bright the image is, not what it shows
    return np.packbits(bits, axis=1).view(np.uint64).ravel()


def _close(
    rows: Hashes, columns: Hashes, most: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint8]]]:
    """(a, b, distance) of every a < b whose hashes differ in at most `most` bits, some thousand pairs at a time."""
    for start in range(0, len(rows), _ROWS):
        differing = np.bitwise_count(rows[start : start + _ROWS, None] ^ columns[None, start:])
        a, b = np.nonzero(differing <= most)
        later = b > a
        a, b = a[later], b[later]
        for part in range(0, len(a), _PAIRS):
            cut = slice(part, part + _PAIRS)
            yield a[cut] + start, b[cut] + start, differing[a[cut], b[cut]]


def _blurred(images: Floats) -> Floats:
    """Each pixel the mean of the 5 x 5 around it."""
    for axis in (1, 2):
        wide = np.concatenate([images.take([0, 0], axis), images, images.take([-1, -1], axis)], axis)
        images = wide.take(range(SIDE), axis)
        for step in range(1, 5):
            images += wide.take(range(step, step + SIDE), axis)
        images /= 5
    return images


def joined(groups: Sequence[str], pairs: Iterable[Pair]) -> list[str]:
    """The unit of each image: its group, or the first by name of all groups that alike images join to one.

    Args:
        groups: the patient, lesion or image that each image belongs to.
    """
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (higher := above.get(name, name)) != name:
            above[name] = above.get(higher, higher)
            name = higher
        return name

    for pair in pairs:
        first, second = sorted((top(groups[pair.a]), top(groups[pair.b])))
        if first != second:
            above[second] = first
    return [top(name) for name in groups]
