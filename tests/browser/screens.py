"""Every screen of the desk: its address in the story, and who looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg_service.editorial.actor import Role

from .story import Story

ROLES: dict[str, Role] = {"ana": "editor", "bob": "reviewer", "carla": "admin", "rita": "reader", "": "reader"}


@dataclass(frozen=True)
class Screen:
    """
    Args:
        address: with places of the story in braces: `{declined}`, `{open[move]}`.
        who: a name out of ROLES; empty for a passer-by.
        ours: whether its markup is ours; /docs is Swagger's.
        ready: what is there once the screen is.
    """

    name: str
    address: str
    who: str = "ana"
    status: int = 200
    ours: bool = True
    ready: str = "main h1"

    def url(self, story: Story) -> str:
        return self.address.format(**vars(story))


def _all() -> Iterator[Screen]:
    yield Screen("browse-visitor", "/", "")
    yield Screen("browse", "/")
    yield Screen("disease", "/n/superficial-basal-cell-carcinoma", "")
    yield Screen("disease-with-images", "/n/basal-cell-carcinoma")
    yield Screen("group", "/n/neoplasm", "rita")
    yield Screen("pending", "/n/bowenoid-actinic-keratosis")
    yield Screen("as-proposed", "/n/arsenical-keratosis?release=proposal-{open[merge]}", "bob")
    yield Screen("retired", "/n/vulvar-seborrheic-keratosis", status=410)
    yield Screen("unknown", "/n/no-such-disease", status=404)
    yield Screen("search", "/search?q=bowen", "")
    yield Screen("search-nothing", "/search?q=zzzzzz", "")
    yield Screen("edit", "/n/bowen-disease/edit")
    yield Screen("new", "/new?under=bowen-disease")
    for how in ("move", "merge", "split", "retire"):
        yield Screen(how, f"/n/bowen-disease/{how}")
    yield Screen("compare-pick", "/compare", "")
    yield Screen("compare", "/compare/basal-cell-carcinoma/seborrheic-keratosis", "")
    yield Screen("compare-unlisted", "/compare/poroma/hidradenoma")
    yield Screen("trajectories", "/compare/basal-cell-carcinoma/seborrheic-keratosis/trajectories", "rita")
    yield Screen("differential", "/ddx/basal-cell-carcinoma/seborrheic-keratosis/edit")
    yield Screen("features", "/features", "")
    yield Screen("feature", "/f/arborizing-vessels", "")
    yield Screen("feature-edit", "/f/arborizing-vessels/edit")
    yield Screen("feature-new", "/f/new")
    yield Screen("reward", "/reward", "rita")
    yield Screen("review-mine", "/review")
    for tab in ("open", "ready"):
        yield Screen(f"review-{tab}", f"/review?tab={tab}", "bob")
    for kind in ("synonym", "move", "differential", "new", "merge", "condition", "revert"):
        yield Screen(f"proposal-{kind}", f"/proposals/{{open[{kind}]}}", "bob")
    yield Screen("proposal-own", "/proposals/{open[move]}")
    yield Screen("proposal-declined", "/proposals/{declined}")
    yield Screen("proposal-accepted", "/proposals/{accepted}", "rita")
    yield Screen("history", "/history")
    yield Screen("history-of-one", "/history?concept=bowen-disease")
    yield Screen("change", "/changes/{change}", "bob")
    yield Screen("releases", "/releases", "")
    yield Screen("release", "/releases/{release}", "")
    yield Screen("release-first", "/releases/1", "")
    yield Screen("release-draft", "/releases/draft", "bob")
    yield Screen("inbox", "/inbox")
    yield Screen("inbox-decided", "/inbox?state=decided")
    yield Screen("import", "/import")
    yield Screen("checks", "/checks")
    yield Screen("sign-in", "/sign-in", "")
    yield Screen("first", "{invitation}", "")
    yield Screen("first-over", "/first?code=none", "", status=410)
    yield Screen("account", "/account")
    yield Screen("people", "/people", "carla")
    yield Screen("help", "/help", "")
    yield Screen("docs", "/docs", "", ours=False, ready=".swagger-ui .opblock-tag")


SCREENS = tuple(_all())
