"""A branch: what is said about a concept and everything beneath it, by itself or as a part of the whole."""

from __future__ import annotations

import pytest

from kg_service.core.change import Content
from kg_service.core.errors import UnknownConcept
from kg_service.exchange.branch import branch, cutting
from kg_service.exchange.formats import FORMATS, written


def test_a_branch_is_its_concepts_and_all_that_is_said_about_them(knowledge):
    found = branch(knowledge, "melanocytic-nevus")
    assert found.concepts.keys() == {"melanocytic-nevus", "junctional-nevus", "blue-nevus"}
    assert found.concepts["melanocytic-nevus"].parents == ("melanocytic-neoplasm",)
    assert found.features.keys() == {"irregular-border", "pigment-network"}
    assert found.differentials.keys() == {"junctional-nevus--superficial-spreading-melanoma"}
    assert found.crosswalk.keys() == {("ham10000", "nv"), ("derm7pt", "reed or spitz nevus")}


def test_a_cutting_stands_alone_with_the_features_it_inherits(knowledge, shipped):
    for whole in (knowledge, shipped):
        for concept in list(whole.concepts)[:: max(1, len(whole.concepts) // 60)]:
            made = cutting(whole, concept)
            assert made.concepts.keys() == {concept, *whole.descendants(concept)}
            for id_ in made.concepts:
                assert made.profile(id_).items() >= whole.profile(id_).items(), (concept, id_)
                assert made.condition(id_) is whole.condition(id_), (concept, id_)


def test_the_branch_of_every_top_together_is_the_whole(knowledge):
    parts = [branch(knowledge, concept.id) for concept in knowledge.concepts.values() if not concept.parents]
    whole = Content.of(knowledge)
    assert {id_ for part in parts for id_ in part.concepts} == whole.concepts.keys()
    assert {id_ for part in parts for id_ in part.differentials} == whole.differentials.keys()
    assert {key for part in parts for key in part.crosswalk} == whole.crosswalk.keys() - {("midas", "6-benign-other")}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_a_branch_and_refuses_one_of_nobody(name, knowledge):
    assert len(written(name, knowledge, "melanoma")) < len(written(name, knowledge))
    with pytest.raises(UnknownConcept):
        written(name, knowledge, "nobody")
