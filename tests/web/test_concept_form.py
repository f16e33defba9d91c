"""What the form of a concept means: nothing where nothing was touched, only what was touched elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from kg_service.core.change import Describe, Rename, SetCondition, SetLabels, SetProfile
from kg_service.core.concept import Concept, Condition, Polarity
from kg_service.core.errors import RequestInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.naming import IDS
from kg_service.web.codes import code_of, iri_of
from kg_service.web.concept_form import NEW, ConceptForm, clashes, edit, first_seen, kept

ODD = Concept(
    "odd",
    "an  odd name",
    ("group",),
    Condition.BENIGN,
    alt_labels=("two  spaces", "<b>bold</b>"),
    definition=" Leading space,\r\na line of Windows\rand of a Mac\n",
    profile=(("scale", Polarity.PRESENT),),
    exact_match=("http://purl.obolibrary.org/obo/DOID_4159", "https://example.org/a b"),
    source=" a  source ",
)


def sent(form: ConceptForm, **fields: str) -> FormData:
    """A form as a browser sends it: line breaks are CRLF."""
    said = {name: getattr(form, name) for name in form.__dataclass_fields__}
    rows = said.pop("profile")
    parents = said.pop("parents")
    pairs = [("feature", feature) for feature, _ in rows] + [("polarity", polarity) for _, polarity in rows]
    pairs += [("parent", parent) for parent in parents]
    pairs += [("reviewed", "yes")] * said.pop("reviewed") + [("keeps-name", "yes")] * said.pop("keeps_name")
    pairs += {**said, **fields}.items()
    return FormData([(name, value.replace("\n", "\r\n")) for name, value in pairs])


def edited(was: Concept, **fields: str):
    return edit(ConceptForm.read(sent(ConceptForm.of(was), **fields), was), was)


def test_an_untouched_form_changes_nothing_in_any_shipped_concept(shipped: Knowledge):
    for concept in (*shipped.concepts.values(), ODD):
        assert edited(concept) == (concept, [])


def test_what_is_not_touched_stays_byte_for_byte():
    mine, changes = edited(ODD, condition="malignant")
    assert mine == replace(ODD, condition=Condition.MALIGNANT)
    assert changes == [SetCondition("odd", Condition.MALIGNANT)]


@given(st.text(), st.text(), st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n"))))
def test_whatever_a_concept_says_an_untouched_form_changes_nothing(definition: str, source: str, labels: list[str]):
    was = replace(ODD, definition=definition, source=source, alt_labels=tuple(labels))
    assert edited(was) == (was, [])


def test_a_name_that_changes_stays_findable_unless_its_author_says_no():
    mine, changes = edited(ODD, label="new name")
    assert changes == [Rename("odd", "new name")]
    assert mine.alt_labels == (*ODD.alt_labels, "an  odd name")
    form = replace(ConceptForm.of(ODD), label="new name", keeps_name=False)
    mine, changes = edit(ConceptForm.read(sent(form), ODD), ODD)
    assert changes == [Rename("odd", "new name"), SetLabels("odd", ODD.alt_labels)]
    assert mine.alt_labels == ODD.alt_labels


def test_a_synonym_that_becomes_the_name_is_no_synonym_any_more():
    mine, _ = edited(ODD, label="two  spaces")
    assert mine.pref_label == "two spaces"
    mine, _ = edited(ODD, label="<b>bold</b>")
    assert mine.alt_labels == ("two  spaces", "an  odd name")


def test_a_feature_without_a_polarity_is_no_longer_stated():
    form = FormData([*sent(ConceptForm.of(ODD)).multi_items(), ("feature", "edge"), ("polarity", "absent")])
    _, changes = edit(ConceptForm.read(form, ODD), ODD)
    assert changes == [SetProfile("odd", (("scale", Polarity.PRESENT), ("edge", Polarity.ABSENT)))]
    rows = [("feature", "scale"), ("polarity", "")]
    form = FormData([pair for pair in sent(ConceptForm.of(ODD)).multi_items() if pair[0] not in dict(rows)] + rows)
    assert edit(ConceptForm.read(form, ODD), ODD)[1] == [SetProfile("odd", ())]


@pytest.mark.parametrize("fields", [{"condition": "bad"}, {"exact": "not a code"}, {"label": ""}])
def test_a_field_that_says_what_it_cannot_is_refused(fields: dict[str, str]):
    with pytest.raises(RequestInvalid):
        edited(ODD, **fields)


def test_codes_are_read_as_they_are_shown():
    for iri in ("http://purl.obolibrary.org/obo/DOID_8893", "http://purl.bioontology.org/ontology/ICD10CM/L40.0"):
        assert iri_of(code_of(iri)) == iri
    assert iri_of("doid:8893") == "http://purl.obolibrary.org/obo/DOID_8893"
    assert code_of("https://example.org/x") == iri_of("https://example.org/x") == "https://example.org/x"


def test_the_form_brings_back_what_it_showed_at_first_and_nothing_else():
    assert first_seen(FormData({"was": kept(ODD)}), "odd") == ODD
    for form in ({}, {"was": "{"}, {"was": kept(ODD)}):
        with pytest.raises(RequestInvalid):
            first_seen(FormData(form), "another")


# -- two people --------------------------------------------------------------------------------------------------


def test_two_edits_of_one_field_clash_and_show_all_three_texts():
    mine, changes = edited(ODD, definition="Mine.")
    now = replace(ODD, definition="Theirs.")
    [clash] = clashes(changes, ODD, now, mine, IDS)
    assert (clash.name, clash.now, clash.mine) == ("Definition", "Theirs.", "Mine.")
    assert clash.was.startswith("Leading space")


def test_edits_of_different_parts_do_not_clash():
    mine, changes = edited(ODD, definition="Mine.")
    assert clashes(changes, ODD, replace(ODD, alt_labels=("theirs",)), mine, IDS) == ()


def test_the_same_edit_by_two_people_does_not_clash():
    mine, changes = edited(ODD, definition="The same.")
    assert clashes(changes, ODD, replace(ODD, definition="The same."), mine, IDS) == ()


def test_after_a_clash_the_form_holds_my_text_and_their_other_fields():
    said = ConceptForm.read(sent(ConceptForm.of(ODD), definition="Mine."), ODD)
    now = replace(ODD, definition="Theirs.", source="theirs")
    again = said.rebased(ODD, now)
    assert (again.definition, again.source) == ("Mine.", "theirs")
    assert edit(again, now)[1] == [replace(Describe.of(now), definition="Mine.")]


def test_a_new_concept_says_where_it_lies():
    form = FormData({"label": "new", "parent": "group", "condition": "benign"})
    assert ConceptForm.read(form, NEW).concept(NEW) == Concept("", "new", ("group",), Condition.BENIGN)
