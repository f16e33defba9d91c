"""The checks name what is thin or ambiguous, the gravest first, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from kg_service.core.checks import Check, Finding, Name, checks, unreviewed
from kg_service.core.concept import REVIEWED, Concept, Condition, Feature, FeatureKind
from kg_service.core.content import Content
from kg_service.core.coverage import coverage
from kg_service.core.knowledge import Knowledge

from ..mini import BENIGN, CONCEPTS, MALIGNANT, mini


def found(know: Knowledge, name: Name) -> Check:
    return next(check for check in checks(know) if check.name is name)


def about(know: Knowledge, name: Name) -> list[str]:
    return [id_ for finding in found(know, name).findings for id_ in finding.concepts]


def edited(*concepts: Concept) -> Knowledge:
    content = Content.of(mini())
    for concept in concepts:
        content = content.with_concept(concept)
    return content.knowledge(mini())


def stated(id_: str) -> Concept:
    return next(concept for concept in CONCEPTS if concept.id == id_)


def test_every_check_answers_once_in_the_order_of_its_gravity():
    assert [check.name for check in checks(mini())] == list(Name)


def test_a_malignant_disease_with_fewer_than_three_differentials_is_named_and_the_barest_first():
    few = found(mini(), Name.FEW)
    assert few.asked == 5  # four malignant leaves and one in situ
    assert few.findings[0] == Finding(("basal-cell-carcinoma",), note="no differential")
    assert few.findings[-1] == Finding(("superficial-spreading-melanoma",), note="2 differentials")


def test_a_mixed_group_is_named_where_the_difference_begins_and_not_above():
    assert set(about(mini(), Name.MIXED)) == {"keratinocytic-neoplasm", "melanocytic-neoplasm"}


def test_the_few_members_that_differ_from_a_groups_others_are_named():
    nevi = [Concept(f"nevus-{n}", f"nevus number {n}", ("melanocytic-nevus",), BENIGN) for n in range(3)]
    odd = Concept("odd-nevus", "odd nevus", ("melanocytic-nevus",), MALIGNANT)
    finding = found(edited(*nevi, odd), Name.MIXED).findings[0]
    assert (finding.concepts, finding.note, finding.beside) == (
        ("melanocytic-nevus",),
        "5 benign, 1 malignant",
        ("odd-nevus",),
    )


def test_a_label_that_several_diseases_share_is_named_once_with_all_of_them():
    [finding] = found(mini(), Name.SHARED).findings
    assert (finding.label, set(finding.concepts)) == ("MM", {"melanoma", "multiple-myeloma"})
    assert not found(mini(), Name.LONE).findings


def test_an_ambiguous_label_with_one_meaning_here_is_told_from_a_shared_one():
    know = edited(replace(stated("multiple-myeloma"), ambiguous_labels=()))
    [finding] = found(know, Name.LONE).findings
    assert (finding.label, finding.concepts) == ("MM", ("melanoma",))
    assert not found(know, Name.SHARED).findings


def test_shared_labels_that_may_be_malignant_or_harmless_come_first():
    know = edited(
        replace(stated("psoriasis"), ambiguous_labels=("ZZ",)),
        replace(stated("nodular-melanoma"), ambiguous_labels=("ZZ",)),
    )
    assert [finding.label for finding in found(know, Name.SHARED).findings] == ["ZZ", "MM"]


def test_differentials_without_a_source_are_those_of_a_malignant_and_a_harmless_disease_first():
    lacking = found(mini(), Name.SOURCELESS)
    assert lacking.asked == len(lacking.findings) == 3
    assert [finding.note for finding in lacking.findings] == ["strong", "moderate", "weak"]


def test_a_differential_with_a_source_is_not_named():
    know = mini()
    sourced = [replace(edge, source="an atlas") for edge in know.differentials[:1]]
    better = Knowledge(know.concepts.values(), know.features.values(), [*sourced, *know.differentials[1:]])
    assert len(found(better, Name.SOURCELESS).findings) == len(know.differentials) - 1


def test_isolated_leaves_and_unused_features_are_those_that_the_coverage_counts():
    know = mini()
    spare = Feature("spare", "spare sign", FeatureKind.SITE)
    know = Knowledge(know.concepts.values(), [*know.features.values(), spare], know.differentials, know.crosswalk)
    assert sorted(about(know, Name.ISOLATED)) == sorted(coverage(know).isolated)
    assert found(know, Name.UNUSED).findings == (Finding(feature="spare"),)


def test_what_inherits_a_feature_is_not_without_one():
    lacking = about(mini(), Name.FEATURELESS)
    assert "nodular-melanoma" not in lacking  # melanoma's border is its own, too
    assert "bowen-disease" in lacking


def test_a_group_with_one_member_is_named_with_it():
    assert found(mini(), Name.LONELY).findings == (Finding(("inflammatory-disease",), beside=("psoriasis",)),)


def test_concepts_and_features_without_a_definition_are_named_the_urgent_first():
    lacking = found(mini(), Name.UNDEFINED)
    assert len(lacking.findings) == lacking.asked == len(mini().concepts) + len(mini().features)
    assert mini().condition(lacking.findings[0].concepts[0]) in (Condition.MALIGNANT, Condition.PRECANCEROUS)
    assert lacking.findings[-1].feature


def test_a_branch_keeps_what_concerns_it():
    few = found(mini(), Name.FEW).within({"melanocytic-neoplasm", *mini().descendants("melanocytic-neoplasm")})
    assert {finding.concepts[0] for finding in few.findings} == {"nodular-melanoma", "superficial-spreading-melanoma"}


def test_shares_of_the_unreviewed_count_every_kind_and_every_branch():
    know = edited(replace(stated("psoriasis"), review_status=REVIEWED))
    shares = {(share.noun, share.branch): (share.unreviewed, share.of) for share in unreviewed(know)}
    assert shares["concept", ""] == (len(CONCEPTS) - 1, len(CONCEPTS))
    assert shares["concept", "inflammatory-disease"] == (1, 2)
    assert shares["differential", ""] == (3, 3)
    assert shares["feature", ""] == (4, 4)
