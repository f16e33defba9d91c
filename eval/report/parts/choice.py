"""Questions with options: by the rule of the wrong ones, level by level, and with the right one taken away."""

from __future__ import annotations

from kg_service.core.answer import LETTERS

from ...intervals import Interval
from ...metrics.choice import ChoiceRule, Withheld
from ...plots import dumbbells
from ...tables import Cell, Table
from ..part import Fold, Item, Part, View

_RULES = (
    "Wrong options: random, any other diagnosis of the dataset; sibling, of the same parent; ddx, what a clinician "
    "would weigh against it; path, above the gold in the hierarchy. Chance is what guessing gets."
)
_PLACES = "Without bias towards a place, right answers do not depend on where the gold stands."
_GONE = (
    '"cannot be determined" is the last option in both. Knowing that none fits is the difference between the first two '
    "columns: abstaining where the right option is gone, and not where it is there."
)
_OFFICIAL = (
    "The published scorer takes the first letter A to K anywhere in the reply. Ours reads the answer by its own rules. "
    "Unreadable: right options under a letter above K, which no reply can earn there."
)


def part(view: View) -> Part | None:
    ruled = view.each(lambda extras: extras.choice)
    gone = view.each(lambda extras: extras.withheld)
    stepped = view.each(lambda extras: extras.choice_levels)
    items: list[Item] = []
    if ruled:
        items += [_dots(view, ruled), _rules(view, ruled), Fold("By the place of the gold", (_places(view, ruled),))]
    if stepped:
        levels = sorted({one.level for found in stepped.values() for one in found})
        rows = tuple(
            (view.labels[name], *({one.level: one.accuracy for one in found}.get(level) for level in levels))
            for name, found in stepped.items()
        )
        columns = ("model", *(f"level {level}" for level in levels))
        items.append(Table("choice-levels", "One question a level: which of its concepts?", columns, rows))
    if gone:
        items.append(_gone(view, gone))
    if any(run.official for run in view.comparison.runs.values()):
        items.append(_official(view))
    return Part("choice", "Multiple choice", "Questions with options", tuple(items)) if items else None


def _dots(view: View, found: dict[str, tuple[ChoiceRule, ...]]) -> Item:
    rules = list(dict.fromkeys(one.rule for every in found.values() for one in every))
    rows: dict[str, dict[str, Interval]] = {f"{rule} options": {} for rule in rules}
    for name, every in found.items():
        if name in view.comparison.models:
            for one in every:
                rows[f"{one.rule} options"][view.labels[name]] = one.accuracy
    chances = {one.chance for every in found.values() for one in every}
    chance, note = (chances.pop(), "Dotted: guessing.") if len(chances) == 1 else (None, "")
    return dumbbells("choice", "Right options by the rule of the wrong ones", rows, axis="share right", chance=chance,
                     note=note)  # fmt: skip


def _rules(view: View, found: dict[str, tuple[ChoiceRule, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.rule, one.questions, one.chance, one.accuracy,
         ", ".join(f"{source} {count}" for source, count in one.wrong.items()))
        for name, every in found.items()
        for one in every
    ]  # fmt: skip
    columns = ("model", "wrong options", "questions", "chance", "right", "wrong answers by origin")
    return Table("choice", "Multiple choice", columns, tuple(rows), _RULES)


def _places(view: View, found: dict[str, tuple[ChoiceRule, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.rule, LETTERS[place.place], place.gold, place.chosen,
         place.accuracy)
        for name, every in found.items()
        for one in every
        for place in one.places
    ]  # fmt: skip
    columns = ("model", "wrong options", "place", "gold stands there", "chosen", "right where the gold stands there")
    return Table("choice-places", "By the place of the gold", columns, tuple(rows), _PLACES)


def _gone(view: View, found: dict[str, tuple[Withheld, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.rule, one.questions, one.abstained, one.control_abstained, one.control_accuracy)
        for name, every in found.items()
        for one in every
    ]
    columns = ("model", "wrong options", "questions", "abstains, right one gone", "abstains, right one there",
               "right, right one there")  # fmt: skip
    return Table("none-of-the-above", "When the right option is gone", columns, tuple(rows), _GONE)


def _official(view: View) -> Table:
    found = {name: run.official for name, run in view.comparison.runs.items() if run.official}
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one["items"], float(one["official_accuracy"]), float(one["fixed_accuracy"]),
         one["official_unparsed"], one["right_by_official_alone"], one["right_by_fixed_alone"],
         one["right_option_unreadable"])
        for name, one in found.items()
    ]  # fmt: skip
    columns = ("model", "items", "published scorer", "ours", "unparsed there", "right only there", "right only here",
               "unreadable there")  # fmt: skip
    return Table("official", "Beside the published scorer", columns, tuple(rows), _OFFICIAL)
