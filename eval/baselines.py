"""Blind and simple baselines. Each writes whole replies through `core.answer`, so that it earns the same metrics.

`majority` and `chance` never look at the image; a model that does not beat them has learned nothing from pictures.
`logistic` sees a 32 x 32 thumbnail and no more: an encoder-free floor that a vision-language model must clear.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kg_service.core.answer import Answer, render
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, ImageUnreadable
from kg_service.core.knowledge import Knowledge

from .predict import FunctionBackend
from .prediction import Request

if TYPE_CHECKING:
    import numpy as np

SIDE = 32


class Scribe:
    """Writes the reply that names a gold: its label, and the condition its training cases mostly had."""

    def __init__(self, train: Sequence[Case], knowledge: Knowledge) -> None:
        if not train:
            raise ConfigInvalid("a baseline needs training cases; name their splits")
        self.golds = [knowledge.gold(case.gold) for case in train]
        self._knowledge = knowledge
        self._conditions: dict[str, Counter[Condition]] = {}
        for case, gold in zip(train, self.golds, strict=True):
            stated = case.condition or knowledge.condition(gold)
            members = [stated] if stated else [knowledge.condition(leaf) for leaf in knowledge.taxonomy.leaves(gold)]
            self._conditions.setdefault(gold, Counter()).update(one for one in members if one)

    def reply(self, gold: str, rationale: str) -> str:
        counted = self._conditions[gold]
        condition = max(sorted(counted), key=lambda one: counted[one])
        return render(Answer(rationale, self._knowledge.label(gold), condition))


def majority(train: Sequence[Case], knowledge: Knowledge) -> FunctionBackend:
    """Always the most frequent gold of the training cases."""
    scribe = Scribe(train, knowledge)
    counted = Counter(scribe.golds)
    reply = scribe.reply(max(sorted(counted), key=lambda gold: counted[gold]), "The most frequent diagnosis.")
    return FunctionBackend(lambda _: reply, _fingerprint("majority", train, knowledge))


def chance(train: Sequence[Case], knowledge: Knowledge, *, seed: int = 0) -> FunctionBackend:
    """The gold of a training case drawn at random: each label as often as it was seen."""
    scribe = Scribe(train, knowledge)

    def answer(request: Request) -> str:
        drawn = random.Random(f"{seed}/{request.case_id}/{request.sample}").choice(scribe.golds)
        return scribe.reply(drawn, "A diagnosis drawn at random.")

    return FunctionBackend(answer, _fingerprint(f"chance/{seed}", train, knowledge))


def logistic(train: Sequence[Case], folder: Path, knowledge: Knowledge) -> FunctionBackend:
    """Multinomial logistic regression on the standardised pixels of a 32 x 32 colour thumbnail, classes balanced.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
    """
    import warnings

    import numpy as np
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
        model.fit(pixels, scribe.golds)

    def answer(request: Request) -> str:
        gold = str(model.predict(thumbnail(Path(request.image))[None])[0])
        return scribe.reply(gold, "The nearest by the colours of a thumbnail.")

    return FunctionBackend(answer, _fingerprint("logistic", train, knowledge))


def thumbnail(path: Path) -> np.ndarray:
    """An image as float32 RGB values in [0, 1], shape (3 * 32 * 32,).

    Raises:
        ImageUnreadable: it is missing or not an image.
    """
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    except (OSError, ValueError) as error:
        raise ImageUnreadable(f"{path} is not a readable image: {error}") from error
    return np.asarray(small, dtype=np.float32).reshape(-1) / 255


BASELINES: dict[str, Callable[[Sequence[Case], Path, Knowledge], FunctionBackend]] = {
    "majority": lambda train, _folder, knowledge: majority(train, knowledge),
    "chance": lambda train, _folder, knowledge: chance(train, knowledge),
    "logistic": logistic,
}


def _fingerprint(name: str, train: Sequence[Case], knowledge: Knowledge) -> str:
    rows = [[case.id, case.gold, case.condition] for case in train]
    content = json.dumps([name, knowledge.digest, rows], sort_keys=True)
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()
