"""The service answers as the knowledge in memory does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg_service.client import RemoteKnowledge
from kg_service.core.concept import Condition
from kg_service.core.errors import (
    GoldUnresolved,
    KnowledgeUnavailable,
    OptionsInvalid,
    RequestInvalid,
    RequestTooLarge,
    UnknownConcept,
    UnknownFeature,
    UnknownRelease,
)
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import SPECS, score_column, score_labels
from kg_service.wire import MAX_RESOLVE_ROWS

from ..mini import reply


@pytest.fixture(scope="module")
def remote(url: str) -> Iterator[RemoteKnowledge]:
    with RemoteKnowledge(url) as service:
        yield service


def test_every_concept_stands_in_the_same_place(remote: RemoteKnowledge, knowledge: Knowledge):
    for id_ in knowledge.concepts:
        for question in ("ancestors", "descendants", "lineage", "children", "level", "condition", "label"):
            assert getattr(remote, question)(id_) == getattr(knowledge, question)(id_), question
        assert remote.profile(id_) == dict(knowledge.profile(id_))
        assert remote.neighbours(id_) == knowledge.ddx.neighbours(id_)
        assert remote.distractors(id_) == knowledge.ddx.distractors(id_)


def test_every_pair_meets_in_the_same_place(remote: RemoteKnowledge, knowledge: Knowledge):
    pairs = [(a, b) for a in knowledge.concepts for b in knowledge.concepts]
    found = remote.meets([a for a, _ in pairs], [b for _, b in pairs])
    assert found == [(knowledge.meet(a, b), knowledge.meet_level(a, b)) for a, b in pairs]
    assert remote.meet("melanoma", "blue-nevus") == ("melanocytic-neoplasm",)
    assert remote.meet_level("melanoma", "psoriasis") == 0


@pytest.mark.parametrize("dataset", [None, "ham10000", "midas", "derm7pt", "unheard of"])
def test_every_text_resolves_alike(remote: RemoteKnowledge, knowledge: Knowledge, dataset: str | None):
    texts = [
        "melanoma", "Melanomas", "MM", "no melanoma", "melanoma?", "", "zz", "nv", "6-benign-other", "BCC",
        "basal cell carcinoma (BCC)", "reed or spitz nevus", "Bowen disease", "\u0000",
    ]  # fmt: skip
    assert remote.resolve_many(texts, dataset=dataset) == [knowledge.resolve(text, dataset=dataset) for text in texts]
    assert remote.resolve("nevus") == knowledge.resolve("nevus")


def test_search_and_suggest_find_the_same(remote: RemoteKnowledge, knowledge: Knowledge):
    for text in ("mel", "carcinoma", "tumor", "&=?#", "%"):
        assert remote.search(text, 7) == knowledge.search(text, 7)
        assert remote.suggest(text, 7) == knowledge.suggest(text, 7)


@pytest.mark.parametrize("spec", sorted(SPECS))
def test_every_reply_earns_the_same_float(remote: RemoteKnowledge, knowledge: Knowledge, spec: str):
    replies = [reply("melanoma"), reply("B."), "rubbish", reply("SSM", "benign"), reply("cannot be determined")]
    golds, options = ["SSM"] * len(replies), [["SSM", "melanoma"]] * len(replies)
    conditions = [None, None, None, Condition.BENIGN, None]
    here = score_column(replies, golds, knowledge, SPECS[spec], options=options, conditions=conditions)
    there = remote.score(replies, golds, spec, options=options, conditions=conditions)
    for mine, theirs in zip(here, there, strict=True):
        assert {name: getattr(mine, name) for name in theirs.__slots__} == {
            name: getattr(theirs, name) for name in theirs.__slots__
        }


def test_every_label_earns_the_same_float(remote: RemoteKnowledge, knowledge: Knowledge):
    labels = ["melanoma", "nevus", "zz", "SSM"]
    assert remote.score_labels(labels, ["SSM"] * 4, "safe") == score_labels(
        labels, ["SSM"] * 4, knowledge, SPECS["safe"]
    ).tolist()  # fmt: skip


def test_the_same_errors_are_raised_here_and_there(remote: RemoteKnowledge):
    with pytest.raises(UnknownConcept, match="'none'"):
        remote.ancestors("none")
    with pytest.raises(UnknownConcept):
        remote.meet("melanoma", "none")
    with pytest.raises(GoldUnresolved) as caught:
        remote.score(["x"], ["nothing at all"])
    assert caught.value.rows == ("nothing at all",)
    assert str(caught.value).count("nothing at all") == 2
    with pytest.raises(OptionsInvalid):
        remote.score(["x"], ["melanoma"], options=[["a", "a"]])
    with pytest.raises(RequestInvalid):
        remote.score(["x"], ["melanoma", "melanoma"])
    with pytest.raises(RequestTooLarge):
        remote.resolve_many(["a"] * (MAX_RESOLVE_ROWS + 1))


def test_an_id_with_odd_characters_stays_one_id(remote: RemoteKnowledge):
    for odd in ("a/b", "..", "a?b", "a#b", "%2F"):
        with pytest.raises(Exception, match=r"no concept|Not Found"):
            remote.concept(odd)


def test_a_service_is_asked_about_the_release_that_was_named(url: str, knowledge: Knowledge):
    for name in ("1", knowledge.digest):
        with RemoteKnowledge(url, release=name) as old:
            assert old.lineage("melanoma") == knowledge.lineage("melanoma")
            assert old.resolve("nevus") == knowledge.resolve("nevus")
    with RemoteKnowledge(url, release="none") as missing:
        for ask in (lambda: missing.label("melanoma"), lambda: missing.resolve("x"), missing.features):
            with pytest.raises(UnknownRelease, match="'none'"):
                ask()


def test_features_come_as_they_are_stated(remote: RemoteKnowledge, knowledge: Knowledge):
    assert remote.features() == dict(knowledge.features)
    assert remote.feature("scale") == knowledge.feature("scale")
    with pytest.raises(UnknownFeature, match="'none'"):
        remote.feature("none")


def test_releases_come_with_their_digest(remote: RemoteKnowledge, knowledge: Knowledge):
    (release,) = remote.releases()
    assert (release.id, release.digest) == ("1", knowledge.digest)
    assert remote.health()["digest"] == knowledge.digest


def test_a_service_that_is_not_there_is_unavailable():
    with RemoteKnowledge("http://127.0.0.1:1") as remote, pytest.raises(KnowledgeUnavailable, match="serve"):
        remote.health()
