"""One small knowledge for all tests: the worked example of the reward contract and its surroundings."""

from __future__ import annotations

from kg_service.core.concept import (
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Strength,
)
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of

BENIGN, MALIGNANT = Condition.BENIGN, Condition.MALIGNANT
IN_SITU, OTHER = Condition.PRECANCEROUS, Condition.NON_NEOPLASTIC
YES, SEEN, MAYBE, NO = Polarity.CHARACTERISTIC, Polarity.PRESENT, Polarity.VARIABLE, Polarity.ABSENT

CONCEPTS = (
    Concept("neoplasm", "neoplasm", alt_labels=("tumour",)),
    Concept("melanocytic-neoplasm", "melanocytic neoplasm", ("neoplasm",)),
    Concept("malignant-neoplasm", "malignant skin neoplasm", ("neoplasm",), alt_labels=("non-benign tumor",)),
    Concept(
        "melanoma",
        "melanoma",
        ("melanocytic-neoplasm", "malignant-neoplasm"),
        alt_labels=("malignant melanoma",),
        ambiguous_labels=("MM",),
        profile=(("irregular-border", YES), ("scale", NO)),
    ),
    Concept(
        "superficial-spreading-melanoma",
        "superficial spreading melanoma",
        ("melanoma",),
        MALIGNANT,
        alt_labels=("SSM",),
        profile=(("pigment-network", SEEN), ("milia-like-cysts", NO)),
    ),
    Concept("nodular-melanoma", "nodular melanoma", ("melanoma",), MALIGNANT),
    Concept(
        "melanocytic-nevus",
        "melanocytic nevus",
        ("melanocytic-neoplasm",),
        alt_labels=("nevus", "mole"),
        profile=(("irregular-border", NO),),
    ),
    Concept(
        "junctional-nevus",
        "junctional nevus",
        ("melanocytic-nevus",),
        BENIGN,
        profile=(("pigment-network", YES), ("irregular-border", NO)),
    ),
    Concept("blue-nevus", "blue nevus", ("melanocytic-nevus",), BENIGN),
    Concept("keratinocytic-neoplasm", "keratinocytic neoplasm", ("neoplasm",)),
    Concept(
        "basal-cell-carcinoma",
        "basal cell carcinoma",
        ("keratinocytic-neoplasm", "malignant-neoplasm"),
        MALIGNANT,
        alt_labels=("BCC", "rodent ulcer"),
    ),
    Concept("bowen-disease", "Bowen's disease", ("keratinocytic-neoplasm",), IN_SITU),
    Concept(
        "seborrheic-keratosis",
        "seborrheic keratosis",
        ("keratinocytic-neoplasm",),
        BENIGN,
        profile=(("milia-like-cysts", YES), ("pigment-network", MAYBE)),
    ),
    Concept("inflammatory-disease", "inflammatory skin disease", ()),
    Concept("psoriasis", "psoriasis", ("inflammatory-disease",), OTHER, profile=(("scale", YES),)),
    Concept("multiple-myeloma", "multiple myeloma", ("neoplasm",), MALIGNANT, ambiguous_labels=("MM",)),
)
FEATURES = (
    Feature("irregular-border", "irregular border", FeatureKind.BORDER, ("jagged border",)),
    Feature("pigment-network", "pigment network", FeatureKind.DERMOSCOPY),
    Feature("milia-like-cysts", "milia-like cysts", FeatureKind.DERMOSCOPY),
    Feature("scale", "scale", FeatureKind.SURFACE, ("scaling",)),
)
DIFFERENTIALS = (
    Differential(
        "junctional-nevus",
        "superficial-spreading-melanoma",
        Strength.STRONG,
        ("irregular-border", "pigment-network"),
    ),
    Differential("melanoma", "psoriasis", Strength.WEAK, ("scale",)),
    Differential(
        "seborrheic-keratosis",
        "superficial-spreading-melanoma",
        Strength.MODERATE,
        ("milia-like-cysts",),
    ),
)
CROSSWALK = (
    CrosswalkEntry("ham10000", "nv", ("melanocytic-nevus",)),
    CrosswalkEntry("midas", "6-benign-other", ()),
    CrosswalkEntry("derm7pt", "reed or spitz nevus", ("blue-nevus", "junctional-nevus")),
)


def mini() -> Knowledge:
    """The small knowledge as a published release."""
    draft = Knowledge(CONCEPTS, FEATURES, DIFFERENTIALS, CROSSWALK)
    return load_snapshot(snapshot_of(draft), release="1")


def reply(diagnosis: str, condition: str = "malignant", rationale: str = "irregular border") -> str:
    return f"<thinking>{rationale}</thinking>\n<diagnosis>{diagnosis}</diagnosis>\n<condition>{condition}</condition>"
