"""Two diseases weighed against each other: by the image, or by their names and places?"""

from __future__ import annotations

from ...metrics.pairs import GROUP_CHANCE, PAIR_CHANCE, Pairs
from ...plots import dumbbells
from ...prediction import Look
from ...tables import Cell, Table
from ..part import Fold, Item, Part, View

_NOTE = (
    f"Pair score: right in both orders, {PAIR_CHANCE} for a coin. Group score: right in both orders on an image of "
    f"each disease, {GROUP_CHANCE} for a coin, and 0 for whoever does not look. Same in both orders: of the images "
    "where an option was named both times."
)


def part(view: View) -> Part | None:
    found = view.each(lambda extras: extras.pairs)
    if not found:
        return None
    items: list[Item] = [_dots(view, found), _table(view, found)]
    if view.last in found:
        items.append(
            Fold(f"Every pair of {view.labels[view.last]}, hardest first", (_hardest(view, found[view.last]),))
        )
    return Part("pairs", "Differential diagnosis", "Two diseases weighed against each other", tuple(items))


def _kind(one: Pairs) -> str:
    look = "" if one.look == Look.REAL else ", text alone" if one.look == Look.NONE else f", {one.look} image"
    return f"{one.rule}{look}{'' if one.wording == 'diagnose' else f', {one.wording}'}"


def _dots(view: View, found: dict[str, tuple[Pairs, ...]]) -> Item:
    rows = {
        f"{view.labels[name]}: {_kind(one)}": {
            "pair score": one.pair_score, "group score": one.group_score, "same in both orders": one.consistency
        }
        for name, every in found.items()
        if name in view.comparison.models[-3:]
        for one in sorted(every, key=lambda p: (p.rule, p.wording, list(Look).index(Look(p.look))))
        if one.look in (Look.REAL, Look.NONE)
    }  # fmt: skip
    note = "Dotted: the pair score of a coin. Real images, and text alone where it was asked."
    return dumbbells("pairs", "Pair score, group score and order", rows, axis="share", chance=PAIR_CHANCE, note=note)


def _table(view: View, found: dict[str, tuple[Pairs, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.rule, one.look, one.wording, one.images, one.groups, one.accuracy, one.pair_score,
         one.group_score, one.consistency, one.first)
        for name, every in found.items()
        for one in every
    ]  # fmt: skip
    rows.append(("a coin", "", "", "", None, None, 0.5, PAIR_CHANCE, GROUP_CHANCE, 0.5, 0.5))
    columns = ("model", "pairs", "image", "prompt", "images asked", "groups", "right", "pair score", "group score",
               "same in both orders", "first option taken")  # fmt: skip
    return Table("pairs", "Pairs of diseases", columns, tuple(rows), _NOTE)


def _hardest(view: View, found: tuple[Pairs, ...]) -> Table:
    real = [
        (one.rule, pair) for one in found if one.look == Look.REAL and one.wording == "diagnose" for pair in one.pairs
    ]
    rows = tuple(
        (rule, view.concept(pair.a), view.concept(pair.b), pair.images, pair.pair_score)
        for rule, pair in sorted(real, key=lambda row: (row[1].pair_score.value, row[1].a, row[1].b))
    )
    return Table("hardest-pairs", "Pairs, hardest first", ("pairs", "one", "other", "images", "pair score"), rows)
