"""A release's identity: equal content has equal bytes, other bytes are refused."""

from __future__ import annotations

import random

import pytest

from kg_service.core.errors import DigestMismatch, KnowledgeInvalid
from kg_service.core.release import compile_snapshot, digest_of, load_snapshot, snapshot_of

from ..mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES, mini


def test_the_digest_does_not_depend_on_the_order_of_statements():
    columns = [list(CONCEPTS), list(FEATURES), list(DIFFERENTIALS), list(CROSSWALK)]
    reference = compile_snapshot(*columns)
    for seed in range(5):
        for column in columns:
            random.Random(seed).shuffle(column)
        assert compile_snapshot(*columns) == reference


def test_a_snapshot_gives_the_same_knowledge_back():
    knowledge = mini()
    payload = snapshot_of(knowledge)
    again = load_snapshot(payload, release="1", expect=knowledge.digest)
    assert snapshot_of(again) == payload
    assert (again.release, again.digest) == ("1", digest_of(payload))
    assert again.profile("nodular-melanoma") == knowledge.profile("nodular-melanoma")


def test_any_edit_changes_the_digest():
    assert digest_of(compile_snapshot(CONCEPTS, FEATURES, DIFFERENTIALS[:1], CROSSWALK)) != mini().digest


def test_other_bytes_than_asked_for_are_refused_with_both_digests():
    payload = snapshot_of(mini())
    with pytest.raises(DigestMismatch, match=mini().digest):
        load_snapshot(payload.replace(b"melanoma", b"melanomb"), expect=mini().digest)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"format":"other/9"}', snapshot_of(mini())[:-40]])
def test_bytes_that_are_no_snapshot_say_so(payload):
    with pytest.raises(KnowledgeInvalid, match="snapshot"):
        load_snapshot(payload)
