"""What is remembered of an image so that it can be compared with others: a digest and a small grey copy.

Each image file is opened once; a file that has the size and time it had in the last run is not opened again.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from kg_service.job import whole_file

SIDE = 32
MISSING = "is missing"
_POOL_FROM = 3000  # a pool costs more than it saves below
_CHUNK = 64
# What datasets come in. Pillow reads more, some of it with the help of other programs.
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")


@dataclass(frozen=True, slots=True)
class Print:
    """`problem` says why the image cannot be used, or nothing. `digest` is of the file's bytes (16 bytes of BLAKE2b).

    `grid` is the image in grey, 32 x 32, uint8.
    """

    problem: str
    digest: bytes = b""
    grid: NDArray[np.uint8] | None = None


def take(path: Path) -> Print:
    """The print of one image. Every block of the file is decoded, so that a truncated one is found."""
    try:
        payload = path.read_bytes()
    except FileNotFoundError:
        return Print(MISSING)
    except OSError:
        return Print("cannot be read")
    try:
        with Image.open(io.BytesIO(payload), formats=_FORMATS) as image:
            if image.mode.startswith(("I", "F")):
                return Print("has more than 8 bits a pixel, of which everybody else would keep the white")
            image.draft("L", (2 * SIDE, 2 * SIDE))  # JPEG: every block, at a part of the cost
            small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Print("is broken")
    return Print("", hashlib.blake2b(payload, digest_size=16).digest(), np.asarray(small, np.uint8))


def take_all(paths: Sequence[Path], cache: Path, processes: int = 0) -> list[Print]:
    """The print of each image, in order, from the cache where the file has not changed since.

    Args:
        cache: a file of an earlier call, or none yet; it is written anew, also when this is interrupted.
        processes: how many take prints at once; 0 means one for each core, and one alone for a few images.
    """
    known = _load(cache)
    stamps = [_stamp(path) for path in paths]
    found = {stamp: known[stamp] for stamp in stamps if stamp in known}
    fresh = [(stamp, path) for stamp, path in zip(stamps, paths, strict=True) if stamp not in found]
    todo = list(dict(fresh).items())
    try:
        for (stamp, _), print_ in zip(todo, _spread([path for _, path in todo], processes), strict=True):
            found[stamp] = print_
    finally:
        if todo:
            _save(cache, found)
    return [found[stamp] for stamp in stamps]


def _spread(paths: Sequence[Path], processes: int) -> Iterator[Print]:
    workers = processes or ((os.cpu_count() or 1) if len(paths) >= _POOL_FROM else 1)
    if workers == 1 or not paths:
        yield from tqdm(map(take, paths), total=len(paths), desc="images", file=sys.stderr, disable=None)
        return
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(take, paths, chunksize=_CHUNK)
        yield from tqdm(done, total=len(paths), desc="images", file=sys.stderr, disable=None)


def _stamp(path: Path) -> str:
    try:
        about = path.stat()
    except OSError:
        return f"{path}|"
    return f"{path}|{about.st_size}|{about.st_mtime_ns}"


def _load(cache: Path) -> dict[str, Print]:
    try:
        with np.load(cache, allow_pickle=False) as held:
            rows = zip(held["stamps"], held["digests"], held["grids"], strict=True)
            return {str(stamp): Print("", digest.tobytes(), grid) for stamp, digest, grid in rows}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}  # none yet, or damaged: it is only a cache


def _save(cache: Path, found: dict[str, Print]) -> None:
    usable = {stamp: print_ for stamp, print_ in found.items() if print_.grid is not None}
    if not usable:
        return
    with whole_file(cache) as file:
        np.savez(
            file,
            stamps=np.array(list(usable), dtype=np.str_),
            digests=np.frombuffer(b"".join(p.digest for p in usable.values()), np.uint8).reshape(-1, 16),
            grids=np.stack([p.grid for p in usable.values() if p.grid is not None]),
        )
