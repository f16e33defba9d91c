"""The sentences of the offline writer, as data.

Slots: {F} a list of features, {f} one feature, {D} the distractor, {G} the gold, {A} and {B} ancestors (A above B),
{K} the condition, {Q} a quotation, {S} body site, {Y} age in years, {X} sex; [is|are] follows the number of the
feature. A phrase about the picture names a
feature before any word of negation that is not meant for it: "no", "not" and "without" reach to the end of a sentence.
"""

from __future__ import annotations

import re

SEEN = (
    "The image shows {F}.",
    "The lesion shows {F}.",
    "What stands out [is|are] {F}.",
    "On inspection there [is|are] {F}.",
    "Visible signs: {F}.",
    "There [is|are] {F}.",
    "The picture is marked by {F}.",
    "{F} can be seen.",
    "One sees {F}.",
    "Leading: {F}.",
    "{F} [catches|catch] the eye.",
    "Looking closely, {F} [is|are] present.",
    "The eye falls on {F}.",
    "Present here: {F}.",
    "The surface and its colors show {F}.",
    "I see {F}.",
)
ALSO = (
    "There [is|are] also {f}.",
    "In addition, {f}.",
    "{f} [is|are] present as well.",
    "Added to this [is|are] {f}.",
    "Beside this, {f} can be made out.",
    "{f} [completes|complete] the picture.",
    "Furthermore one finds {f}.",
)
MISSING = (
    "There [is|are] no {f}.",
    "No {f} [is|are] seen.",
    "The lesion is without {f}.",
    "No sign of {f}.",
    "I see no {f}.",
)
ABOUT = (
    "The lesion sits at the {S} of a patient, {X}, {Y} years old.",
    "Site {S}, sex {X}, age {Y}.",
    "Patient: {X}, {Y} years, {S}.",
    "At {Y} years, {X}, a lesion of the {S}.",
    "A lesion of the {S}, in a patient of {Y} years ({X}).",
    "Known from the record: {S}, {X}, {Y} years.",
)
ABOUT_SITE = ("The lesion sits at the {S}.", "Site: {S}.", "A lesion of the {S}.", "Known from the record: {S}.")
ABOUT_PERSON = ("The patient is {Y} years old ({X}).", "Patient: {X}, {Y} years.", "Sex {X}, age {Y}.")
PLACE_TWO = (
    "This places it within {A}, more closely {B}.",
    "The frame is {A}, and inside it {B}.",
    "Going down the tree: {A}, then {B}.",
    "First step {A}, second step {B}.",
    "Such a lesion belongs to {A}; within that to {B}.",
    "Broadly this is {A}, more exactly {B}.",
    "It falls under {A} and there under {B}.",
    "From {A} the path leads to {B}.",
    "As a class: {A}, narrowed to {B}.",
)
PLACE_ONE = (
    "This places it within {A}.",
    "The frame is {A}.",
    "The class is {A}.",
    "Such a lesion belongs to {A}.",
    "Broadly this is {A}.",
    "It falls under {A}.",
)
QUOTE = ("The textbook says: “{Q}”.", "As the textbook has it: “{Q}”.", "In the book: “{Q}”.", "Textbook: “{Q}”.")
FIRST_KEEP = (
    "First impression: {G}.",
    "My first thought is {G}.",
    "This suggests {G}.",
    "{G} is the leading thought.",
    "At first glance this is {G}.",
)
AGAINST = (
    "{D} was weighed, but {f} [speaks|speak] against it.",
    "{f} [argues|argue] against {D}.",
    "{f} [is|are] foreign to {D}.",
    "With {f}, {D} is unlikely.",
    "{D} is unlikely given {f}.",
    "{D} comes to mind, though {f} [speaks|speak] against it.",
    "{f} [is|are] left unexplained by {D}.",
    "Considering {D}, one stumbles over {f}, which [is|are] against it.",
    "{f} [counts|count] against {D}.",
    "{D} would leave {f} unexplained.",
)
AGAINST_MISSING = (
    "Without {f}, {D} is unlikely.",
    "{D} is unlikely, since there [is|are] no {f}.",
    "No {f}, which {D} would show.",
    "There [is|are] no {f}, and that counts against {D}.",
    "{D} would show more: there [is|are] no {f}.",
    "The absence of {f} argues against {D}.",
    "No {f} [is|are] seen, which speaks against {D}.",
)
FIRST_REVISE = (
    "At first glance {F} [suggests|suggest] {D}.",
    "First impression: {D}, for {F}.",
    "{F} first [suggests|suggest] {D}.",
    "The first thought is {D}, because of {F}.",
    "{D} seems near, because of {F}.",
    "{F} would fit {D}.",
    "One thinks of {D} at first, seeing {F}.",
)
SECOND = ("On a second look, ", "But ", "Yet ", "Looking again, ", "However, ", "Then again, ", "")
KNOWN = (
    "{D} typically shows {F}.",
    "Typical of {D}: {F}.",
    "{D} is known for {F}.",
    "As a rule, {D} comes with {F}.",
    "In general, {F} [belongs|belong] to {D}.",
)
KNOWN_ABSENT = ("{D} typically has no {f}.", "As a rule, {D} is without {f}.", "In general, {D} lacks {f}.")
CONCLUDE = (
    "Conclusion: {G}, {K}.",
    "This is {G}, and it is {K}.",
    "Taken together: {G}; the lesion is {K}.",
    "The diagnosis is {G}, {K}.",
    "All this makes {G} the best fit, a {K} condition.",
    "So the answer is {G} ({K}).",
    "{G} explains the picture best; it is {K}.",
    "I conclude {G}, which is {K}.",
)
CONCLUDE_KEEP = (
    "{G} is kept, {K}.",
    "The first impression stands: {G}, {K}.",
    "So {G} remains the diagnosis, {K}.",
    "{G} holds; it is {K}.",
    "I stay with {G}, which is {K}.",
)
CONCLUDE_REVISE = (
    "Revised to {G}, {K}.",
    "The better diagnosis is {G}; it is {K}.",
    "So the first impression gives way to {G}, {K}.",
    "I change to {G}, which is {K}.",
    "What explains all of it is {G}, a {K} condition.",
)
LISTS = ("{a} and {z}", "{a}, {z}", "{a} together with {z}", "{a} as well as {z}", "{a} with {z}")

