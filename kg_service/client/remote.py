"""The questions of `core.knowledge.Knowledge`, asked over REST. For a few questions; for many, pull the release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from ..core.answer import Dialect
from ..core.concept import Condition, Feature, FeatureKind, Polarity, Strength
from ..core.ddx import Contrast, Neighbour, Via
from ..core.labels import Ambiguous, How, Reason, Resolution, Resolved, Unresolved
from ..wire import ReleaseInfo
from .http import Connection


@dataclass(frozen=True, slots=True)
class RemoteScore:
    """What one reply earned, as the service computed it: the same floats as `core.reward.score`."""

    format: float
    granularity: float
    condition: float
    grounding: float
    total: float
    predicted: str | None
    malformed: str | None
    condition_scored: bool
    abstained: bool


class RemoteKnowledge:
    """A running service. Raises the same classes as the knowledge in memory, and KnowledgeUnavailable.

    Args:
        url: the service's address, without `/v1`.
        token: a bearer token, where the service asks for one.
        release: what to ask about, for all questions: a release's id or digest, `draft`, or `proposal-N`; by default
            whatever release is the newest when a question is asked.
    """

    def __init__(self, url: str, *, token: str = "", release: str = "", timeout: float = 30.0) -> None:
        self._http = Connection(url, token=token, timeout=timeout)
        self._of = {"release": release} if release else {}

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> RemoteKnowledge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- releases ------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        return self._http.get("/health").json()

    def releases(self) -> list[ReleaseInfo]:
        """The newest first."""
        return [ReleaseInfo.model_validate(row) for row in self._http.get("/releases").json()["items"]]

    # -- concepts ------------------------------------------------------------------------------------------------

    def concept(self, id_: str) -> dict[str, Any]:
        """The concept as the API shows it."""
        return self._get(_at(id_))

    def label(self, id_: str) -> str:
        return self.concept(id_)["prefLabel"]

    def level(self, id_: str) -> int:
        return self.concept(id_)["level"]

    def condition(self, id_: str) -> Condition | None:
        word = self.concept(id_)["condition"]
        return None if word is None else Condition(word)

    def profile(self, id_: str) -> dict[str, Polarity]:
        return {row["feature"]: Polarity(row["polarity"]) for row in self.concept(id_)["features"]}

    def ancestors(self, id_: str) -> tuple[str, ...]:
        return self._ids(id_, "ancestors")

    def descendants(self, id_: str) -> tuple[str, ...]:
        return self._ids(id_, "descendants")

    def lineage(self, id_: str) -> tuple[str, ...]:
        return self._ids(id_, "lineage")

    def children(self, id_: str) -> tuple[str, ...]:
        return self._ids(id_, "children")

    def _ids(self, id_: str, what: str) -> tuple[str, ...]:
        return tuple(item["id"] for item in self._get(f"{_at(id_)}/{what}")["items"])

    def neighbours(self, id_: str) -> tuple[Neighbour, ...]:
        return tuple(_neighbour(row) for row in self._get(f"{_at(id_)}/ddx")["items"])

    def distractors(self, id_: str) -> tuple[Via, tuple[str, ...]]:
        found = self._get(f"{_at(id_)}/distractors")
        return Via(found["via"]), tuple(row["concept"] for row in found["items"])

    def meets(self, a: Sequence[str], b: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
        """The deepest common ancestors of many pairs, and their level."""
        found = self._post("/meet", {"a": list(a), "b": list(b)})
        return [(tuple(ids), level) for ids, level in zip(found["meet"], found["level"], strict=True)]

    def meet(self, a: str, b: str) -> tuple[str, ...]:
        return self.meets([a], [b])[0][0]

    def meet_level(self, a: str, b: str) -> int:
        return self.meets([a], [b])[0][1]

    # -- features ------------------------------------------------------------------------------------------------

    def feature(self, id_: str) -> Feature:
        return _feature(self._get(f"/features/{quote(id_, safe='')}"))

    def features(self) -> dict[str, Feature]:
        """All features by id."""
        return {row["id"]: _feature(row) for row in self._get("/features")["items"]}

    # -- text ----------------------------------------------------------------------------------------------------

    def resolve(self, text: str, *, dataset: str | None = None) -> Resolution:
        return self.resolve_many([text], dataset=dataset)[0]

    def resolve_many(self, texts: Sequence[str], *, dataset: str | None = None) -> list[Resolution]:
        found = self._post("/resolve", {"labels": list(texts), "dataset": dataset})
        return [_resolution(row) for row in found["results"]]

    def search(self, query: str, limit: int = 20) -> list[tuple[str, str]]:
        found = self._get("/search", q=query, limit=limit)
        return [(row["id"], row["matched"]) for row in found["items"]]

    def suggest(self, text: str, limit: int = 5) -> list[tuple[str, str, float]]:
        found = self._get("/suggest", q=text, limit=limit)
        return [(row["id"], row["matched"], row["similarity"]) for row in found["items"]]

    # -- reward --------------------------------------------------------------------------------------------------

    def score(
        self,
        replies: Sequence[str],
        golds: Sequence[str],
        spec: str = "paper",
        *,
        options: Sequence[Sequence[str] | None] | None = None,
        conditions: Sequence[Condition | None] | None = None,
        dialect: Dialect = "skin-r1",
    ) -> list[RemoteScore]:
        """`core.reward.score_column` by the name of the spec."""
        body = {
            "replies": list(replies),
            "golds": list(golds),
            "spec": spec,
            "options": None if options is None else [None if row is None else list(row) for row in options],
            "conditions": None if conditions is None else list(conditions),
            "dialect": dialect,
        }
        found = self._post("/score", body)
        names = RemoteScore.__slots__
        return [RemoteScore(*row) for row in zip(*(found[name] for name in names), strict=True)]

    def score_labels(self, labels: Sequence[str], golds: Sequence[str], spec: str = "paper") -> list[float]:
        """`core.reward.score_labels`: the granularity term alone."""
        return self._post("/score", {"labels": list(labels), "golds": list(golds), "spec": spec})["granularity"]

    # -- asking --------------------------------------------------------------------------------------------------

    def _get(self, path: str, **query: str | int) -> dict[str, Any]:
        return self._http.get(path, **query, **self._of).json()

    def _post(self, path: str, body: object) -> dict[str, Any]:
        return self._http.post(path, body, **self._of).json()


def _at(id_: str) -> str:
    return f"/concepts/{quote(id_, safe='')}"


def _resolution(row: dict[str, Any]) -> Resolution:
    how = None if row["how"] is None else How(row["how"])
    if row["status"] == "resolved" and how is not None:
        return Resolved(row["concepts"][0], how, row["matched"])
    if row["status"] == "ambiguous" and how is not None:
        return Ambiguous(tuple(row["concepts"]), how, row["matched"])
    return Unresolved(cast(Reason, row["reason"]), how, row["matched"] or "")


def _feature(row: dict[str, Any]) -> Feature:
    return Feature(
        row["id"],
        row["prefLabel"],
        FeatureKind(row["kind"]),
        tuple(row["altLabels"]),
        row["definition"],
        tuple(row["closeMatch"]),
        row["source"],
        row["reviewStatus"],
    )


def _neighbour(row: dict[str, Any]) -> Neighbour:
    contrasts = tuple(Contrast(f["feature"], Polarity(f["here"]), Polarity(f["there"])) for f in row["features"])
    return Neighbour(row["concept"], Strength(row["strength"]), contrasts, row["source"], row["reviewStatus"])
