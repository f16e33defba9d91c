"""The sentences of the offline writer, as data.

Slots: {F} features with their articles ("an ulcer and silvery scale"), {f} one such, {n} one without ("no ulcer"), {D}
the distractor, {G} the gold, {A} {B} {C} groups from the top down, {K} the condition, {T} the condition with its noun
("a benign lesion"), {Q} a quotation, {S} the site with its preposition, {I} an article, {Y} age in years, {X} sex.
[is|are] follows the number of the features named last, <shows|show> that of the disease. A phrase about the picture
names a feature before any word of negation that is not meant for it.
"""

from __future__ import annotations

import re
from functools import cache

SEEN = (
    "The image shows {F}.",
    "The lesion shows {F}.",
    "What stands out [is|are] {F}.",
    "On inspection one sees {F}.",
    "Visible signs: {F}.",
    "Findings: {F}.",
    "The picture is marked by {F}.",
    "{F} can be seen.",
    "Inspection shows {F}.",
    "The leading [sign is|signs are] {F}.",
    "{F} [catches|catch] the eye.",
    "Looking closely, I see {F}.",
    "The eye is drawn to {F}.",
    "Morphologically, the lesion shows {F}.",
    "I note {F}.",
    "I see {F}.",
)
SEEN_DERMOSCOPY = (
    "Dermoscopy shows {F}.",
    "On dermoscopy I see {F}.",
    "Dermoscopically, {F} can be made out.",
    "The dermatoscope reveals {F}.",
    "Through the dermatoscope, {F} can be seen.",
    "At higher magnification I note {F}.",
)
ALSO = (
    "There [is|are] also {f}.",
    "In addition, I see {f}.",
    "{f} [is|are] present as well.",
    "Added to this [is|are] {f}.",
    "Besides, {f} can be made out.",
    "{f} [completes|complete] the picture.",
    "Furthermore, one finds {f}.",
)
MISSING = (
    "There [is|are] no {n}.",
    "No {n} can be seen.",
    "Notably, there [is|are] no {n}.",
    "I find no {n}.",
    "I see no {n}.",
)
ABOUT = (
    "The lesion sits {S} of {I} {Y}-year-old {X} patient.",
    "{I} {Y}-year-old {X} patient has a lesion {S}.",
    "{I} {Y}-year-old {X} patient presents with a lesion {S}.",
    "This is a lesion {S} of {I} {Y}-year-old {X} patient.",
    "The patient is {X} and {Y} years old, and the lesion sits {S}.",
)
ABOUT_SITE = ("The lesion sits {S}.", "This is a lesion {S}.", "The picture shows a lesion {S}.", "The lesion is {S}.")
ABOUT_PERSON = (
    "The patient is {X} and {Y} years old.",
    "{I} {Y}-year-old {X} patient presents with this lesion.",
    "This is the lesion of {I} {Y}-year-old {X} patient.",
)
PLACE_ONE = (
    "This places it in the group of {A}.",
    "It belongs to the group of {A}.",
    "It falls under {A}.",
    "The broad category: {A}.",
    "I would look within the group of {A}.",
)
PLACE_TWO = (
    "Broadly it falls under {A}, more precisely under {B}.",
    "The category is that of {A}, and within it {B}.",
    "This narrows the field from {A} to {B}.",
    "From {A} the path leads to {B}.",
    "Within the group of {A}, it belongs to {B}.",
    "Level by level: {A}, then {B}.",
    "It belongs to the group of {A}, there to {B}.",
    "One level down from {A}, the choice falls on {B}.",
    "I place it under {A} first, and then under {B}.",
)
PLACE_THREE = (
    "Level by level: {A}, then {B}, then {C}.",
    "From {A} the path leads over {B} to {C}.",
    "It falls under {A}, there under {B}, and more precisely under {C}.",
    "This narrows the field from {A} to {B} and further to {C}.",
)
QUOTE = (
    "The textbook says: “{Q}”.",
    "As the textbook has it: “{Q}”.",
    "In the textbook one reads: “{Q}”.",
    "The book adds: “{Q}”.",
)
FIRST_KEEP = (
    "First impression: {G}.",
    "My first thought is {G}.",
    "The leading diagnosis is {G}.",
    "At first glance this is {G}.",
    "{G} comes to mind first.",
    "The working diagnosis is {G}.",
)
AGAINST = (
    "{f} [argues|argue] against {D}.",
    "{f} [speaks|speak] against {D}.",
    "Given {f}, {D} <is|are> unlikely.",
    "{D} <is|are> unlikely given {f}.",
    "{D} would leave {f} unexplained.",
    "{f} [counts|count] against {D}.",
    "{f} would be foreign to {D}.",
    "With {f}, {D} <becomes|become> unlikely.",
)
WEIGHED = (
    "{D} <was|were> weighed, but {f} [speaks|speak] against it.",
    "{D} <comes|come> to mind, but {f} [speaks|speak] against it.",
    "{D} <deserves|deserve> a thought, yet {f} [argues|argue] against it.",
    "Considering {D}, I find that {f} [argues|argue] against it.",
)
AGAINST_MISSING = (
    "Without {f}, {D} <is|are> unlikely.",
    "{D} <is|are> unlikely, since there [is|are] no {n}.",
    "There [is|are] no {n}, which {D} would show.",
    "There [is|are] no {n}, and that counts against {D}.",
    "The absence of {f} argues against {D}.",
    "No {n} can be found, which speaks against {D}.",
)
FIRST_REVISE = (
    "At first glance, {F} [suggests|suggest] {D}.",
    "First impression: {D}, because of {F}.",
    "{F} first [brings|bring] {D} to mind.",
    "The first thought is {D}, because of {F}.",
    "{F} would fit {D}.",
    "With {F}, one thinks of {D} first.",
    "Seeing {F}, I first think of {D}.",
)
SECOND = ("On a second look, ", "But ", "Yet ", "Looking again, ", "However, ", "On reflection, ", "")
KNOWN = (
    "{D} typically <shows|show> {F}.",
    "Typical of {D} [is|are] {F}.",
    "{D} <is|are> known for {F}.",
    "As a rule, {D} <shows|show> {F}.",
    "In general, {D} <shows|show> {F}.",
)
KNOWN_PRESENTS = (
    "{D} typically <presents|present> with {F}.",
    "As a rule, {D} <presents|present> with {F}.",
    "In general, {D} <comes|come> with {F}.",
    "{D} <is|are> known for {F}.",
)
KNOWN_ABSENT = (
    "{D} typically <has|have> no {n}.",
    "As a rule, {D} <shows|show> no {n}.",
    "In general, {D} <lacks|lack> {f}.",
)
KNOWN_BOTH = (
    "{D} typically <shows|show> {F} but no {n}.",
    "As a rule, {D} <shows|show> {F} but no {n}.",
    "In general, {D} <has|have> {F} but no {n}.",
    "Typical of {D} [is|are] {F}, without {f}.",
)
KNOWN_BOTH_PRESENTS = (
    "{D} typically <presents|present> with {F} but without {f}.",
    "As a rule, {D} <presents|present> with {F} but without {f}.",
    "In general, {D} <comes|come> with {F} but without {f}.",
)
RIVAL = (
    "The alternative to weigh is {D}.",
    "One has to consider {D}.",
    "{D} <was|were> considered as well.",
    "The rival to rule out is {D}.",
    "{D} would be the alternative.",
)
ACCOUNTS = (
    "{G} <accounts|account> for {F}.",
    "{F} [fits|fit] {G} well.",
    "{G} <explains|explain> {F}.",
)
CONCLUDE = (
    "Conclusion: {G}, {T}.",
    "This is {G}, {T}.",
    "Taken together, this makes {G} the most likely diagnosis, {T}.",
    "The diagnosis is {G}, {T}.",
    "All in all, {G} <fits|fit> best; it is {K}.",
    "So the most likely diagnosis is {G} ({K}).",
    "I conclude {G}, which is {K}.",
    "My diagnosis is {G}, {T}.",
)
CONCLUDE_KEEP = (
    "I keep the diagnosis of {G}, {T}.",
    "The first impression stands: {G}, {T}.",
    "So {G} <remains|remain> the diagnosis, {T}.",
    "The first impression holds: this is {G}, which is {K}.",
    "I stay with {G}, which is {K}.",
)
CONCLUDE_REVISE = (
    "I revise the diagnosis to {G}, {T}.",
    "The better diagnosis is {G}, {T}.",
    "So the first impression gives way to {G}, {T}.",
    "I change my mind: this is {G}, which is {K}.",
    "What explains all of it is {G}, {T}.",
)
# Words that go with a name from the release; only VOCABULARY asks for them.
JOINED = ("a", "an", "the", "and", "appearance", "color", "course", "lesion", "condition", "in", "on", "region")

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
IN_GENERAL = re.compile(r"\b(typical|typically|known for|as a rule|in general)\b", re.IGNORECASE)

_OF_FEATURES = re.compile(r"\[([\w ]+)\|([\w ]+)\]")
_OF_DISEASE = re.compile(r"<([\w ]+)\|([\w ]+)>")


@cache
def agreed(phrase: str, features: bool, disease: bool) -> str:
    """A phrase with its verbs in the number of the features and of the disease; True for the plural."""
    text = _OF_FEATURES.sub(lambda match: match[1 + features], phrase)
    return _OF_DISEASE.sub(lambda match: match[1 + disease], text)


_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def _words() -> frozenset[str]:
    """Every word that stands in a phrase, outside its slots."""
    phrases = [text for value in list(globals().values()) if isinstance(value, tuple) for text in value]
    phrases += [BRIEF_SEEN, BRIEF_AGAINST, BRIEF_MISSING, BRIEF_FIRST, BRIEF_TURN, BRIEF_TURN_MISSING, BRIEF_KNOWN]
    return frozenset(w for text in phrases for w in _WORD.findall(re.sub(r"\{\w\}|[\[\]<>|]", " ", text).lower()))


VOCABULARY = _words()
