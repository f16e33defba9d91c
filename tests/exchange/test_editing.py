"""An import that edits: what a file says of our ids comes to hold, and what it does not speak of stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import pytest

from kg_service.core.change import (
    Content,
    Describe,
    Move,
    PutConcept,
    PutCrosswalk,
    PutDifferential,
    PutFeature,
    RemoveCrosswalk,
    RemoveDifferential,
    Rename,
    SetCondition,
    SetLabels,
    SetProfile,
    apply_all,
)
from kg_service.core.concept import (
    REVIEWED,
    UNREVIEWED,
    Condition,
    CrosswalkEntry,
    Differential,
    Polarity,
    Retired,
    Strength,
)
from kg_service.core.errors import KnowledgeInvalid, UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.exchange.editing import edit
from kg_service.exchange.formats import EDITORS, FORMATS, written
from kg_service.exchange.planning import Plan
from kg_service.exchange.reading import Upload

from .books import book

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix skr: <https://w3id.org/skin-r1/vocab#> .
@prefix concept: <https://w3id.org/skin-r1/concept/> .
@prefix feature: <https://w3id.org/skin-r1/feature/> .
"""


def table(*rows: Mapping[str, str]) -> Upload:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return Upload("in.csv", out.getvalue().encode())


def edited(knowledge: Knowledge, *rows: Mapping[str, str], **more: str) -> Plan:
    return edit(EDITORS["csv"](table(*rows)), knowledge, **more)


def sheets(knowledge: Knowledge, **said: list[list[object]]) -> Plan:
    return edit(EDITORS["xlsx"](book(said)), knowledge)


def turtle(knowledge: Knowledge, text: str) -> Plan:
    return edit(EDITORS["turtle"](Upload("in.ttl", (TURTLE + text).encode())), knowledge)


def after(found: Plan, knowledge: Knowledge) -> Knowledge:
    return apply_all(found.changes, Content.of(knowledge)).knowledge()


def again(name: str, whole: Knowledge, under: str = "") -> Plan:
    return edit(EDITORS[name](Upload("out" + FORMATS[name].suffix, written(name, whole, under))), whole)


def retiring(knowledge: Knowledge) -> Knowledge:
    """The same with an id that was a concept once."""
    gone = Retired("gone", "bygone", ("melanoma",), "a note")
    return replace(Content.of(knowledge), retired={gone.id: gone}).knowledge()


# -- nothing changes by going out and coming back ----------------------------------------------------------------


@pytest.mark.parametrize("name", EDITORS)
@pytest.mark.parametrize("which", ["knowledge", "shipped"])
def test_an_untouched_file_is_no_change(name, which, request):
    whole = request.getfixturevalue(which)
    found = again(name, whole)
    assert (found.changes, found.findings) == ((), ())
    assert found.unchanged >= len(whole.concepts)


@pytest.mark.parametrize("name", EDITORS)
def test_an_untouched_branch_is_no_change_whichever_it_is(name, knowledge):
    for concept in knowledge.concepts:
        found = again(name, knowledge, concept)
        assert (found.changes, found.findings) == ((), ()), concept
        assert found.unchanged > len(knowledge.descendants(concept)), concept


def test_every_branch_of_the_shipped_ontology_comes_back_unchanged_as_csv(shipped):
    for concept in shipped.concepts:
        if shipped.children(concept):
            assert again("csv", shipped, concept).changes == (), concept


@pytest.mark.parametrize("name", ["xlsx", "turtle"])
def test_branches_of_the_shipped_ontology_come_back_unchanged(name, shipped):
    tops = [concept.id for concept in shipped.concepts.values() if not concept.parents]
    for concept in (*tops, *(child for top in tops for child in shipped.children(top)[:1])):
        found = again(name, shipped, concept)
        assert (found.changes, found.findings) == ((), ()), concept


