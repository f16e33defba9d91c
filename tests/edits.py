"""Random edits of the small knowledge, for properties that must hold whatever a clinician does."""

from __future__ import annotations

from hypothesis import strategies as st

from kg_service.core.change import (
    Describe,
    Merge,
    Move,
    PutConcept,
    PutCrosswalk,
    PutDifferential,
    PutFeature,
    PutRetired,
    Remove,
    RemoveCrosswalk,
    RemoveDifferential,
    RemoveFeature,
    Rename,
    Retire,
    SetCondition,
    SetLabels,
    SetProfile,
)
from kg_service.core.concept import (
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Retired,
    Strength,
)

from .mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES

NEW = ("lentigo-maligna", "angioma")
IDS = st.sampled_from([*(concept.id for concept in CONCEPTS), *NEW])
SIGNS = st.sampled_from([*(feature.id for feature in FEATURES), "crust"])
# Few and alike, so that edits meet: the same label on two concepts, a label in two forms, an abbreviation.
WORDS = (
    *(concept.pref_label for concept in CONCEPTS),
    "MM",
    "BCC",
    "mole",
    "Moles",
    "Kaposi sarcoma",
    "plaque-type nevus",
    "nevus, blue",
    "Sjögren syndrome",
)
LABELS = st.sampled_from(WORDS)
SOME_LABELS = st.lists(LABELS, max_size=3, unique=True).map(tuple)
CONDITIONS = st.sampled_from([None, *Condition])
PARENTS = st.lists(IDS, max_size=2, unique=True).map(tuple)
PROFILES = st.lists(st.tuples(SIGNS, st.sampled_from(Polarity)), max_size=3).map(tuple)
ENDS = st.tuples(IDS, IDS).map(sorted)
DATASETS = st.sampled_from(["ham10000", "HAM10000", "isic2019"])
CHANGES = st.one_of(
    st.builds(PutConcept, st.builds(Concept, IDS, LABELS, PARENTS, CONDITIONS, SOME_LABELS)),
    st.builds(Rename, IDS, LABELS),
    st.builds(SetLabels, IDS, SOME_LABELS, SOME_LABELS, SOME_LABELS),
    st.builds(Move, IDS, PARENTS),
    st.builds(SetCondition, IDS, CONDITIONS),
    st.builds(SetProfile, IDS, PROFILES),
    st.builds(Describe, IDS, LABELS, st.just(()), st.just(()), st.just(""), st.just("reviewed")),
    st.builds(PutFeature, st.builds(Feature, SIGNS, SIGNS, st.just(FeatureKind.COLOR))),
    st.builds(RemoveFeature, SIGNS),
    st.builds(Remove, IDS),
    st.builds(Retire, IDS, PARENTS),
    st.builds(Merge, IDS, IDS),
    st.builds(PutRetired, st.builds(Retired, st.sampled_from(["gone", *NEW]), LABELS, PARENTS)),
    st.builds(
        lambda ends, strength, signs: PutDifferential(Differential(*ends, strength, tuple(signs))),
        ENDS,
        st.sampled_from(Strength),
        st.lists(SIGNS, max_size=2),
    ),
    st.sampled_from(DIFFERENTIALS).map(lambda edge: RemoveDifferential(edge.a, edge.b)),
    st.builds(PutCrosswalk, st.builds(CrosswalkEntry, DATASETS, st.sampled_from(["nv", "NV", "mel"]), PARENTS)),
    st.sampled_from(CROSSWALK).map(lambda entry: RemoveCrosswalk(entry.dataset, entry.label)),
)
