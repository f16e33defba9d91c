"""Which caption of a printed page belongs to which image: the nearest, on the side where this book puts captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .records import Block, BlockKind, Box, around
from .units import Unit

Spot = tuple[int, Block]  # place of a block in the book, and the block

_NEAR = 30.0  # points between two panels of one figure
_FAR = 150.0  # points between an image and its caption
_OTHER_SIDE = 3.0  # a gap on the side where this book does not put captions counts so many times


def bind(pages: Sequence[Sequence[Spot]]) -> list[Unit]:
    """The units of a book whose blocks have boxes; `pages` holds the figures and captions of each page.

    Side by side or stacked images are panels of one figure unless each has a caption of its own.
    """
    prepared = [(_clusters(page), [spot for spot in page if spot[1].kind is BlockKind.CAPTION]) for page in pages]
    usual = _usual_side(prepared)
    return [unit for clusters, captions in prepared for unit in _match(clusters, captions, usual)]


def _box(spot: Spot) -> Box:
    assert spot[1].box is not None
    return spot[1].box


def _shared(a: Box, b: Box, axis: int) -> float:
    """How far two boxes overlap along an axis (0 across, 1 down), as a share of the smaller."""
    length = min(a[axis + 2], b[axis + 2]) - max(a[axis], b[axis])
    return length / max(min(a[axis + 2] - a[axis], b[axis + 2] - b[axis]), 1e-6)


def _gap(image: Box, caption: Box) -> tuple[float, str]:
    """Points between an image and a caption, and the side of the caption; infinite if neither is over the other."""
    if _shared(image, caption, 0) < 0.3:
        return float("inf"), ""
    below, above = caption[1] - image[3], image[1] - caption[3]
    return (max(below, 0.0), "below") if below >= above else (max(above, 0.0), "above")


def _clusters(page: Sequence[Spot]) -> list[list[Spot]]:
    """Images that stand together, each cluster in reading order."""
    captions = [_box(spot) for spot in page if spot[1].kind is BlockKind.CAPTION]
    clusters: list[list[Spot]] = []
    for spot in (spot for spot in page if spot[1].kind is BlockKind.FIGURE):
        joined = [cluster for cluster in clusters if any(_together(spot, other, captions) for other in cluster)]
        clusters = [cluster for cluster in clusters if cluster not in joined]
        clusters.append([*(member for cluster in joined for member in cluster), spot])
    return [_reading_order(cluster) for cluster in clusters]


def _together(a: Spot, b: Spot, captions: Sequence[Box]) -> bool:
    """Two images are panels of one figure: near each other, and no caption stands between or under each alone."""
    first, second = sorted((_box(a), _box(b)), key=lambda box: (box[1], box[0]))
    if _shared(first, second, 1) > 0.5:
        left, right = sorted((first, second))
        own = [_own(box, captions) for box in (left, right)]
        return right[0] - left[2] < _NEAR and not (own[0] and own[1] and own[0] != own[1])
    if _shared(first, second, 0) > 0.5 and second[1] - first[3] < _NEAR:
        return not any(first[3] - 2 <= caption[1] and caption[3] <= second[1] + 2 for caption in captions)
    return False


def _own(image: Box, captions: Sequence[Box]) -> Box | None:
    """The caption right below or above an image that is not wider than it."""
    fitting = [
        (gap, caption)
        for caption in captions
        if (gap := _gap(image, caption)[0]) < _NEAR
        and caption[0] > image[0] - _NEAR / 2
        and caption[2] < image[2] + _NEAR / 2
    ]
    return min(fitting)[1] if fitting else None


def _reading_order(cluster: Sequence[Spot]) -> list[Spot]:
    rows: list[list[Spot]] = []
    for spot in sorted(cluster, key=lambda spot: (_box(spot)[1], _box(spot)[0])):
        if rows and _shared(_box(rows[-1][0]), _box(spot), 1) > 0.5:
            rows[-1].append(spot)
        else:
            rows.append([spot])
    return [spot for row in rows for spot in sorted(row, key=lambda spot: _box(spot)[0])]


def _usual_side(pages: Iterable[tuple[list[list[Spot]], list[Spot]]]) -> str:
    """Where this book puts captions, counted on pages with one figure and one caption."""
    found = Counter(
        _gap(around(map(_box, clusters[0])), _box(captions[0]))[1]
        for clusters, captions in pages
        if len(clusters) == len(captions) == 1
    )
    return "above" if found["above"] > found["below"] else "below"


def _match(clusters: list[list[Spot]], captions: list[Spot], usual: str) -> list[Unit]:
    """Nearest pairs first, each caption to one figure."""
    pairs = []
    for place, cluster in enumerate(clusters):
        for caption in captions:
            gap, side = _gap(around(map(_box, cluster)), _box(caption))
            if gap <= _FAR:
                pairs.append(((gap + 1) * (1.0 if side == usual else _OTHER_SIDE), place, caption[0], side))
    taken: dict[int, tuple[int, str]] = {}
    for _, place, caption, side in sorted(pairs):
        if place not in taken and caption not in {bound for bound, _ in taken.values()}:
            taken[place] = (caption, side)
    units = []
    for place, cluster in enumerate(clusters):
        bound = taken.get(place)
        figures = tuple(spot[0] for spot in cluster)
        units.append(Unit(figures, (bound[0],), bound[1]) if bound else Unit(figures, ()))
    alone = {spot[0] for spot in captions} - {bound for bound, _ in taken.values()}
    return units + [Unit((), (spot[0],)) for spot in captions if spot[0] in alone]