@pytest.mark.parametrize("name", ["xlsx", "turtle"])
def test_our_turtle_and_workbook_carry_what_a_csv_does_not(name, knowledge):
    """The same file against knowledge that lacks features and differentials brings them back."""
    content = Content.of(knowledge)
    bare = Knowledge([replace(c, profile=()) for c in content.concepts.values()], content.features.values())
    document = EDITORS[name](Upload("out" + FORMATS[name].suffix, written(name, knowledge)))
    found = edit(document, bare)
    assert found.findings == ()
    there = after(found, bare)
    assert {c.id: dict(c.profile) for c in there.concepts.values()} == {
        c.id: dict(c.profile) for c in knowledge.concepts.values()
    }
    assert there.crosswalk == knowledge.crosswalk
    assert [(e.id, e.strength, set(e.features)) for e in there.differentials] == [
        (e.id, e.strength, set(e.features)) for e in knowledge.differentials
    ]


def test_turtle_builds_everything_anew_from_nothing(knowledge):
    there = after(edit(EDITORS["turtle"](Upload("o.ttl", written("turtle", knowledge))), Knowledge([])), Knowledge([]))
    assert there.concepts.keys() == knowledge.concepts.keys()
    assert there.features == knowledge.features
    assert there.concept("melanoma").ambiguous_labels == ("MM",)
    assert len(there.differentials) == len(knowledge.differentials)


# -- what a cell does --------------------------------------------------------------------------------------------


def test_each_column_becomes_the_change_it_is_about(knowledge):
    found = edited(
        knowledge,
        {"id": "bowen-disease", "prefLabel": "Bowen disease", "condition": "malignant", "parents": "neoplasm",
         "altLabels": "intraepidermal carcinoma", "definition": "Confined to the epidermis.",
         "exactMatch": "DOID:0060488"},
    )  # fmt: skip
    assert found.findings == ()
    assert [type(change) for change in found.changes] == [Move, SetCondition, Rename, SetLabels, Describe]
    assert found.changes[0] == Move("bowen-disease", ("neoplasm",))
    assert found.changes[3].alt == ("intraepidermal carcinoma",)
    there = after(found, knowledge).concept("bowen-disease")
    assert (there.pref_label, there.condition) == ("Bowen disease", Condition.MALIGNANT)
    assert there.exact_match == ("http://purl.obolibrary.org/obo/DOID_0060488",)
    assert found.sentences()[:3] == (
        "bowen-disease lies under neoplasm instead of keratinocytic-neoplasm",
        "the condition of bowen-disease is malignant instead of precancerous or in situ",
        "bowen-disease is called 'Bowen disease' instead of 'Bowen's disease'",
    )


def test_an_absent_column_and_an_absent_row_change_nothing(knowledge):
    found = edited(knowledge, {"id": "melanoma", "definition": "A cancer of melanocytes."})
    [change] = found.changes
    assert isinstance(change, Describe)
    there = after(found, knowledge)
    before = knowledge.concept("melanoma")
    assert (there.concept("melanoma").alt_labels, there.concept("melanoma").parents) == (
        before.alt_labels,
        before.parents,
    )
    assert there.concepts.keys() == knowledge.concepts.keys()


def test_an_emptied_cell_takes_away_what_stood_there(knowledge):
    found = edited(knowledge, {"id": "melanoma", "altLabels": ""})
    assert found.changes == (SetLabels("melanoma", (), (), ("MM",)),)
    assert found.sentences() == ("melanoma is no longer called 'malignant melanoma'",)


def test_what_a_csv_cannot_say_is_not_lost_by_it(knowledge):
    marked = apply_all(
        [
            SetLabels("melanoma", ("malignant melanoma", "MM"), (), ("MM",)),
            Describe("melanoma", "", (), (), "a book", REVIEWED),
        ],
        Content.of(knowledge),
    ).knowledge()
    found = edited(marked, {"id": "melanoma", "altLabels": "black cancer"})
    there = after(found, marked).concept("melanoma")
    assert (there.alt_labels, there.ambiguous_labels) == (("MM", "black cancer"), ("MM",))
    assert (there.source, there.review_status, there.profile) == (
        "a book",
        REVIEWED,
        marked.concept("melanoma").profile,
    )


