"""What one trusted person may do without a second one, and what only looks like it."""

from __future__ import annotations

import pytest

from kg_service.core.change import Change, Describe, PutConcept, PutCrosswalk, Rename, Retire, SetLabels
from kg_service.core.concept import Concept, Condition, CrosswalkEntry
from kg_service.core.errors import EditConflict, Forbidden
from kg_service.editorial.actor import Actor

from .conftest import ANA, BOB, EVA, NOW, Office

SYNONYM = SetLabels("blue-nevus", ("naevus caeruleus",))


@pytest.mark.parametrize(
    "change",
    [
        SetLabels("blue-nevus", ("carcinoma, basal cell",)),
        SetLabels("blue-nevus", (), ("BasalCellCarcinoma",)),
        SetLabels("blue-nevus", ("melanoma NOS",)),
        SetLabels("melanoma", ("malignant melanoma", "no melanoma"), (), ("MM",)),
        SetLabels("melanoma", ("malignant melanoma", "melanoma?"), (), ("MM",)),
        Rename("melanoma", "melanoma?"),
        SetLabels("blue-nevus", ("melanoma / psoriasis",)),
        Describe("blue-nevus", " ", (), (), "", "unreviewed"),
    ],
    ids=str,
)
def test_a_name_that_means_something_already_takes_two_people(office: Office, change: Change):
    assert office.propose(change, who=EVA).state == "in-review"
    with pytest.raises(Forbidden, match="own structural change"):
        office.accept(office.propose(change, who=BOB).number, who=BOB)


def test_a_name_that_a_dataset_or_a_retired_id_gives_to_another_takes_two_people(office: Office):
    office.edit(PutCrosswalk(CrosswalkEntry("clinic", "Dark  Spot", ("melanoma",))))
    office.edit(Retire("multiple-myeloma"))
    for label in ("dark spot", "multiple myeloma"):
        assert office.propose(SetLabels("blue-nevus", (label,)), who=EVA).state == "in-review"
    assert office.propose(SetLabels("melanoma", ("malignant melanoma", "dark spot"), (), ("MM",)), who=EVA).change


def test_the_order_of_shared_names_makes_no_change_structural(office: Office):
    concept = Concept("x-nevus", "x nevus", ("melanocytic-neoplasm",), Condition.BENIGN, ambiguous_labels=("a1", "b1"))
    office.edit(PutConcept(concept))
    assert office.propose(SetLabels("x-nevus", ("y nevus",), (), ("b1", "a1")), who=EVA).change


def test_a_name_that_was_free_when_proposed_is_looked_at_again(office: Office):
    mine = office.propose(SetLabels("blue-nevus", ("spot, dark",)), who=Actor(BOB.name, "editor"))
    office.edit(SetLabels("psoriasis", ("dark spot",)))
    with pytest.raises(EditConflict, match="another reviewer"):
        office.accept(mine.number, who=BOB)


def test_one_takes_back_alone_only_what_one_made_alone(office: Office):
    alone = office.propose(SYNONYM, who=EVA)
    assert office.desk.revert(BOB, alone.change, message="", now=NOW).state == "in-review"
    assert office.desk.revert(EVA, alone.change, message="", now=NOW).state == "accepted"
    together = office.edit(SYNONYM)
    assert office.desk.revert(EVA, together.change, message="", now=NOW).state == "in-review"
    trusted_now = Actor(ANA.name, "editor", trusted=True)
    assert office.desk.revert(trusted_now, together.change, message="", now=NOW).state == "in-review"
