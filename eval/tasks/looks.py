"""Which picture is shown with a question: the case's own, or one that shows whether a model looks at all."""

from __future__ import annotations

import hashlib
import io
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg_service.core.case import Case
from kg_service.core.ddx import Via
from kg_service.core.errors import ConfigInvalid, ImageUnreadable
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_bytes

from ..prediction import Look, picture_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture: path (empty for none), sha256 of its bytes, and the case it is of where that is another one."""

    image: str = ""
    digest: str = ""
    about: dict[str, str] = field(default_factory=dict)


class Pictures:
    """The pictures of some cases.

    Args:
        folder: the folder of the `cases.jsonl`, which image paths start from.
        looks: where pictures that had to be made are written.
        seed: decides which other case is shown.
    """

    def __init__(self, cases: Sequence[Case], folder: Path, knowledge: Knowledge, looks: Path, seed: int) -> None:
        self._folder = folder
        self._knowledge = knowledge
        self._looks = looks
        self._seed = seed
        self._cases = {case.id: case for case in cases}
        self._golds = {case.id: knowledge.gold(case.gold) for case in cases}
        self._real: dict[str, Shown] = {}
        self._shuffled: dict[str, str] = {}

    def shown(self, case: Case, look: Look) -> Shown | None:
        """What is shown with a question about a case; None where there is no such picture (no partner has a case).

        Raises:
            ImageUnreadable: the file is missing or, for a blank, no image.
            ConfigInvalid: shuffling a single case.
        """
        match look:
            case Look.REAL:
                return self._own(case)
            case Look.NONE:
                return Shown()
            case Look.BLANK:
                return self._blank(case)
            case Look.SHUFFLED:
                return self._of(self._other(case))
            case Look.PARTNER:
                other = self._partner(case)
                return self._of(other) if other else None

    def _own(self, case: Case) -> Shown:
        if case.id not in self._real:
            self._real[case.id] = Shown(*picture_of(case, self._folder))
        return self._real[case.id]

    def _of(self, other: str) -> Shown:
        own = self._own(self._cases[other])
        return Shown(own.image, own.digest, {"shown": other})

    def _blank(self, case: Case) -> Shown:
        own = self._own(case)
        path = self._looks / "blank" / f"{own.digest}.png"
        if not path.is_file():
            write_bytes(path, blank(Path(own.image)))
        return Shown(str(path.resolve()), hashlib.sha256(path.read_bytes()).hexdigest())

    def _other(self, case: Case) -> str:
        if not self._shuffled:
            self._shuffled = derangement(self._golds, self._seed)
        return self._shuffled[case.id]

    def _partner(self, case: Case) -> str | None:
        """A case of a concept that a clinician would weigh against this one's gold."""
        via, near = self._knowledge.ddx.distractors(self._golds[case.id])
        if via is Via.OTHER_BRANCH:
            return None
        found = sorted(one for one, gold in self._golds.items() if gold in near)
        return random.Random(f"{self._seed}/partner/{case.id}").choice(found) if found else None


def blank(path: Path) -> bytes:
    """A PNG of an image's size in its mean colour.

    Raises:
        ImageUnreadable: it is missing or no image.
    """
    from PIL import Image, ImageStat

    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
    except (OSError, ValueError) as error:
        raise ImageUnreadable(f"{path} is not a readable image: {error}") from error
    red, green, blue = (round(mean) for mean in ImageStat.Stat(image).mean)
    buffer = io.BytesIO()
    Image.new("RGB", image.size, (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()


def derangement(golds: dict[str, str], seed: int) -> dict[str, str]:
    """Case id -> the case whose picture it gets: never itself, and never one of its own gold while that can be.

    The cases stand in a ring, gold by gold, and each gets the picture as far ahead as the largest gold is long: past
    all of its own, unless one gold has more than half of the cases.

    Raises:
        ConfigInvalid: there is one case.
    """
    if len(golds) < 2:
        raise ConfigInvalid("shuffling pictures needs two cases or more")
    chance = random.Random(f"{seed}/shuffled")
    members: dict[str, list[str]] = defaultdict(list)
    for case in chance.sample(sorted(golds), len(golds)):
        members[golds[case]].append(case)
    ring = [case for gold in chance.sample(sorted(members), len(members)) for case in members[gold]]
    step = max(len(ids) for ids in members.values()) % len(ring) or 1
    return {case: ring[(place + step) % len(ring)] for place, case in enumerate(ring)}
