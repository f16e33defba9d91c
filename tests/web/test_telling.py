"""Sentences with links, and what a change overwrites."""

from __future__ import annotations

from dataclasses import replace

from kg_service.core.change import (
    Describe,
    Merge,
    Move,
    PutConcept,
    PutCrosswalk,
    Rename,
    SetCondition,
    SetLabels,
    SetProfile,
)
from kg_service.core.concept import Concept, Condition, CrosswalkEntry, Polarity
from kg_service.core.content import Content
from kg_service.core.naming import Naming
from kg_service.core.telling import told
from kg_service.web.diffing import ItemDiff, diffs
from kg_service.web.proposal import telling
from kg_service.web.sentences import Piece, linking, pieces, plain

from ..mini import mini

KNOW = mini()
CONTENT = Content.of(KNOW)
MOVE = Move("blue-nevus", ("melanocytic-neoplasm",))


def only(*changes) -> ItemDiff:
    """The difference of changes to one item."""
    after = CONTENT
    for change in changes:
        after = change.apply(after)
    (found,), more = diffs(CONTENT, after, 5)
    assert more == 0
    return found


def written(found: ItemDiff) -> dict[str, list[str]]:
    sign = {"same": "", "del": "-", "ins": "+"}
    return {row.title: [sign[span.fate] + span.piece.text for span in row.spans] for row in found.rows}


def test_a_sentence_holds_its_names_as_links():
    said = pieces(told(MOVE, CONTENT, linking(CONTENT)))
    assert said == (
        Piece("blue nevus", concept="blue-nevus"),
        Piece(" lies under "),
        Piece("melanocytic neoplasm", concept="melanocytic-neoplasm"),
        Piece(" instead of "),
        Piece("melanocytic nevus", concept="melanocytic-nevus"),
    )


def test_a_sentence_begins_with_a_capital_unless_with_a_name():
    assert pieces(MOVE.sentence(linking(KNOW)))[0] == Piece("Move ")
    assert plain(MOVE.sentence(linking(KNOW))) == "Move 'blue nevus' under 'melanocytic neoplasm'"


def test_a_title_is_cut_where_it_grows_too_long():
    cut = plain("word " * 100, most=50)
    assert len(cut) <= 50
    assert cut.endswith("…")


def test_a_move_shows_both_places_with_what_stays():
    moved = Move("melanoma", ("melanocytic-neoplasm", "keratinocytic-neoplasm"))
    assert written(only(moved)) == {
        "Under": ["melanocytic neoplasm", "-malignant skin neoplasm", "+keratinocytic neoplasm"]
    }


def test_labels_show_only_what_goes_and_comes():
    found = only(SetLabels("melanocytic-nevus", ("nevus", "naevus"), hidden=("mole",)))
    assert written(found) == {"Synonyms": ["-mole", "+naevus"], "Hidden labels": ["+mole"]}


def test_a_definition_is_compared_word_by_word():
    old = replace(Describe.of(KNOW.concepts["psoriasis"]), definition="Red plaques with silvery scale.")
    before = old.apply(CONTENT)
    (found,), _ = diffs(before, replace(old, definition="Red plaques with white scale.").apply(before), 5)
    (row,) = found.rows
    assert row.running
    assert [(span.fate, span.piece.text) for span in row.spans] == [
        ("same", "Red plaques with "),
        ("del", "silvery"),
        ("ins", "white"),
        ("same", " scale."),
    ]


def test_condition_name_and_features_show_what_they_were():
    edits = (
        SetCondition("psoriasis", Condition.BENIGN),
        Rename("psoriasis", "plaque psoriasis"),
        SetProfile("psoriasis", (("scale", Polarity.PRESENT),)),
    )
    assert written(only(*edits)) == {
        "Name": ["-psoriasis", "+plaque psoriasis"],
        "Condition": ["-non-neoplastic", "+benign"],
        "Synonyms": ["+psoriasis"],
        "Features": ["-scale characteristic", "+scale present"],
    }


def test_a_new_concept_and_a_dataset_label_show_what_comes():
    made = PutConcept(Concept("lentigo", "lentigo", ("melanocytic-neoplasm",), Condition.BENIGN))
    assert written(only(made)) == {
        "Name": ["+lentigo"],
        "Under": ["+melanocytic neoplasm"],
        "Condition": ["+benign"],
    }
    read = only(PutCrosswalk(CrosswalkEntry("atlas", "lump", ("melanoma",))))
    assert written(read)["Means"] == ["-by its ordinary names", "+melanoma"]


def test_a_merge_shows_the_first_items_and_counts_the_rest():
    after = Merge("blue-nevus", "junctional-nevus").apply(CONTENT)
    found, more = diffs(CONTENT, after, 1)
    assert len(found) == 1
    assert more == len(diffs(CONTENT, after, 100)[0]) - 1


def test_each_change_is_told_on_what_those_before_it_made():
    changes = (
        PutConcept(Concept("lentigo", "lentigo", ("neoplasm",), Condition.BENIGN)),
        Rename("lentigo", "lentigo x"),
    )
    found = telling(changes, CONTENT, start=1, count=2)
    assert [plain("".join(piece.text for piece in each.sentence)) for each in found.rows] == [
        "'lentigo' is called 'lentigo x' from now on"
    ]
    assert found.next is None


def test_a_change_that_cannot_be_made_is_told_all_the_same():
    found = telling((Rename("gone", "here again"), MOVE), CONTENT, start=0, count=2)
    assert [bool(each.items) for each in found.rows] == [False, True]


def test_a_description_is_told_by_what_differs():
    old = Describe.of(KNOW.concepts["psoriasis"])
    call = Naming.by_labels(KNOW)
    changed = replace(old, definition="Red plaques.", exact_match=("http://example.org/1",), review_status="reviewed")
    assert told(changed, KNOW, call) == (
        "'psoriasis': its definition is written, it is the same as 1 more term of other vocabularies, "
        "it is marked reviewed"
    )
