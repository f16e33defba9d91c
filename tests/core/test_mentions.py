"""Names in running text: the automaton against a plain search, denial and doubt, and the rule of the reward."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core.concept import FeatureKind
from kg_service.core.fold import words
from kg_service.core.knowledge import Knowledge
from kg_service.core.mentions import MentionFinder, denied_before
from kg_service.core.reward import grounded_share

SIGNS = {
    "scale": ("scale", "scales", "scaly"),
    "crust": ("crust",),
    "ulcer": ("ulceration",),
    "itch": ("itching", "itchy"),
    "red": ("red",),
    "border": ("sharp border", "border"),
    "nail": ("absent nail",),
}
FINDER = MentionFinder(SIGNS)


def read(text: str) -> dict[str, str]:
    """Sign -> how it is said: "+", "-" denied, "?" in doubt."""
    return {m.id: "-" if m.negated else "?" if m.hedged else "+" for m in FINDER.find(text)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no scale or crust, but a red border", {"scale": "-", "crust": "-", "red": "+", "border": "+"}),
        ("no scale, crust or ulceration", {"scale": "-", "crust": "-", "ulcer": "-"}),
        ("without scale, and the border is red", {"scale": "-", "border": "+", "red": "+"}),
        ("not only scaly, but red", {"scale": "+", "red": "+"}),
        ("not scaly; red", {"scale": "-", "red": "+"}),
        ("not infrequently itchy", {"itch": "+"}),
        ("It is not, as a rule, itchy.", {"itch": "-"}),
        ("free from scale", {"scale": "-"}),
        ("neither scale nor crust", {"scale": "-", "crust": "-"}),
        ("the absence of scale, the red border", {"scale": "-", "red": "+", "border": "+"}),
        ("the absence of crust, and of ulceration", {"crust": "-", "ulcer": "-"}),
        ("Scale is absent. Itching is wanting.", {"scale": "-", "itch": "-"}),
        ("scale, crust and ulceration are never seen", {"scale": "-", "crust": "-", "ulcer": "-"}),
        ("The border is red, scale is not present", {"border": "+", "red": "+", "scale": "-"}),
        ("itching is usually absent", {"itch": "-"}),
        ("itching is never absent", {"itch": "+"}),
        ("an absent nail, and crust", {"nail": "+", "crust": "+"}),
        ("with or without itching", {"itch": "?"}),
        ("itching may or may not be present", {"itch": "?"}),
        ("itching may occur; scale", {"itch": "?", "scale": "+"}),
        ("perhaps crust, which is red", {"crust": "?", "red": "+"}),
        ("Is it scaly? It is red.", {"scale": "?", "red": "+"}),
        ("suggestive of ulceration", {"ulcer": "?"}),
        ("the presence or absence of scale", {"scale": "?"}),
        ("No. 3 is red", {"red": "+"}),
    ],
)
def test_denial_and_doubt_reach_as_far_as_a_reader_takes_them(text: str, said: dict[str, str]):
    assert read(text) == said


def plainly(labels: dict[str, tuple[str, ...]], text: list[str]) -> list[tuple[int, int, str]]:
    """Leftmost, then longest, by trying every form at every place."""
    forms: dict[tuple[str, ...], set[str]] = {}
    for id_, names in labels.items():
        for name in names:
            forms.setdefault(words(name), set()).add(id_)
    found, place = [], 0
    while place < len(text):
        fits = [f for f, ids in forms.items() if len(ids) == 1 and tuple(text[place : place + len(f)]) == f]
        if not fits:
            place += 1
            continue
        best = max(fits, key=len)
        found.append((place, place + len(best), *forms[best]))
        place += len(best)
    return found


LETTERS = st.sampled_from("abc")
PHRASE = st.lists(LETTERS, min_size=1, max_size=4).map(" ".join)


@given(
    st.dictionaries(st.sampled_from(["x", "y", "z", "u"]), st.lists(PHRASE, min_size=1, max_size=4).map(tuple)),
    st.lists(LETTERS, max_size=14),
)
def test_the_automaton_finds_what_trying_every_label_everywhere_finds(labels, text):
    spelt = " ".join(text)
    found = [(m.start // 2, m.end // 2 + 1, m.id) for m in MentionFinder(labels).find(spelt)]
    assert found == plainly(labels, text)


def test_the_reward_reads_denials_by_the_rule_it_was_published_with(knowledge: Knowledge):
    """A finer reading of the same reply would change what runs of the past have earned."""
    text = "There is no irregular border, but scale."
    [border, scale] = knowledge.feature_mentions(text)
    assert (border.negated, scale.negated) == (True, False)
    assert denied_before(text, border.start)
    assert denied_before(text, scale.start)
    assert knowledge.feature("scale").kind is FeatureKind.SURFACE
    assert grounded_share(text, "psoriasis", knowledge) == -1 / 2  # scale is read as denied; the border is not held


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Seborrhœa", "seborrhea"),
        ("Frambœsia", "frambesia"),
        ("hyperæmia", "hyperemia"),
    ],
)
def test_ligatures_and_spellings_of_old_books_fold_to_ours(old: str, new: str):
    assert words(old) == words(new)