def test_a_renamed_concept_keeps_its_old_name_unless_the_row_says_what_its_synonyms_are(knowledge):
    found = edited(knowledge, {"id": "blue-nevus", "prefLabel": "blue naevus of Jadassohn", "altLabels": ""})
    assert found.changes == (Rename("blue-nevus", "blue naevus of Jadassohn"),)
    assert after(found, knowledge).resolve("blue nevus").concept == "blue-nevus"
    swapped = edited(
        knowledge, {"id": "melanocytic-nevus", "prefLabel": "mole", "altLabels": "nevus | melanocytic nevus"}
    )
    assert after(swapped, knowledge).concept("melanocytic-nevus").alt_labels == ("nevus", "melanocytic nevus")
    kept = edited(knowledge, {"id": "melanocytic-nevus", "prefLabel": "mole", "altLabels": "nevus | mole"})
    assert set(after(kept, knowledge).concept("melanocytic-nevus").alt_labels) == {"nevus", "melanocytic nevus"}


def test_another_order_is_no_change_but_another_primary_parent_is(knowledge):
    same = {"id": "melanocytic-nevus", "parents": "melanocytic-neoplasm", "altLabels": "mole | nevus"}
    assert edited(knowledge, same).changes == ()
    found = edited(knowledge, {"id": "melanoma", "parents": "malignant-neoplasm | melanocytic-neoplasm"})
    assert found.changes == (Move("melanoma", ("malignant-neoplasm", "melanocytic-neoplasm")),)


def test_new_rows_are_concepts_with_the_id_they_bring_and_may_be_named_by_others_in_any_order(knowledge):
    found = edited(
        knowledge,
        {"id": "blue-nevus", "prefLabel": "blue nevus", "condition": "benign", "parents": "Dermal nevi"},
        {"id": "", "prefLabel": "Spitz nevus", "condition": "", "parents": "melanocytic-nevus"},
        {"id": "dermal-nevus", "prefLabel": "Dermal nevus", "condition": "", "parents": "mole"},
        source="our clinic",
    )
    assert found.findings == ()
    new = {change.concept.id: change.concept for change in found.changes if isinstance(change, PutConcept)}
    assert new.keys() == {"spitz-nevus", "dermal-nevus"}
    assert (new["spitz-nevus"].condition, new["spitz-nevus"].source) == (Condition.BENIGN, "our clinic")
    assert new["spitz-nevus"].review_status == UNREVIEWED
    assert after(found, knowledge).concept("blue-nevus").parents == ("dermal-nevus",)


def test_a_leaf_without_a_condition_has_that_of_its_group_each_time_the_file_comes(knowledge):
    row = {"id": "spitz-nevus", "prefLabel": "Spitz nevus", "condition": "", "parents": "melanocytic-nevus"}
    first = edited(knowledge, row)
    assert first.changes[0].concept.condition is Condition.BENIGN
    again_ = edited(after(first, knowledge), row)
    assert (again_.changes, again_.findings, again_.unchanged) == ((), (), 1)


