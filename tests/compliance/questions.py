"""Every question that the core answers, in a form that a knowledge in memory and a service take alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from kg_service.client.remote import RemoteKnowledge, RemoteScore
from kg_service.core.concept import Feature
from kg_service.core.errors import SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolution
from kg_service.core.reward import SPECS, score_column, score_labels

from ..mini import reply

GOLDEN = json.loads((Path(__file__).parents[1] / "parity" / "golden.json").read_text())
TEXTS = (
    *("melanoma", "Melanomas", "MM", "no melanoma", "melanoma?", "", "zz", "nv", "NV", "6-benign-other", "BCC", "SSM"),
    *("basal cell carcinoma (BCC)", "reed or spitz nevus", "Bowen disease", "naevus", "tumours", "mole", "\x00", "é"),
    *("melanoma / nevus", "blue nevus or psoriasis", "Basal-Cell-Carcinoma", "neoplasm: melanoma", "x" * 300),
)
QUERIES = ("mel", "carcinoma", "tumor", "Ta", "nevus blue", "&=?#", "%", " ", "melanomma", "psoriasis vulgaris")
DATASETS = (None, "ham10000", "HAM10000", "midas", "derm7pt", "unheard of")


class Asked(Protocol):
    """What is asked: the surface that the compliance suite needs of a back-end."""

    def stated(self, id_: str) -> tuple[Any, ...]: ...
    def label(self, id_: str) -> str: ...
    def level(self, id_: str) -> int: ...
    def condition(self, id_: str) -> Any: ...
    def profile(self, id_: str) -> Mapping[str, Any]: ...
    def ancestors(self, id_: str) -> tuple[str, ...]: ...
    def descendants(self, id_: str) -> tuple[str, ...]: ...
    def lineage(self, id_: str) -> tuple[str, ...]: ...
    def children(self, id_: str) -> tuple[str, ...]: ...
    def neighbours(self, id_: str) -> tuple[Any, ...]: ...
    def distractors(self, id_: str) -> tuple[Any, tuple[str, ...]]: ...
    def meets(self, a: Sequence[str], b: Sequence[str]) -> list[tuple[tuple[str, ...], int]]: ...
    def resolve_many(self, texts: Sequence[str], *, dataset: str | None = None) -> list[Resolution]: ...
    def search(self, query: str, limit: int = 20) -> list[tuple[str, str]]: ...
    def suggest(self, text: str, limit: int = 5) -> list[tuple[str, str, float]]: ...
    def features(self) -> dict[str, Feature]: ...
    def feature(self, id_: str) -> Feature: ...
    def score(
        self, replies: Sequence[str], golds: Sequence[str], spec: str, *, options: Any = None
    ) -> list[RemoteScore]: ...
    def score_labels(self, labels: Sequence[str], golds: Sequence[str], spec: str) -> list[float]: ...


class Here:
    """A knowledge in memory."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._know = knowledge

    def __getattr__(self, name: str) -> Any:
        return getattr(self._know, name)

    def stated(self, id_: str) -> tuple[Any, ...]:
        c = self._know.concept(id_)
        names = (c.pref_label, c.alt_labels, c.ambiguous_labels)
        return c.id, *names, c.parents, c.definition, c.exact_match, c.close_match, c.source, c.review_status

    def profile(self, id_: str) -> Mapping[str, Any]:
        return dict(self._know.profile(self._know.concept(id_).id))

    def neighbours(self, id_: str) -> tuple[Any, ...]:
        return self._know.ddx.neighbours(id_)

    def distractors(self, id_: str) -> tuple[Any, tuple[str, ...]]:
        return self._know.ddx.distractors(id_)

    def meets(self, a: Sequence[str], b: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
        return [(self._know.meet(x, y), self._know.meet_level(x, y)) for x, y in zip(a, b, strict=True)]

    def resolve_many(self, texts: Sequence[str], *, dataset: str | None = None) -> list[Resolution]:
        return [self._know.resolve(text, dataset=dataset) for text in texts]

    def features(self) -> dict[str, Feature]:
        return dict(self._know.features)

    def score(
        self, replies: Sequence[str], golds: Sequence[str], spec: str, *, options: Any = None
    ) -> list[RemoteScore]:
        rows = score_column(replies, golds, self._know, SPECS[spec], options=options)
        return [RemoteScore(*(getattr(row, field.name) for field in fields(RemoteScore))) for row in rows]

    def score_labels(self, labels: Sequence[str], golds: Sequence[str], spec: str) -> list[float]:
        return score_labels(labels, golds, self._know, SPECS[spec]).tolist()


class There(RemoteKnowledge):
    """A release of a running service."""

    def stated(self, id_: str) -> tuple[Any, ...]:
        c = self.concept(id_)
        lists = {name: tuple(value) for name, value in c.items() if isinstance(value, list) and name != "features"}
        names = (c["prefLabel"], lists["altLabels"], lists["ambiguousLabels"])
        matches = (lists["exactMatch"], lists["closeMatch"])
        return c["id"], *names, lists["parents"], c["definition"], *matches, c["source"], c["reviewStatus"]


def _of_each(*questions: str) -> Callable[[Asked, list[str]], object]:
    return lambda asked, ids: [(id_, [getattr(asked, question)(id_) for question in questions]) for id_ in ids]


def _meets(asked: Asked, ids: list[str]) -> object:
    return asked.meets([a for a in ids for _ in ids], [b for _ in ids for b in ids])


def _scores(asked: Asked, ids: list[str]) -> object:
    """The golden replies, and every label against every gold, by every spec; as free text and as multiple choice."""
    replies = [reply(row["diagnosis"], row["condition"], "irregular border, no scale") for row in GOLDEN]
    golds = [row["gold"] for row in GOLDEN]
    choices = [[gold.replace("-", " "), "melanoma of the eye"] for gold in golds]
    names = [asked.label(id_) for id_ in ids]
    pairs = [(name, gold) for name in names for gold in ids]
    return [
        (
            _or_code(partial(asked.score, replies, golds, spec)),
            _or_code(partial(asked.score, ["B.", *replies[1:]], golds, spec, options=choices)),
            _or_code(partial(asked.score_labels, [name for name, _ in pairs], [gold for _, gold in pairs], spec)),
        )
        for spec in SPECS
    ]


def _refusals(asked: Asked, ids: list[str]) -> object:
    """The class of what is raised for what is not there."""
    attempts: dict[str, Callable[[], object]] = {
        "label": lambda: asked.label("none"),
        "ancestors": lambda: asked.ancestors("none"),
        "descendants": lambda: asked.descendants("none"),
        "lineage": lambda: asked.lineage("none"),
        "children": lambda: asked.children("none"),
        "neighbours": lambda: asked.neighbours("none"),
        "distractors": lambda: asked.distractors("none"),
        "meets": lambda: asked.meets([ids[0]], ["none"]),
        "feature": lambda: asked.feature("none"),
        "gold": lambda: asked.score(["x"], ["none"], "paper"),
        "options": lambda: asked.score(["x"], [ids[0]], "paper", options=[["a", "a"]]),
        "columns": lambda: asked.score(["x"], [], "paper"),
    }
    return {name: _or_code(attempt) for name, attempt in attempts.items()}


def _or_code(attempt: Callable[[], object]) -> object:
    try:
        return attempt()
    except SkinR1Error as error:
        return error.code


QUESTIONS: dict[str, Callable[[Asked, list[str]], object]] = {
    "concept": _of_each("stated", "label", "level", "condition", "profile"),
    "place": _of_each("ancestors", "descendants", "lineage", "children"),
    "ddx": _of_each("neighbours", "distractors"),
    "meet": _meets,
    "resolve": lambda asked, _ids: [asked.resolve_many(TEXTS, dataset=dataset) for dataset in DATASETS],
    "resolve ids and names": lambda asked, ids: asked.resolve_many([*ids, *map(asked.label, ids)]),
    "search": lambda asked, _ids: [asked.search(query, 7) for query in QUERIES],
    "suggest": lambda asked, _ids: [asked.suggest(query, 7) for query in QUERIES],
    "features": lambda asked, _ids: (asked.features(), [asked.feature(id_) for id_ in asked.features()]),
    "score": _scores,
    "what is not there": _refusals,
}
