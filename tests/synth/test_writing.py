"""Facts, plans and words: nothing is asserted that was not seen."""

from __future__ import annotations

import random

import pytest

from kg_service.core.answer import Answer, parse
from kg_service.core.case import Case
from kg_service.core.trajectory import Kind
from kg_service.job import read_jsonl
from synth import facts, plan
from synth.checks.subject import joined
from synth.writers import OfflineWriter


@pytest.fixture(scope="module")
def cases(phantoms):
    return [case for case in read_jsonl(phantoms / "cases.jsonl", Case) if case.split == "sft"]


def bare(gold: str) -> Case:
    """A case of a dataset that annotates nothing."""
    return Case("r1", "ham10000", "r1.jpg", gold, gold, "sft", "x", lesion="l1", site="back", age=61.0, sex="female")


def test_a_distractor_is_never_the_gold_nor_on_its_line(cases, release):
    for case in cases:
        pack = facts.build(case, release, random.Random(0))
        own = {case.gold, *release.ancestors(case.gold), *release.descendants(case.gold)}
        assert not own & {distractor.concept for distractor in pack.distractors}


def test_familiar_distractors_are_taken_where_the_rule_offers_one(cases, release):
    golds = {case.gold for case in cases}
    for case in cases:
        _, candidates = release.ddx.distractors(case.gold)
        drawn = {d.concept for d in facts.build(case, release, random.Random(0), familiar=golds).distractors}
        assert drawn <= set(candidates)
        assert drawn <= golds or not golds & set(candidates)


def test_the_plan_cites_only_what_was_seen(cases, release):
    for case in cases:
        pack = facts.build(case, release, random.Random(1))
        seen = {finding.feature for finding in case.findings if finding.present}
        for kind in Kind:
            made = plan.make(pack, kind, random.Random(1), (2, 3))
            if made:
                assert set(made.cited) | set(made.shared) | set(made.against) <= seen
                assert not set(made.missing) & seen


def test_a_revision_needs_a_sign_both_share_and_a_reason_to_change(cases, release):
    made = [
        plan.make(facts.build(case, release, random.Random(2)), Kind.REVISE, random.Random(2), (2, 3)) for case in cases
    ]
    revisions = [found for found in made if found]
    assert len(revisions) > len(cases) / 2
    assert all(found.shared and (found.against or found.missing) for found in revisions)


def test_without_findings_nothing_is_asserted_of_the_image_and_nothing_revised(release):
    pack = facts.build(bare("melanoma"), release, random.Random(0))
    assert plan.make(pack, Kind.REVISE, random.Random(0), (2, 3)) is None
    made = plan.make(pack, Kind.KEEP, random.Random(0), (2, 3))
    assert made
    assert made.typical
    text = joined(OfflineWriter(release).write(bare("melanoma"), pack, made, random.Random(0)).steps)
    from synth.reading import Reader
    from synth.writers.phrases import IN_GENERAL

    for sentence in Reader(release).sentences(text):
        assert not sentence.features or IN_GENERAL.search(sentence.text)


@pytest.mark.parametrize("kind", list(Kind))
def test_brief_rationales_fit_the_tiny_model(kind, cases, release):
    writer = OfflineWriter(release, "brief")
    counts = []
    for case in cases:
        pack = facts.build(case, release, random.Random(4))
        made = plan.make(pack, kind, random.Random(4), (2, 3))
        if made:
            counts.append(len(joined(writer.write(case, pack, made, random.Random(4)).steps).split()))
    assert max(counts) <= 24


def test_full_rationales_vary(cases, release):
    writer = OfflineWriter(release)
    pack = facts.build(cases[0], release, random.Random(5))
    made = plan.make(pack, Kind.KEEP, random.Random(5), (2, 3))
    assert made
    texts = {joined(writer.write(cases[0], pack, made, random.Random(seed)).steps) for seed in range(50)}
    assert len(texts) > 45


def test_the_reply_is_rendered_by_the_core_and_parses_back(phantoms, small, release, tmp_path):
    from kg_service.core.trajectory import Trajectory
    from synth import generate

    write = small.write.model_copy(update={"cases": str(phantoms / "cases.jsonl")})
    generate.make(small.model_copy(update={"write": write}), release, tmp_path)
    for row in read_jsonl(tmp_path / "trajectories.jsonl", Trajectory):
        answer = parse(row.reply)
        assert isinstance(answer, Answer)
        assert (answer.rationale, answer.condition) == (joined(row.steps), row.condition)
        assert release.gold(answer.diagnosis) == row.gold
