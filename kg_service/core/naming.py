"""How sentences call concepts and features: by their ids, as scripts want it, or by their names, as people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .content import Content
from .knowledge import Knowledge


def concept_name(id_: str, *states: Knowledge | Content) -> str:
    """The preferred label as the first state that knows an id has it, the id where none does."""
    found = next((c for know in states if (c := know.concepts.get(id_) or know.retired.get(id_))), None)
    return found.pref_label if found else id_


def feature_name(id_: str, *states: Knowledge | Content) -> str:
    """As `concept_name`."""
    found = next((know.features[id_] for know in states if id_ in know.features), None)
    return found.pref_label if found else id_


@dataclass(frozen=True, slots=True)
class Naming:
    """What to say for an id."""

    concept: Callable[[str], str] = str
    feature: Callable[[str], str] = str

    @classmethod
    def by_labels(cls, *states: Knowledge | Content) -> Naming:
        """Preferred labels in quotation marks, as the first state that knows an id has it; the id where none does."""

        return cls(lambda id_: f"'{concept_name(id_, *states)}'", lambda id_: f"'{feature_name(id_, *states)}'")


IDS = Naming()
