"""Baselines without an encoder: how far does one get with colours and simple texture?

`logistic` sees a thumbnail. `handcrafted` sees what a dermatologist of 1990 would have had a computer measure: colour
and texture in rings from the middle of the lesion to the skin around it. It is the stronger of the two by far, and a
vision-language model must clear it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable
from kg_service.core.knowledge import Knowledge

from ..backends import FunctionBackend
from ..prediction import Request
from .linear import Linear, fit
from .scribe import Beliefs, Scribe

Floats = NDArray[np.float32]

THUMBNAIL, SIDE = 32, 64
# Distances from the middle, in half sides, where one ring ends and the next begins.
RINGS = (0.35, 0.7, 1.0)
# Widths in pixels of the Gaussians under which texture is measured.
WIDTHS = (0.5, 1, 2, 4)


def logistic(train: Sequence[Case], folder: Path, knowledge: Knowledge) -> FunctionBackend:
    """Multinomial logistic regression on the standardised pixels of a 32 x 32 colour thumbnail, classes balanced.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scribe = Scribe(train, knowledge)
    pixels = np.stack([thumbnail(folder / case.image) for case in train])
    # 3,072 pixels outnumber the cases, so the fit is strongly regularised; it need not converge to the last digit.
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, class_weight="balanced", max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = Linear((scribe.golds[0],), float("nan"))
        if len(scribe.prior) > 1:  # of one gold alone there is nothing to learn
            fitted = Linear(tuple(model.fit(pixels, scribe.golds).classes_), 1e-3, model)
    return seeing(scribe, "logistic", fitted, thumbnail, "The nearest by the colours of a thumbnail.")


def handcrafted(train: Sequence[Case], folder: Path, knowledge: Knowledge) -> FunctionBackend:
    """The linear classifier on `rings`.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
    """
    scribe = Scribe(train, knowledge)
    fitted = fit(np.stack([rings(folder / case.image) for case in train]), scribe.golds, scribe.groups)
    return seeing(scribe, "handcrafted", fitted, rings, "The nearest by colour and texture.")


def seeing(
    scribe: Scribe, name: str, fitted: Linear, features: Callable[[Path], Floats], rationale: str
) -> FunctionBackend:
    """A back-end that answers from features of the image, taken once of each. Shown none, it knows the prior alone."""
    known: dict[str, Beliefs] = {"": scribe.prior}

    def answer(request: Request) -> str:
        if request.image not in known:
            (known[request.image],) = fitted.beliefs(features(Path(request.image))[None])
        return scribe.answer(request, known[request.image], rationale)

    return FunctionBackend(answer, scribe.fingerprint(name))


def thumbnail(path: Path) -> Floats:
    """An image as RGB values in [0, 1], shape (3 * 32 * 32,).

    Raises:
        ImageUnreadable: it is missing or not an image.
    """
    return np.asarray(_small(path, THUMBNAIL), dtype=np.float32).reshape(-1) / np.float32(255)


def rings(path: Path) -> Floats:
    """Mean and spread of colour (RGB, HSV, Lab) and of texture (gradient and Laplacian at four widths) in four rings,
    the last the corners; shape (120,).

    Raises:
        ImageUnreadable: it is missing or not an image.
    """
    from scipy.ndimage import gaussian_gradient_magnitude, gaussian_laplace

    image = _small(path, SIDE)
    colours = np.concatenate([np.asarray(image.convert(kind), dtype=np.float64) for kind in ("RGB", "HSV", "LAB")], 2)
    colours /= 255
    grey = colours[..., :3].mean(axis=2)
    middle = (SIDE - 1) / 2
    down, across = np.mgrid[:SIDE, :SIDE]
    ring = np.digitize(np.hypot(down - middle, across - middle) / (SIDE / 2), RINGS)
    edges = [gaussian_gradient_magnitude(grey, width) for width in WIDTHS]
    curves = [gaussian_laplace(grey, width) for width in WIDTHS]
    found: list[np.ndarray | float] = []
    for place in range(len(RINGS) + 1):
        here = ring == place
        found += [*colours[here].mean(axis=0), *colours[here].std(axis=0)]
        found += [value for edge in edges for value in (edge[here].mean(), edge[here].std())]
        found += [curve[here].std() for curve in curves]
    return np.array(found, dtype=np.float32)


def read_image(path: Path) -> Image.Image:
    """An image in RGB.

    Raises:
        ImageUnreadable: it is missing or not an image.
    """
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, ValueError) as error:
        raise ImageUnreadable(f"{path} is not a readable image: {error}") from error


def _small(path: Path, side: int) -> Image.Image:
    return read_image(path).resize((side, side), Image.Resampling.BOX)
