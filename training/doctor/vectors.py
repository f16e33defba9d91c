"""Replies and what they must earn, worked out by hand from the reward's definition, on a knowledge of nine concepts.

    neoplasm (1) > melanocytic neoplasm (2) > melanoma (3) > superficial spreading melanoma (4), nodular melanoma (4)
                                            > nevus (3)    > blue nevus (4)
    inflammatory disease (1) > psoriasis (2)

They hold for every release, because none is asked: what they find is a changed reward, parser or resolver. A level-4
gold is worth 0.75 x 1/4 = 0.1875 a level. PAPER: 1 + granularity + 0.25. SAFE: 0.1 for the format; abstention 0.75 and
a near miss 0.5 x meet/level of the coarsest right answer's 0.1875; a missed malignancy -0.5, a false alarm -0.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg_service.core.concept import Concept, Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import SPECS, score

BENIGN, MALIGNANT = "benign", "malignant"
SSM, NODULAR = "superficial spreading melanoma", "nodular melanoma"
EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Vector:
    """`earns` by name of the reward; `options` where the question has some. A raw `reply` stands for itself."""

    why: str
    gold: str
    diagnosis: str
    condition: str
    earns: tuple[tuple[str, float], ...]
    options: tuple[str, ...] | None = None
    reply: str = ""

    @property
    def text(self) -> str:
        """The reply of the model."""
        tagged = f"<thinking>As seen.</thinking>\n<diagnosis>{self.diagnosis}</diagnosis>\n"
        return self.reply or f"{tagged}<condition>{self.condition}</condition>"


def _both(paper: float, safe: float) -> tuple[tuple[str, float], ...]:
    return (("paper", paper), ("safe", safe))


VECTORS = (
    Vector("the gold", "ssm", SSM, MALIGNANT, _both(2.0, 1.1)),
    Vector("its parent: 0.75 x 3/4", "ssm", "melanoma", MALIGNANT, _both(1.8125, 0.9125)),
    Vector("the top of its path: 0.75 x 1/4", "ssm", "neoplasm", MALIGNANT, _both(1.4375, 0.5375)),
    Vector("a sibling: 0 or 0.5 x 0.1875 x 3/4", "ssm", NODULAR, MALIGNANT, _both(1.25, 0.4203125)),
    Vector("another branch", "ssm", "psoriasis", MALIGNANT, _both(1.25, -0.4)),
    Vector("a melanoma sent home", "ssm", "blue nevus", BENIGN, _both(1.0, -0.353125)),
    Vector("a false alarm", "blue-nevus", "melanoma", MALIGNANT, _both(1.0, -0.053125)),
    Vector("a descendant of a coarse gold", "melanoma", SSM, MALIGNANT, _both(1.25, 1.1)),
    Vector("abstention", "ssm", "cannot be determined", MALIGNANT, _both(1.25, 0.490625)),
    Vector("a hedge is no answer", "ssm", "rule out melanoma", MALIGNANT, _both(1.25, 0.35)),
    Vector("no tags", "ssm", "", "", _both(0.0, 0.0), reply="It is melanoma, malignant."),
    Vector("two conditions", "ssm", SSM, "not malignant; benign", _both(0.0, 0.0)),
    Vector("the gold by its letter", "ssm", "B", MALIGNANT, _both(2.0, 1.1), ("melanoma", SSM, "blue nevus")),
    Vector(
        "the second of two options on the path, by the published code: 0.75 x 3/4",
        "ssm", "A. melanoma", MALIGNANT, (("released-code", 1.8125),), ("melanoma", SSM, "blue nevus"),
    ),
    Vector(
        "the deepest option that was offered, by the published code",
        "ssm", "melanoma", MALIGNANT, (("released-code", 2.0),), ("melanoma", "psoriasis", "blue nevus"),
    ),
)  # fmt: skip


def knowledge() -> Knowledge:
    """The nine concepts."""
    return Knowledge(
        (
            Concept("neoplasm", "neoplasm"),
            Concept("melanocytic-neoplasm", "melanocytic neoplasm", ("neoplasm",)),
            Concept("melanoma", "melanoma", ("melanocytic-neoplasm",)),
            Concept("ssm", SSM, ("melanoma",), Condition.MALIGNANT),
            Concept("nodular-melanoma", NODULAR, ("melanoma",), Condition.MALIGNANT),
            Concept("nevus", "nevus", ("melanocytic-neoplasm",)),
            Concept("blue-nevus", "blue nevus", ("nevus",), Condition.BENIGN),
            Concept("inflammatory-disease", "inflammatory disease"),
            Concept("psoriasis", "psoriasis", ("inflammatory-disease",), Condition.NON_NEOPLASTIC),
        )
    )


def wrong() -> list[str]:
    """One sentence for each vector that does not earn what it must."""
    known = knowledge()
    found = []
    for vector in VECTORS:
        for name, wanted in vector.earns:
            earned = score(vector.text, vector.gold, known, SPECS[name], options=vector.options).total
            if abs(earned - wanted) > EPSILON:
                found.append(f"{vector.why}: {name} gives {earned}, not {wanted}")
    return found
