"""The shipped knowledge: large enough, honest about itself, and never wrong about malignancy where tests can tell."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from rdflib.compare import isomorphic
from rdflib.namespace import SKOS

from kg_service.core.concept import Condition, FeatureKind
from kg_service.core.fold import fold
from kg_service.core.labels import Resolved, Unresolved
from kg_service.store.codec import content_of, graph_of
from kg_service.store.compile import compile_graph
from kg_service.store.turtle import read_folder, turtle_files
from kg_service.store.vocabulary import CONCEPT, CROSSWALK, DIFFERENTIAL, FEATURE, SKR, new_graph

ONTOLOGIES = Path(__file__).resolve().parents[2] / "ontologies"
ITEMS = tuple(str(namespace) for namespace in (CONCEPT, CROSSWALK, DIFFERENTIAL, FEATURE))
# Said of our nodes, and not part of what the core knows.
KEPT_ASIDE = (SKOS.narrowMatch, SKOS.topConceptOf, SKR.precursorOf)
DATASETS = (
    "derm12345",
    "derm7pt",
    "dermamnist",
    "dermnet23",
    "fitzpatrick17k",
    "ham10000",
    "isic2019",
    "mra-midas",
    "pad-ufes-20",
)


def labels_of(shared: Path, dataset: str) -> dict:
    return json.loads((shared / "labels" / f"{dataset}.json").read_text(encoding="utf-8"))


def test_it_is_at_least_as_large_as_promised(shipped):
    labels = {label for c in shipped.concepts.values() for label in (c.pref_label, *c.alt_labels, *c.hidden_labels)}
    assert len(shipped.concepts) >= 1_000
    assert len(labels) >= 4_000
    assert len(shipped.features) >= 300
    assert {feature.kind for feature in shipped.features.values()} == set(FeatureKind)
    assert sum(bool(concept.profile) for concept in shipped.concepts.values()) >= 400
    assert len(shipped.differentials) >= 1_500
    assert max(shipped.level(concept) for concept in shipped.concepts) >= 4


def test_no_id_that_was_ever_shipped_has_vanished(shipped):
    """Others point to them. A concept that turns out wrong is deprecated, its id is never taken away."""
    ever = (Path(__file__).parent / "ids.txt").read_text(encoding="utf-8").split()
    assert [id_ for id_ in ever if id_ not in shipped.concepts] == []


def test_every_feature_is_used(shipped):
    used = {feature for concept in shipped.concepts.values() for feature, _ in concept.profile}
    assert [feature for feature in shipped.features if feature not in used] == []


def test_every_differential_has_two_features_that_differ_and_joins_no_concept_to_its_own_ancestor(shipped):
    for edge in shipped.differentials:
        a, b = shipped.profile(edge.a), shipped.profile(edge.b)
        assert sum(a.get(feature) is not b.get(feature) for feature in edge.features) >= 2, edge.id
        assert all(feature in a and feature in b for feature in edge.features), edge.id
        assert not shipped.is_ancestor(edge.a, edge.b), edge.id
        assert not shipped.is_ancestor(edge.b, edge.a), edge.id


def test_every_malignant_or_potentially_malignant_disease_has_its_do_not_miss_mimics(shipped):
    """At least three differentials, one of them with something of another condition."""
    grave = (Condition.MALIGNANT, Condition.PRECANCEROUS)
    thin = []
    for concept in shipped.concepts:
        if not shipped.taxonomy.is_leaf(concept) or shipped.condition(concept) not in grave:
            continue
        others = shipped.ddx.neighbour_ids(concept)
        if len(others) < 3 or all(shipped.condition(other) is shipped.condition(concept) for other in others):
            thin.append((concept, len(others)))
    assert thin == []


def test_the_digest_does_not_depend_on_file_names_or_their_order(shipped, tmp_path):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for number, path in enumerate(reversed(turtle_files(ONTOLOGIES))):
        shutil.copy(path, mixed / f"{number:03}.ttl")
    assert compile_graph(read_folder(mixed), new_graph()).digest == shipped.digest


def test_turtle_to_core_to_turtle_is_isomorphic():
    graph = read_folder(ONTOLOGIES)
    again = graph_of(content_of(graph))
    ours = new_graph()
    for s, p, o in graph:
        if str(s).startswith(ITEMS) and p not in KEPT_ASIDE:
            ours.add((s, p, o))
    assert isomorphic(again, ours)


def test_no_disease_is_preferably_called_by_the_name_of_a_sign(shipped):
    """In running text such a word means the sign, so the disease could not be named at all."""
    signs = {fold(label): feature.id for feature in shipped.features.values() for label in feature.labels}
    shared = {c.pref_label: signs[fold(c.pref_label)] for c in shipped.concepts.values() if fold(c.pref_label) in signs}
    assert shared == {}


def test_every_fact_has_a_source_or_is_marked_unreviewed(shipped):
    for item in (*shipped.concepts.values(), *shipped.features.values(), *shipped.differentials):
        assert item.source or item.review_status == "unreviewed"


def test_nothing_claims_to_have_been_reviewed(shipped):
    """No clinician has read it yet; the day one has, this test names what to check."""
    named = [*shipped.concepts.values(), *shipped.features.values(), *shipped.differentials]
    assert {item.review_status for item in named} == {"unreviewed"}


MALIGNANT = (
    "melanoma",
    "nodular melanoma",
    "acral lentiginous melanoma",
    "basal cell carcinoma",
    "squamous cell carcinoma",
    "Merkel cell carcinoma",
    "dermatofibrosarcoma protuberans",
    "malignant peripheral nerve sheath tumor",
    "leiomyosarcoma",
    "angiosarcoma",
    "Kaposi sarcoma",
    "mycosis fungoides",
    "Sezary syndrome",
    "extramammary Paget disease",
    "atypical fibroxanthoma",
    "sebaceous carcinoma",
)
IN_SITU = ("melanoma in situ", "lentigo maligna", "Bowen's disease", "actinic keratosis", "actinic cheilitis")
BENIGN = ("melanocytic nevus", "seborrheic keratosis", "dermatofibroma", "cherry angioma", "leiomyoma", "neurofibroma")
NEITHER = (
    "psoriasis",
    "atopic dermatitis",
    "tinea corporis",
    "scabies",
    "vitiligo",
    "bullous pemphigoid",
    "acne vulgaris",
)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (Condition.MALIGNANT, MALIGNANT),
        (Condition.PRECANCEROUS, IN_SITU),
        (Condition.BENIGN, BENIGN),
        (Condition.NON_NEOPLASTIC, NEITHER),
    ],
)
def test_conditions_that_every_textbook_agrees_on(shipped, condition, names):
    wrong = {name: shipped.condition(shipped.gold(name)) for name in names}
    assert {name: found for name, found in wrong.items() if found is not condition} == {}


def test_no_malignancy_hides_under_a_benign_group_and_none_is_inherited_downwards(shipped):
    for concept in shipped.concepts:
        condition = shipped.condition(concept)
        if condition is not None:
            assert {shipped.condition(leaf) for leaf in shipped.taxonomy.leaves(concept)} == {condition}


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_label_of_a_dataset_has_its_answer(shipped, shared_data, dataset):
    content = labels_of(shared_data, dataset)
    unanswered = []
    for label in [*content["labels"], *content.get("release_forms", ())]:
        found = shipped.resolve(label, dataset=dataset)
        if isinstance(found, Unresolved) and found.reason != "not-a-disease":
            unanswered.append(label)
    assert unanswered == []


@pytest.mark.parametrize(
    ("dataset", "label", "answer"),
    [
        ("ham10000", "nv", "melanocytic-nevus"),
        ("ham10000", "mel", "melanoma"),
        ("ham10000", "akiec", "actinic-keratosis-and-intraepithelial-carcinoma"),
        ("ham10000", "bkl", "benign-keratosis"),
        ("isic2019", "AK", "actinic-keratosis"),
        ("pad-ufes-20", "ACK", "actinic-keratosis"),
        ("pad-ufes-20", "SEK", "seborrheic-keratosis"),
        ("derm7pt", "melanoma (in situ)", "melanoma-in-situ"),
        ("derm12345", "lm", "lentigo-maligna"),
        ("dermamnist", "melanocytic nevi", "melanocytic-nevus"),
    ],
)
def test_crosswalks_lead_to_the_right_place(shipped, dataset, label, answer):
    found = shipped.resolve(label, dataset=dataset)
    assert isinstance(found, Resolved)
    assert found.concept == answer


def test_the_seven_classes_of_ham10000_each_have_one_condition(shipped):
    expected = {
        "nv": "benign",
        "mel": "malignant",
        "bcc": "malignant",
        "akiec": "precancerous or in situ",
        "bkl": "benign",
        "df": "benign",
        "vasc": "benign",
    }
    found = {code: shipped.condition(shipped.gold(code, dataset="ham10000")) for code in expected}
    assert {code: str(condition) for code, condition in found.items()} == expected


def test_skincons_concepts_are_all_features(shipped, shared_data):
    known = {fold(label) for feature in shipped.features.values() for label in feature.labels}
    assert [label for label in labels_of(shared_data, "skincon48")["labels"] if fold(label) not in known] == []


def test_a_name_typed_the_other_way_round_never_names_another_disease(shipped):
    """Each of the twelve thousand names as in "carcinoma, basal cell": right or not resolved, never something else."""
    wrong, right = [], 0
    for concept in shipped.concepts.values():
        for label in (concept.pref_label, *concept.alt_labels):
            first, *rest = label.split()
            if not rest or set(label) & set(",/()"):
                continue
            for text in (f"{' '.join(rest)}, {first}", f"{rest[-1]}, {' '.join([first, *rest[:-1]])}"):
                found = shipped.resolve(text)
                if isinstance(found, Resolved):
                    right += found.concept == concept.id
                    if found.concept != concept.id:
                        wrong.append((text, concept.id, found.concept))
    assert wrong == []
    assert right > 15_000


LOOK_ALIKES = (
    ("hyperpigmentation", "hypopigmentation"),
    ("lichen planus", "lichen sclerosus"),
    ("neurofibroma", "neurofibromatosis"),
    ("pemphigus", "pemphigoid"),
    ("tinea capitis", "tinea corporis"),
    ("leiomyoma", "leiomyosarcoma"),
    ("lentigo", "lentigo maligna"),
    ("hemangioma", "angiosarcoma"),
    ("pyoderma gangrenosum", "pyogenic granuloma"),
)


@pytest.mark.parametrize(("a", "b"), LOOK_ALIKES)
def test_look_alike_names_never_meet_in_one_concept(shipped, a, b):
    found = [shipped.resolve(name) for name in (a, b)]
    named = [row.concept for row in found if isinstance(row, Resolved)]
    assert len(set(named)) == len(named)


def test_the_worked_example_of_the_reward_contract_holds_in_the_shipped_hierarchy(shipped):
    path = [shipped.gold(n) for n in ("neoplasm", "melanocytic neoplasm", "melanoma", "superficial spreading melanoma")]
    assert [shipped.level(concept) for concept in path] == [1, 2, 3, 4]
    assert list(shipped.lineage(path[-1])) == path