def test_new_rows_without_a_parent_are_filed_under_the_branch(knowledge):
    row = {"id": "", "prefLabel": "Spitz nevus", "condition": "benign"}
    assert edited(knowledge, row).changes[0].concept.parents == ()
    assert edited(knowledge, row, under="melanocytic-nevus").changes[0].concept.parents == ("melanocytic-nevus",)
    with pytest.raises(UnknownConcept):
        edited(knowledge, row, under="nobody")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "melanoma", "prefLabel": ""}, "column prefLabel: it is empty"),
        ({"id": "melanoma", "condition": "bad"}, "column condition: 'bad' is none of benign"),
        ({"id": "melanoma", "parents": "nobody"}, "column parents: 'nobody' is neither in the file nor a concept"),
        ({"id": "melanoma", "parents": "melanoma"}, "column parents: a cycle"),
        ({"id": "melanoma", "exactMatch": "a b"}, "column exactMatch: 'a b' is not an IRI"),
        ({"id": "melanoma", "altLabels": "黑色素瘤"}, "column altLabels: '黑色素瘤' has no Latin letter"),
        ({"id": "melanoma", "altLabels": "x" * 501}, "a name of more than 500 letters"),
        ({"id": "", "prefLabel": "rodent ulcer"}, "column id: 'rodent ulcer' is basal-cell-carcinoma already"),
        ({"id": "nobody", "condition": "benign"}, "no concept has the id 'nobody'"),
        ({"id": "gone", "prefLabel": "bygone"}, "column id: 'gone' is retired; use melanoma"),
        ({"id": "melanoma", "altLabels": "BCC"}, "belongs to basal-cell-carcinoma and melanoma"),
        ({"id": "melanoma", "parents": "superficial-spreading-melanoma"}, "melanoma"),
        ({"id": "bowen-disease", "condition": ""}, "bowen-disease has no condition"),
        ({"id": "melanocytic-nevus", "condition": "malignant"}, "its members do not all have it"),
        ({"id": "odd", "prefLabel": "odd lesion", "parents": ""}, "odd has no condition"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why_and_takes_no_other_with_it(knowledge, row, said):
    whole = retiring(knowledge)
    sound = dict.fromkeys(row, "")
    good = {**sound, "id": "psoriasis", "definition": "A papulosquamous disease."}
    good |= {key: said_of(whole, key) for key in row if key != "id"}
    found = edited(whole, {"definition": "", **row}, good)
    assert [type(change) for change in found.changes] == [Describe], found
    [finding] = found.findings
    assert finding.startswith("in.csv, row 2")
    assert said in finding
    assert finding.endswith("the row is left out")


def said_of(knowledge: Knowledge, column: str) -> str:
    """The cell of psoriasis."""
    concept = knowledge.concept("psoriasis")
    return {"prefLabel": concept.pref_label, "condition": concept.condition, "parents": concept.parents[0]}.get(
        column, ""
    )


def test_two_rows_about_one_concept_are_both_left_out(knowledge):
    rows = [{"id": "melanoma", "definition": text} for text in ("one", "two")]
    found = edited(knowledge, *rows)
    assert found.changes == ()
    assert [finding[:13] for finding in found.findings] == ["in.csv, row 2", "in.csv, row 3"]


def test_two_rows_about_one_thing_are_left_out_however_they_name_it(knowledge):
    found = sheets(
        knowledge,
        Concepts=[["id", "definition"], ["melanoma", "one"], ["https://w3id.org/skin-r1/concept/melanoma", "two"]],
        Features=[FEATURES, ["melanoma", "scale", "present"], ["malignant melanoma", "scaling", "absent"]],
        Differentials=[PAIRS, ["melanoma", "psoriasis", "weak", "scale"], ["psoriasis", "melanoma", "strong", "scale"]],
        Crosswalk=[MEANINGS, ["ham10000", "x", "melanoma"], ["HAM10000", "X", "psoriasis"]],
    )
    assert found.changes == ()
    assert len(found.findings) == 8
    assert all("2 rows are about this" in finding for finding in found.findings)


def test_rows_that_need_a_row_that_is_left_out_go_with_it(knowledge):
    found = edited(
        knowledge,
        {"id": "a-b", "prefLabel": "alpha", "condition": "oops", "parents": "neoplasm"},
        {"id": "b-c", "prefLabel": "beta", "condition": "benign", "parents": "a-b"},
        {"id": "c-d", "prefLabel": "gamma", "condition": "benign", "parents": "b-c"},
        {"id": "blue-nevus", "prefLabel": "blue nevus", "condition": "benign", "parents": "c-d"},
    )
    assert found.changes == ()
    assert "needs a-b" in found.findings[1]
    assert "needs b-c" in found.findings[2]
    assert "needs c-d" in found.findings[3]


def test_a_cycle_of_several_rows_is_found(knowledge):
    found = edited(
        knowledge,
        {"id": "a-b", "prefLabel": "alpha", "condition": "benign", "parents": "b-c"},
        {"id": "b-c", "prefLabel": "beta", "condition": "benign", "parents": "a-b"},
        {"id": "blue-nevus", "prefLabel": "blue nevus", "condition": "benign", "parents": "neoplasm"},
    )
    assert found.changes == (Move("blue-nevus", ("neoplasm",)),)
    assert len(found.findings) == 2


def test_a_label_may_move_from_one_concept_to_another_in_one_file(knowledge):
    found = edited(
        knowledge,
        {"id": "melanocytic-nevus", "altLabels": "nevus"},
        {"id": "blue-nevus", "altLabels": "mole"},
    )
    assert found.findings == ()
    assert after(found, knowledge).resolve("mole").concept == "blue-nevus"


# -- the other sheets --------------------------------------------------------------------------------------------

FEATURES = ["concept", "feature", "polarity", "remove"]
PAIRS = ["a", "b", "strength", "features", "source", "reviewStatus", "remove"]
MEANINGS = ["dataset", "label", "concepts", "remove"]


def test_features_of_a_concept_are_added_changed_and_removed_where_a_row_says_so(knowledge):
    found = sheets(
        knowledge,
        Features=[
            FEATURES,
            ["psoriasis", "pigment network", "absent", None],
            ["seborrheic-keratosis", "pigment-network", "Absent", None],
            ["superficial-spreading-melanoma", "pigment-network", "present", None],
            ["nodular-melanoma", "scale", None, "remove"],
        ],
    )
    assert found.findings == ()
    assert found.unchanged == 2
    assert found.changes == (
        SetProfile("psoriasis", (("pigment-network", Polarity.ABSENT), ("scale", Polarity.CHARACTERISTIC))),
        SetProfile("seborrheic-keratosis",
                   (("milia-like-cysts", Polarity.CHARACTERISTIC), ("pigment-network", Polarity.ABSENT))),
    )  # fmt: skip
    assert found.sentences()[1] == "the features of seborrheic-keratosis: pigment-network absent instead of variable"


def test_differentials_are_put_changed_and_removed(knowledge):
    found = sheets(
        knowledge,
        Differentials=[
            PAIRS,
            ["seborrheic-keratosis", "junctional nevus", "weak", "milia-like-cysts | pigment-network", "a book"],
            ["superficial-spreading-melanoma", "junctional-nevus", "moderate", "pigment-network | irregular-border",
             None, "unreviewed"],
            ["psoriasis", "melanoma", None, None, None, None, "remove"],
        ],
        Features=[FEATURES, ["junctional-nevus", "milia-like-cysts", "absent", None]],
    )  # fmt: skip
    assert found.findings == ()
    assert found.changes[1:] == (
        PutDifferential(Differential("junctional-nevus", "seborrheic-keratosis", Strength.WEAK,
                                     ("milia-like-cysts", "pigment-network"), "a book")),
        PutDifferential(Differential("junctional-nevus", "superficial-spreading-melanoma", Strength.MODERATE,
                                     ("irregular-border", "pigment-network"))),
        RemoveDifferential("melanoma", "psoriasis"),
    )  # fmt: skip


def test_crosswalk_entries_are_put_and_removed(knowledge):
    found = sheets(
        knowledge,
        Crosswalk=[
            MEANINGS,
            ["ham10000", "nv", "melanocytic nevus", None],
            ["ham10000", "bcc", "basal-cell-carcinoma", None],
            ["midas", "6-benign-other", None, "remove"],
        ],
    )
    assert found.findings == ()
    assert found.changes == (
        PutCrosswalk(CrosswalkEntry("ham10000", "bcc", ("basal-cell-carcinoma",))),
        RemoveCrosswalk("midas", "6-benign-other"),
    )


@pytest.mark.parametrize(
    ("name", "header", "row", "said"),
    [
        ("Features", FEATURES, ["nobody", "scale", "absent", None], "column concept: 'nobody' is neither"),
        ("Features", FEATURES, ["melanoma", "wings", "absent", None], "column feature: 'wings' is not a feature"),
        ("Features", FEATURES, ["melanoma", "scale", "perhaps", None], "column polarity: 'perhaps' is none of"),
        ("Features", FEATURES, ["melanoma", "scale", "characteristic", None], "characteristic on both sides"),
        ("Differentials", PAIRS, ["melanoma", "melanoma", "weak", "scale", "", "", ""], "told from itself"),
        ("Differentials", PAIRS, ["melanoma", "nodular-melanoma", "weak", "scale", "", "", ""], "its own ancestor"),
        ("Differentials", PAIRS, ["blue-nevus", "psoriasis", "weak", "", "", "", ""], "at least one feature"),
        ("Differentials", PAIRS, ["blue-nevus", "psoriasis", "weak", "scale", "", "", ""], "does not have"),
        ("Differentials", PAIRS, ["blue-nevus", "psoriasis", "mighty", "scale", "", "", ""], "column strength"),
        ("Crosswalk", MEANINGS, ["ham10000", "", "melanoma", ""], "column label"),
        ("Crosswalk", MEANINGS, ["ham10000", "x", "melanomma", ""], "column concepts: 'melanomma' is neither"),
    ],
)
def test_a_row_of_another_sheet_that_cannot_be_used_names_sheet_row_and_reason(knowledge, name, header, row, said):
    found = sheets(knowledge, **{name: [header, row]})
    assert found.changes == ()
    [finding] = found.findings
    assert finding.startswith(f"in.xlsx, sheet {name}, row 2 (")
    assert said in finding


def test_a_word_in_the_remove_column_that_is_not_remove_is_refused(knowledge):
    with pytest.raises(KnowledgeInvalid, match=r"sheet Differentials, row 2, column remove: 'yes'"):
        sheets(knowledge, Differentials=[PAIRS, ["melanoma", "psoriasis", None, None, None, None, "yes"]])


# -- Turtle ------------------------------------------------------------------------------------------------------


def test_what_no_block_mentions_is_a_column_the_file_does_not_have(knowledge):
    found = turtle(
        knowledge,
        'concept:melanoma a skos:Concept ; skos:prefLabel "melanoma"@en ; skos:altLabel "black cancer"@en .\n'
        'concept:blue-nevus a skos:Concept ; skos:prefLabel "blue nevus"@en .\n',
    )
    assert found.findings == ()
    assert found.changes == (SetLabels("melanoma", ("black cancer",), (), ("MM",)),)


def test_features_themselves_come_with_turtle(knowledge):
    found = turtle(
        knowledge,
        'feature:scale a skr:Feature, skos:Concept ; skos:prefLabel "scale"@en ; skr:featureKind "border" .\n'
        'feature:halo a skr:Feature, skos:Concept ; skos:prefLabel "halo"@en ; skr:featureKind "border" .\n'
        'concept:blue-nevus a skos:Concept ; skos:prefLabel "blue nevus"@en ; skr:present feature:halo .\n',
    )
    assert found.findings == ()
    assert [type(change) for change in found.changes] == [PutFeature, PutFeature, SetProfile]
    assert after(found, knowledge).feature("scale").alt_labels == ("scaling",)


def test_what_the_vocabulary_has_no_place_for_is_named_with_its_line(knowledge):
    with pytest.raises(KnowledgeInvalid, match=r"in\.ttl, line 5: concept:melanoma has the property skr:colour"):
        turtle(knowledge, 'concept:melanoma a skos:Concept ; skos:prefLabel "melanoma"@en ; skr:colour "black" .\n')


def test_a_retired_id_comes_back_unchanged_and_retiring_is_no_import(knowledge):
    whole = retiring(knowledge)
    assert again("turtle", whole).changes == again("turtle", whole).findings == ()
    [finding] = edit(EDITORS["turtle"](Upload("o.ttl", written("turtle", whole))), knowledge).findings
    assert "retiring gone is a proposal of its own" in finding


def test_a_foreign_concept_is_a_new_one(knowledge):
    found = turtle(
        knowledge,
        '<http://example.org/spitz> a skos:Concept ; skos:prefLabel "Spitz nevus"@en ; '
        "skos:broader concept:melanocytic-nevus .\n",
    )
    assert found.findings == ()
    [change] = found.changes
    assert (change.concept.id, change.concept.condition) == ("spitz-nevus", Condition.BENIGN)
