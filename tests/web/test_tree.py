"""Where in the tree a concept is shown, and what an item says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kg_service.core.concept import Concept, Condition
from kg_service.core.errors import UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.web.scene import Scene
from kg_service.web.tree import Branch, Tree, is_path, path_of, under_of

from ..mini import mini

KNOW = mini()
MELANOMA = ("neoplasm", "melanocytic-neoplasm", "melanoma")
BY_THE_OTHER = ("neoplasm", "malignant-neoplasm", "melanoma")


def tree(know: Knowledge, pending: dict[str, tuple[int, ...]] | None = None) -> Tree:
    def url(id_: str, **query: Any) -> str:
        return f"/n/{id_}" + (f"?under={query['under']}" if query.get("under") else "")

    return Tree(cast(Scene, SimpleNamespace(know=know, concept_url=url)), pending or {})


def paths(branch: Branch) -> list[str]:
    found: list[str] = []
    for item in branch.items:
        found.append(item.dom + ("*" if item.chosen else ""))
        if item.branch is not None:
            found += paths(item.branch)
    return found


@pytest.mark.parametrize(
    ("under", "path"),
    [
        ("", MELANOMA),
        ("malignant-neoplasm", BY_THE_OTHER),
        ("neoplasm/malignant-neoplasm", BY_THE_OTHER),
        ("neoplasm", MELANOMA),  # no parent of it
        ("nowhere", MELANOMA),
        ("malignant-neoplasm/neoplasm", MELANOMA),
        ("//", MELANOMA),
    ],
)
def test_a_concept_is_shown_where_it_was_reached_if_that_is_a_way(under: str, path: tuple[str, ...]):
    assert path_of(KNOW, "melanoma", under) == path


@pytest.mark.parametrize("path", [MELANOMA, BY_THE_OTHER, (*BY_THE_OTHER, "superficial-spreading-melanoma")])
def test_an_address_leads_back_to_the_place_it_was_made_of(path: tuple[str, ...]):
    assert is_path(KNOW, path)
    assert path_of(KNOW, path[-1], under_of(KNOW, path)) == path


def test_the_tree_is_opened_along_the_way_with_all_siblings_and_the_chosen_itself():
    opened = tree(KNOW).opened(BY_THE_OTHER)
    found = paths(opened)
    assert "t-neoplasm/malignant-neoplasm/melanoma*" in found
    assert "t-neoplasm/melanocytic-neoplasm" in found
    assert "t-neoplasm/melanocytic-neoplasm/melanoma" not in found
    assert "t-neoplasm/malignant-neoplasm/melanoma/superficial-spreading-melanoma" in found
    assert opened.focus == "t-neoplasm/malignant-neoplasm/melanoma"
    assert sum(each.endswith("*") for each in found) == 1


def test_with_nothing_chosen_the_first_item_is_where_tab_leads():
    opened = tree(KNOW).opened()
    assert opened.focus == opened.items[0].dom
    assert all(item.branch is None for item in opened.items)


def test_an_item_says_what_it_is():
    [item] = (i for i in tree(KNOW, {"melanoma": (3,)}).branch(MELANOMA[:-1]).items if i.path == MELANOMA)
    assert item.told.startswith("melanoma, malignant, ")
    assert item.told.endswith("in review")
    assert item.diseases == KNOW.taxonomy.count_leaves("melanoma") == len(KNOW.taxonomy.leaves("melanoma"))


def test_a_wide_branch_is_shown_in_parts_and_never_without_the_chosen():
    members = [Concept(f"m{n:03}", f"member {n:03}", ("top",), Condition.BENIGN) for n in range(430)]
    know = Knowledge([Concept("top", "top"), *members])
    first = tree(know).branch(("top",))
    assert (len(first.items), first.rest, first.next) == (200, 230, 200)
    assert (first.items[-1].place, first.items[-1].of) == (200, 430)
    last = tree(know).branch(("top",), 400)
    assert (last.items[0].path[-1], len(last.items), last.rest) == ("m400", 30, 0)
    opened = tree(know).opened(("top", "m300")).items[0].branch
    assert opened is not None
    assert (opened.items[-1].path[-1], opened.rest) == ("m300", 129)


@pytest.mark.parametrize("path", [("melanoma",), ("neoplasm", "melanoma"), ("nowhere",), ("",)])
def test_there_is_no_branch_at_what_is_no_path(path: tuple[str, ...]):
    with pytest.raises(UnknownConcept):
        tree(KNOW).branch(path)


def test_the_top_is_a_branch_like_any_other():
    whole, rest = tree(KNOW).branch(()), tree(KNOW).branch((), 1)
    assert [item.path for item in whole.items] == [(top,) for top in sorted(KNOW.taxonomy.tops, key=KNOW.label)]
    assert rest.items == whole.items[1:]
