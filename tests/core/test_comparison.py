"""Two concepts side by side, what a concept must state itself, what stands behind a statement, who bears a feature."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kg_service.core.bearing import bearers, decided, shown
from kg_service.core.comparison import comparison, inherited, stated
from kg_service.core.concept import Polarity
from kg_service.core.errors import RequestInvalid, UnknownConcept, UnknownFeature
from kg_service.core.evidence import attested
from kg_service.core.knowledge import Knowledge
from kg_service.core.profiles import restated

from ..mini import MAYBE, NO, SEEN, YES


def test_a_comparison_is_the_same_from_both_sides_but_for_the_sides(knowledge: Knowledge):
    for a in knowledge.concepts:
        for b in knowledge.concepts:
            here, back = comparison(knowledge, a, b), comparison(knowledge, b, a)
            assert [(r.feature, r.here, r.there, r.listed) for r in here.rows] == [
                (r.feature, r.there, r.here, r.listed) for r in back.rows
            ]
            assert here.edge is back.edge


def test_what_the_differential_names_comes_first_and_the_strongest_contrast_before_the_weaker(shipped: Knowledge):
    for edge in shipped.differentials[::40]:
        rows = comparison(shipped, edge.a, edge.b).rows
        assert {row.feature for row in rows if row.listed} == set(edge.features)
        order = [(not row.listed, -row.weight) for row in rows]
        assert order == sorted(order)


def test_the_rest_stands_by_kind(shipped: Knowledge):
    kinds = [row.kind for row in comparison(shipped, "melanoma", "psoriasis").rest]
    assert len(kinds) > 10
    assert sum(a is not b for a, b in pairwise(kinds)) == len(set(kinds)) - 1


def test_the_rows_are_the_two_profiles_and_nothing_else(shipped: Knowledge):
    found = comparison(shipped, "melanoma", "seborrheic-keratosis")
    for concept, side in (("melanoma", "here"), ("seborrheic-keratosis", "there")):
        said = {row.feature: getattr(row, side).polarity for row in found.rows if getattr(row, side)}
        assert said == shipped.profile(concept)


def test_a_row_says_who_states_it(knowledge: Knowledge):
    found = stated(knowledge, "superficial-spreading-melanoma")
    assert (found["irregular-border"].polarity, found["irregular-border"].by) == (YES, "melanoma")
    assert found["pigment-network"].by == "superficial-spreading-melanoma"


def test_nothing_stated_is_no_contrast(knowledge: Knowledge):
    rows = {row.feature: row for row in comparison(knowledge, "melanoma", "psoriasis").rows}
    assert rows["irregular-border"].there is None
    assert rows["irregular-border"].weight == 0
    assert rows["scale"].weight == 3
    assert not rows["irregular-border"].alike


def test_only_concepts_are_compared(knowledge: Knowledge):
    with pytest.raises(UnknownConcept):
        comparison(knowledge, "melanoma", "nobody")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"scale": YES}, (("ulcer", SEEN),)),  # as it is inherited
        ({"scale": NO}, (("scale", NO), ("ulcer", SEEN))),
        ({"ulcer": None}, ()),
        ({"ulcer": SEEN}, (("ulcer", SEEN),)),
        ({"crust": MAYBE}, (("crust", MAYBE), ("ulcer", SEEN))),
        ({"crust": None}, (("ulcer", SEEN),)),
    ],
)
def test_a_concept_states_only_what_it_does_not_inherit(
    wanted: dict[str, Polarity | None], said: tuple[tuple[str, Polarity], ...]
):
    assert restated((("ulcer", SEEN),), {"scale": YES}, wanted) == said


def test_an_own_statement_goes_where_the_inherited_one_is_wanted():
    assert restated((("scale", NO),), {"scale": YES}, {"scale": YES}) == ()


def test_what_is_inherited_is_what_stands_without_the_own_statements(shipped: Knowledge):
    for id_ in list(shipped.concepts)[::20]:
        above = shipped.concepts[id_].parents[:1]
        assert inherited(shipped, id_) == (stated(shipped, above[0]) if above else {})
        own = {feature for feature, said in stated(shipped, id_).items() if said.by == id_}
        assert own == {feature for feature, _ in shipped.concepts[id_].profile}
    with pytest.raises(UnknownConcept):
        inherited(shipped, "nowhere")


def test_a_statement_that_repeats_what_is_inherited_stays_as_it_was():
    assert restated((("scale", YES),), {"scale": YES}, {"scale": YES}) == (("scale", YES),)


def test_what_is_inherited_cannot_be_left_unsaid():
    with pytest.raises(RequestInvalid, match="inherited"):
        restated((), {"scale": YES}, {"scale": None})


def test_evidence_is_a_source_or_the_word_that_one_is_owed():
    assert attested(" Rook's  Dermatology ", owed=False, reviewed=True) == ("Rook's Dermatology", "reviewed")
    assert attested("", owed=True, reviewed=False) == ("", "unreviewed")
    for source, owed, reviewed in (("", False, False), ("a book", True, False), ("", True, True)):
        with pytest.raises(RequestInvalid):
            attested(source, owed=owed, reviewed=reviewed)


def test_the_bearers_of_a_feature_are_those_whose_profile_has_it(knowledge: Knowledge):
    for feature in knowledge.features:
        found = bearers(knowledge, feature)
        for polarity in Polarity:
            having = {id_ for id_ in knowledge.concepts if knowledge.profile(id_).get(feature) is polarity}
            named = set(found.stated.get(polarity, ()))
            assert named <= having
            assert len(having - named) == found.inherited.get(polarity, 0)
        seen = [id_ for id_ in knowledge.concepts if (p := knowledge.profile(id_).get(feature)) and p.supports]
        assert shown(knowledge)[feature] == len(seen)
    assert [edge.id for edge in decided(knowledge, "scale")] == ["melanoma--psoriasis"]
    with pytest.raises(UnknownFeature):
        bearers(knowledge, "nothing")
