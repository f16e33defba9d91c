"""How sentences call concepts and features: by their ids, as scripts want it, or by their names, as people do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .content import Content
from .knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Naming:
    """What to say for an id."""

    concept: Callable[[str], str] = str
    feature: Callable[[str], str] = str

    @classmethod
    def by_labels(cls, *states: Knowledge | Content) -> Naming:
        """Preferred labels in quotation marks, as the first state that knows an id has it; the id where none does."""

        def concept(id_: str) -> str:
            for know in states:
                if found := know.concepts.get(id_) or know.retired.get(id_):
                    return f"'{found.pref_label}'"
            return f"'{id_}'"

        def feature(id_: str) -> str:
            found = next((know.features[id_] for know in states if id_ in know.features), None)
            return f"'{found.pref_label if found else id_}'"

        return cls(concept, feature)


IDS = Naming()
