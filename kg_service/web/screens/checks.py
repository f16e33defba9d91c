"""S11: what is worth a look, and the way to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.checks import FEWEST_DIFFERENTIALS, Check, Name, checks, unreviewed
from ..page import pages, render
from ..paging import Page
from ..scene import ReaderScene, Scene

router = pages()

# A longer list is folded to so many, unless that would hide no more than it shows.
_FOLDED = 6
_AT_ONCE = 100
_Branch = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Words:
    """A check for people: its name, why one should look, and what to say where nothing is found."""

    title: str
    why: str
    none: str


WORDS: Mapping[Name, Words] = {
    Name.FEW: Words(
        "Malignant or in situ, with few differentials",
        f"Diseases that must not be missed need at least {FEWEST_DIFFERENTIALS} others to be weighed against.",
        f"Each has at least {FEWEST_DIFFERENTIALS} differentials.",
    ),
    Name.MIXED: Words(
        "Groups whose members differ in condition",
        "A mixed group is fine where that is its nature. A member that stands alone in its condition may be misjudged, "
        "or in the wrong group.",
        "All members of each group agree.",
    ),
    Name.SHARED: Words(
        "Labels that may mean several diseases",
        "Images with such a label have no single diagnosis. Those that may be malignant or harmless come first.",
        "No label is shared.",
    ),
    Name.SOURCELESS: Words(
        "Differentials without a source",
        "Somebody should say which textbook or paper sets the two apart. A malignant disease against a harmless one "
        "comes first.",
        "Each differential names its source.",
    ),
    Name.ISOLATED: Words(
        "Diseases that nothing is compared with",
        "Without a differential, nobody learns what a disease is taken for.",
        "Each disease has a differential.",
    ),
    Name.FEATURELESS: Words(
        "Diseases without a feature",
        "Neither the disease nor a group above it names a feature.",
        "Each disease has a feature, of its own or from its group.",
    ),
    Name.LONELY: Words(
        "Groups with a single member",
        "Either a member is missing, or group and member are one.",
        "Each group has at least two members.",
    ),
    Name.LONE: Words(
        "Labels called ambiguous with one meaning here",
        "If the other meaning lies outside this knowledge, that is right. Otherwise make it a synonym.",
        "Each ambiguous label has several meanings.",
    ),
    Name.UNDEFINED: Words(
        "Without a definition",
        "One or two sentences tell readers what is meant.",
        "Each disease, group and feature is defined.",
    ),
    Name.UNUSED: Words(
        "Features that nothing uses",
        "No disease has them and no differential names them.",
        "Each feature is used.",
    ),
}


@router.get("/checks")
def all_checks(scene: ReaderScene, branch: _Branch = "") -> Response:
    """Every check with the first of what it found."""
    found = [_within(scene, check, branch) for check in checks(scene.know)]
    return render(
        scene,
        "checks.html",
        checks=found,
        words=WORDS,
        shares=unreviewed(scene.know),
        branch=branch,
        most=_FOLDED,
    )


@router.get("/checks/{name}")
def one_check(
    scene: ReaderScene, name: Name, branch: _Branch = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    """All that one check found, a hundred at a time."""
    found = next(_within(scene, check, branch) for check in checks(scene.know) if check.name is name)
    return render(
        scene,
        "check.html",
        check=found,
        words=WORDS[name],
        shown=Page.of(found.findings, page, _AT_ONCE),
        branch=branch,
    )


def _within(scene: Scene, check: Check, branch: str) -> Check:
    """
    Raises:
        UnknownConcept: the branch is none.
    """
    return check.within({branch, *scene.know.descendants(branch)}) if branch else check