# Brief style: for a tiny model, so few patterns and short ones.
BRIEF_SEEN = "{F}"
BRIEF_AGAINST = "{f} against {D}."
BRIEF_MISSING = "no {f}, against {D}."
BRIEF_FIRST = "first {D} for {F};"
BRIEF_TURN = "{f} against it."
BRIEF_TURN_MISSING = "no {f}, against it."
BRIEF_KNOWN = "typical of {D}: {F}"

# Words that turn a sentence about the distractor against it, and words that make a sentence general knowledge.
SPEAKS_AGAINST = re.compile(r"\b(against|unlikely|foreign|unexplained|would show)\b", re.IGNORECASE)
NUMBER = re.compile(r"\[([\w ]+)\|([\w ]+)\]")
IN_GENERAL = re.compile(r"\b(typical|typically|known for|as a rule|in general)\b", re.IGNORECASE)

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def _words() -> frozenset[str]:
    """Every word that stands in a phrase, outside its slots."""
    phrases = [text for value in list(globals().values()) if isinstance(value, tuple) for text in value]
    phrases += [BRIEF_SEEN, BRIEF_AGAINST, BRIEF_MISSING, BRIEF_FIRST, BRIEF_TURN, BRIEF_TURN_MISSING, BRIEF_KNOWN]
    return frozenset(w for text in phrases for w in _WORD.findall(re.sub(r"\{\w\}|[\[\]|]", " ", text).lower()))


VOCABULARY = _words()
