"""Planning: rows become changes, and whatever is doubtful becomes a finding and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg_service.core.change import Content, Describe, Move, PutConcept, SetLabels, apply_all
from kg_service.core.concept import UNREVIEWED, Condition
from kg_service.core.errors import UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.exchange.incoming import Incoming, Plan, plan

BENIGN, MALIGNANT = Condition.BENIGN, Condition.MALIGNANT
DOID = "http://purl.obolibrary.org/obo/DOID_"


def row(key: str, label: str = "", *parents: str, **more: object) -> Incoming:
    return replace(Incoming(key, label or key, parents, place=f"f.csv, row {key}"), **more)


def refused(found: Plan, key: str, words: str) -> bool:
    """Whether a row became a finding of these words, and no change."""
    said = [finding for finding in found.findings if finding.startswith(f"f.csv, row {key} ") and words in finding]
    return bool(said) and said[0].endswith("the row is left out")


def after(found: Plan, knowledge: Knowledge) -> Knowledge:
    return apply_all(found.changes, Content.of(knowledge)).knowledge()


# -- what a row becomes ------------------------------------------------------------------------------------------


def test_a_new_row_becomes_an_unreviewed_concept_with_an_id_made_of_its_label(knowledge):
    new = row(
        "X:1", "Spitz's nevus (épithélioïde)", "melanocytic-nevus", condition=BENIGN, alt_labels=("Spitz tumour",)
    )
    found = plan([new], knowledge, source="somebody")
    [change] = found.changes
    assert isinstance(change, PutConcept)
    made = change.concept
    assert (made.id, made.parents, made.condition) == ("spitz-nevus-epithelioide", ("melanocytic-nevus",), BENIGN)
    assert (made.review_status, made.source, made.alt_labels) == (UNREVIEWED, "somebody", ("Spitz tumour",))
    assert found.findings == ()
    [sentence] = found.sentences()
    assert "under melanocytic-nevus, benign, also called 'Spitz tumour'" in sentence
    assert after(found, knowledge).resolve("spitz tumor").concept == made.id


def test_a_row_is_matched_by_id_then_by_exact_match_then_by_label(knowledge):
    with_iri = apply_all(
        [Describe("psoriasis", "", (f"{DOID}8893",), (), "", UNREVIEWED)], Content.of(knowledge)
    ).knowledge()
    rows = [
        row("melanoma", "malignant melanoma"),
        row("D:1", "psoriasis", exact_match=("DOID:8893",)),
        row("D:2", "Nevus, junctional"),
        row("D:3", "rodent ulcer"),
        row("D:4", "Seborrheic Keratosis"),
    ]
    found = plan(rows, with_iri)
    assert found.matched == (
        ("melanoma", "melanoma", "id"),
        ("D:1", "psoriasis", "exact match"),
        ("D:2", "junctional-nevus", "folded"),
        ("D:3", "basal-cell-carcinoma", "synonym"),
        ("D:4", "seborrheic-keratosis", "preferred"),
    )
    assert (found.changes, found.unchanged, found.findings) == ((), 5, ())


def test_a_matched_row_adds_what_is_new_and_removes_nothing(knowledge):
    before = knowledge.concept("melanoma")
    said = row(
        "melanoma",
        "melanoma",
        "neoplasm",  # an ancestor already
        "keratinocytic-neoplasm",
        alt_labels=("Malignant Melanomas", "melanocarcinoma", "Melanocarcinomas"),
        hidden_labels=("melonoma",),
        definition="A cancer.",
        exact_match=("DOID:1909", "https://w3id.org/skin-r1/concept/melanoma"),
        close_match=("http://example.org/m",),
    )
    found = plan([said], knowledge)
    assert [type(change) for change in found.changes] == [SetLabels, Move, Describe]
    assert found.sentences() == (
        "melanoma is also called 'melanocarcinoma', 'melonoma'",
        "melanoma also lies under keratinocytic-neoplasm",
        f"melanoma gets the definition 'A cancer.' and the match {DOID}1909 and the match http://example.org/m",
    )
    edited = after(found, knowledge)
    now = edited.concept("melanoma")
    assert now == replace(
        before,
        alt_labels=(*before.alt_labels, "melanocarcinoma"),
        hidden_labels=("melonoma",),
        parents=(*before.parents, "keratinocytic-neoplasm"),
        definition="A cancer.",
        exact_match=(f"{DOID}1909",),
        close_match=("http://example.org/m",),
    )
    again = plan([said], edited)
    assert (again.changes, again.unchanged, again.findings) == ((), 1, ())


def test_a_definition_that_stands_is_kept(knowledge):
    once = after(plan([row("melanoma", definition="One.")], knowledge), knowledge)
    assert plan([row("melanoma", definition="Another.")], once).changes == ()


def test_new_rows_are_filed_under_each_other_whatever_their_order(knowledge):
    rows = [row("c", "gamma nevus", "b"), row("b", "beta nevus", "a"), row("a", "alpha nevus", "nevus")]
    found = plan([replace(rows[0], condition=BENIGN), *rows[1:]], knowledge)
    assert after(found, knowledge).lineage("gamma-nevus")[-3:] == ("alpha-nevus", "beta-nevus", "gamma-nevus")


def test_a_parent_may_be_named_by_id_iri_or_label(knowledge):
    names = ("blue-nevus", "https://w3id.org/skin-r1/concept/blue-nevus", "Blue naevus")
    for name in names:
        [change] = plan([row("a", "alpha nevus", name, condition=BENIGN)], knowledge).changes
        assert change.concept.parents == ("blue-nevus",)


def test_a_new_row_without_parent_goes_under_the_concept_that_was_asked_for(knowledge):
    new = row("a", "alphosis", condition=Condition.NON_NEOPLASTIC)
    [change] = plan([new], knowledge, under="inflammatory-disease").changes
    assert change.concept.parents == ("inflammatory-disease",)
    assert plan([new], knowledge).changes[0].concept.parents == ()
    with pytest.raises(UnknownConcept, match="nobody"):
        plan([new], knowledge, under="nobody")


def test_a_leaf_without_condition_has_the_one_its_group_derives_and_the_sentence_says_so(knowledge):
    found = plan([row("a", "desmoplastic melanoma", "melanoma")], knowledge)
    assert found.changes[0].concept.condition is MALIGNANT
    assert found.sentences() == (
        "add 'desmoplastic melanoma' (desmoplastic-melanoma) under melanoma, malignant as its group is",
    )


def test_ids_are_unique_short_and_the_same_each_time(knowledge):
    rows = [
        row("a", "blue nevus disease", "blue-nevus", condition=BENIGN),
        row("b", "blue-nevus", condition=BENIGN),
        row("c", "very " * 40 + "long nevus", "blue-nevus", condition=BENIGN),
    ]
    named = Knowledge(
        [replace(c, pref_label="azure nevus") if c.id == "blue-nevus" else c for c in knowledge.concepts.values()],
        knowledge.features.values(),
        knowledge.differentials,
        knowledge.crosswalk,
    )
    found = plan([row("x", "blue nevus", "azure nevus", condition=BENIGN), rows[0], rows[2]], named)
    ids = [change.concept.id for change in found.changes]
    assert ids[:2] == ["blue-nevus-2", "blue-nevus-disease"]
    assert len(ids[2]) <= 60
    assert plan([row("x", "blue nevus", "azure nevus", condition=BENIGN), rows[0], rows[2]], named) == found


def test_planning_again_after_applying_changes_nothing(knowledge):
    rows = [
        row("g", "vascular lesion"),
        row("a", "angioma", "g", condition=BENIGN, alt_labels=("hemangioma",)),
        row("b", "angiosarcoma", "g", "malignant-neoplasm", condition=MALIGNANT),
    ]
    first = plan(rows, knowledge)
    assert len(first.changes) == 3
    second = plan(rows, after(first, knowledge))
    assert (second.changes, second.unchanged, second.findings) == ((), 3, ())


# -- findings ----------------------------------------------------------------------------------------------------


def test_two_rows_that_are_one_concept_are_both_left_out(knowledge):
    found = plan([row("1", "BCC", alt_labels=("x",)), row("2", "rodent ulcer", alt_labels=("y",))], knowledge)
    assert refused(found, "1", "'BCC' is basal-cell-carcinoma, and so is f.csv, row 2")
    assert refused(found, "2", "and so is f.csv, row 1")
    assert found.changes == ()


def test_members_of_a_doubled_row_still_find_their_concept(knowledge):
    rows = [row("1", "BCC"), row("2", "rodent ulcer"), row("3", "pinkus tumor", "2", condition=MALIGNANT)]
    [change] = plan(rows, knowledge).changes
    assert change.concept.parents == ("basal-cell-carcinoma",)


def test_two_rows_with_one_key_are_both_left_out(knowledge):
    found = plan([row("1", "alpha", condition=BENIGN), row("1", "beta", condition=BENIGN)], knowledge)
    assert len(found.findings) == 2
    assert refused(found, "1", "2 rows have the id '1'")


def test_an_ambiguous_label_is_not_decided(knowledge):
    found = plan([row("1", "MM", alt_labels=("melanocarcinoma",))], knowledge)
    assert refused(found, "1", "'MM' may mean melanoma or multiple-myeloma")
    assert found.changes == ()


def test_a_row_without_a_name_is_left_out(knowledge):
    assert refused(plan([Incoming("1", " ", place="f.csv, row 1 ")], knowledge), "1", "no preferred label")


def test_a_parent_that_is_nobody_is_a_finding_and_so_are_those_beneath(knowledge):
    rows = [row("1", "alpha", "nobody", condition=BENIGN), row("2", "beta", "1", condition=BENIGN)]
    found = plan(rows, knowledge)
    assert refused(found, "1", "its parent 'nobody' is neither in the file nor a concept")
    assert refused(found, "2", "its parent '1' is left out") or refused(found, "2", "its parent alpha is left out")
    assert found.changes == ()


def test_a_matched_row_keeps_what_it_adds_when_only_its_parent_is_left_out(knowledge):
    rows = [row("1", "alpha", "nobody"), row("melanoma", "melanoma", "1", alt_labels=("melanocarcinoma",))]
    found = plan(rows, knowledge)
    assert [type(change) for change in found.changes] == [SetLabels]
    assert any("the link to" in finding and "row melanoma" in finding for finding in found.findings)


@pytest.mark.parametrize(
    "rows",
    [
        [row("1", "alpha", "2", condition=BENIGN), row("2", "beta", "1")],
        [row("1", "alpha", "1", condition=BENIGN)],
        [row("neoplasm", "neoplasm", "blue-nevus")],
        [row("neoplasm", "neoplasm", "1"), row("1", "alpha", "melanocytic-nevus")],
        [row("nodular-melanoma", "nodular melanoma", "1"), row("1", "alpha", "nodular-melanoma")],
    ],
    ids=["two rows", "itself", "by what stands", "by a new group", "a new group of its own member"],
)
def test_a_cycle_is_a_finding_for_each_row_that_closes_it(knowledge, rows):
    found = plan(rows, knowledge)
    assert all("a cycle" in finding for finding in found.findings)
    assert len(found.findings) == len(rows)
    assert found.changes == ()


def test_a_label_of_another_concept_is_never_taken(knowledge):
    rows = [
        row("1", "alpha", "melanocytic-nevus", condition=BENIGN, alt_labels=("moles",)),
        row("melanoma", "melanoma", hidden_labels=("psoriasis",), alt_labels=("melanocarcinoma",)),
    ]
    found = plan(rows, knowledge)
    assert refused(found, "1", "the name 'moles' belongs to melanocytic-nevus already")
    assert refused(found, "melanoma", "the name 'psoriasis' belongs to psoriasis already")
    assert found.changes == ()


def test_a_label_that_two_rows_claim_goes_to_neither(knowledge):
    rows = [
        row("1", "alpha nevus", "melanocytic-nevus", condition=BENIGN, alt_labels=("freckle nevus",)),
        row("2", "beta nevus", "melanocytic-nevus", condition=BENIGN, alt_labels=("Freckle naevi",)),
        row("3", "gamma nevus", "melanocytic-nevus", condition=BENIGN),
    ]
    found = plan(rows, knowledge)
    assert refused(found, "1", "the name 'freckle nevus' is also that of f.csv, row 2")
    assert refused(found, "2", "f.csv, row 1")
    assert [change.concept.id for change in found.changes] == ["gamma-nevus"]


def test_another_condition_or_preferred_label_is_a_finding_and_not_a_change(knowledge):
    rows = [
        row("blue-nevus", "blue nevus", condition=MALIGNANT, alt_labels=("x nevus",)),
        row("melanocytic-neoplasm", "melanocytic neoplasm", condition=BENIGN),
        row("melanoma", "black cancer"),
        row("psoriasis", "blue nevus of the elbow"),
    ]
    found = plan(rows, knowledge)
    assert refused(found, "blue-nevus", "it says malignant, but blue-nevus is benign")
    assert refused(found, "melanocytic-neoplasm", "is mixed")
    assert refused(found, "melanoma", "preferably 'melanoma' here; 'black cancer' is not a name it has")
    assert found.changes == ()


def test_a_group_may_state_the_condition_that_its_members_share(knowledge):
    assert plan([row("melanoma", condition=MALIGNANT)], knowledge).unchanged == 1


def test_an_unknown_condition_is_a_finding(knowledge):
    found = plan([row("1", "alpha", "melanocytic-nevus", condition="borderline")], knowledge)
    assert refused(found, "1", "the condition 'borderline' is none of benign, precancerous or in situ, malignant")


def test_a_leaf_without_condition_under_a_mixed_group_or_none_is_a_finding(knowledge):
    rows = [row("1", "alphoma", "neoplasm"), row("2", "betosis"), row("3", "group of it", "neoplasm")]
    found = plan([*rows, row("4", "gammoma", "3")], knowledge)
    assert all(refused(found, key, "no condition") for key in "1234")
    assert found.changes == ()


def test_a_group_needs_no_condition_while_it_has_members(knowledge):
    rows = [row("1", "alphoma group", "neoplasm"), row("2", "alphoma", "1", condition=MALIGNANT)]
    found = plan(rows, knowledge)
    assert [change.concept.condition for change in found.changes] == [None, MALIGNANT]


def test_no_row_changes_the_condition_of_a_group_in_silence(knowledge):
    rows = [
        row("1", "malignant blue nevus", "blue-nevus", condition=MALIGNANT),
        row("melanoma", "melanoma", "melanocytic-nevus"),
        row("2", "odd group", "melanoma", "melanocytic-nevus"),
        row("3", "odd member", "2"),
        row("4", "benign group", "neoplasm", condition=BENIGN),
        row("5", "its carcinoma", "4", condition=MALIGNANT),
        row("6", "its adenoma", "4"),
    ]
    found = plan(rows, knowledge)
    assert refused(found, "1", "it says malignant, but all that lies under blue-nevus is benign")
    assert refused(found, "melanoma", "melanocytic-nevus is benign, and melanoma is malignant")
    assert refused(found, "2", "all that lies under melanoma is malignant and all that lies under melanocytic-nevus is")
    assert refused(found, "3", "left out")
    assert refused(found, "5", "is benign")
    assert [change.concept.id for change in found.changes] == ["benign-group", "its-adenoma"]
    assert found.changes[1].concept.condition is BENIGN


def test_no_row_puts_a_concept_beneath_one_that_a_differential_tells_it_from(knowledge):
    rows = [row("1", "alpha group", "psoriasis"), row("melanoma", "melanoma", "1")]
    found = plan(rows, Knowledge(
        [replace(c, condition=None if c.id == "psoriasis" else c.condition) if c.id != "psoriasis"
         else replace(c, condition=MALIGNANT) for c in knowledge.concepts.values()],
        knowledge.features.values(), knowledge.differentials, knowledge.crosswalk,
    ))  # fmt: skip
    assert refused(found, "melanoma", "melanoma is told from psoriasis by a differential")


def test_an_exact_match_of_another_concept_is_a_finding(knowledge):
    own = "https://w3id.org/skin-r1/concept/"
    rows = [
        row("melanoma", "melanoma", exact_match=(own + "psoriasis",)),
        row("1", "alpha", exact_match=(own + "blue-nevus", own + "psoriasis")),
        row("2", "mole", exact_match=("no iri",)),
    ]
    found = plan(rows, knowledge)
    assert refused(found, "melanoma", "an exact match that belongs to psoriasis")
    assert refused(found, "1", "those of blue-nevus and psoriasis")
    assert refused(found, "2", "'no iri' is not an IRI")


def test_a_label_without_latin_letters_is_left_out_alone_and_told(knowledge):
    rows = [
        row("melanoma", "melanoma", alt_labels=("黑色素瘤", "Melanom")),
        row("1", "痣", "melanocytic-nevus", condition=BENIGN),
    ]
    found = plan(rows, knowledge)
    assert found.findings[0].startswith("f.csv, row melanoma (melanoma): the name '黑色素瘤' is left out")
    assert refused(found, "1", "no Latin letter or digit")
    assert after(found, knowledge).concept("melanoma").alt_labels == ("malignant melanoma", "Melanom")


def test_control_signs_and_halves_of_pairs_are_no_names(knowledge):
    rows = [row("1", "alpha\x07", condition=BENIGN), row("2", "be\ud800ta", condition=BENIGN)]
    found = plan(rows, knowledge)
    assert len(found.findings) == 2
    assert "\n".join(found.findings).encode()


def test_what_the_knowledge_itself_refuses_empties_the_changes_and_names_the_place(knowledge, monkeypatch):
    # Planning lets no such row through, so its own check is taken away.
    monkeypatch.setattr("kg_service.exchange.filing.Filing._give_condition", lambda *_: True)
    found = plan([row("1", "alphoma", "neoplasm"), row("melanoma", alt_labels=("melanocarcinoma",))], knowledge)
    assert (found.changes, found.sentences()) == ((), ())
    assert found.findings == ("f.csv, row 1 (alphoma): alphoma has no condition; every leaf needs one of the four",)


def test_a_thousand_rows_in_one_chain_are_planned(knowledge):
    rows = [row(str(n), f"nevus of kind {n}", str(n - 1) if n else "melanocytic-nevus") for n in range(1500)]
    found = plan(rows, knowledge)
    assert len(found.changes) == 1500
    assert found.changes[-1].concept.condition is BENIGN
