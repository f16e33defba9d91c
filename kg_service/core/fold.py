"""The normal form of a disease name: what may differ between two spellings of the same label, and nothing else.

Folded away (reward contract, section 2.2): case, accents, punctuation and hyphens, white space, British and American
spelling, regular plurals, possessives, Roman and Arabic numbers. Never folded away: any word that carries meaning.
Similarity plays no part: "hyperpigmentation" and "hypopigmentation" stay as far apart as any two words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_APOSTROPHES = re.compile(r"[’‘ʼ´]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_ABBREVIATED = re.compile(r"\b[A-Z]{1,3}S\b")
_POSSESSIVE = re.compile(r"['`]s(?![0-9a-z])")

# Whole words whose plural or British form follows no rule below.
_IRREGULAR = {
    "lentigines": "lentigo",
    "comedones": "comedo",
    "telangiectases": "telangiectasia",
    "telangiectasis": "telangiectasia",
    "acuminata": "acuminatum",
    "contagiosa": "contagiosum",
    "vulgares": "vulgaris",
    "plantares": "plantaris",
    "seborrheica": "seborrheic",
    "actinica": "actinic",
    "pyogenicum": "pyogenic",
    "mollusca": "molluscum",
    "larvae": "larva",
    "feet": "foot",
    "teeth": "tooth",
    "lice": "louse",
    "mould": "mold",
    "grey": "gray",
    "centre": "center",
    "fibre": "fiber",
    "calibre": "caliber",
    "naevoid": "nevoid",
    "syndrom": "syndrome",
    "leishmaniases": "leishmaniasis",
}
_UNCHANGED = {"scabies", "rabies", "caries", "series", "species", "herpes", "aids", "rubeosis", "tabes"}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7"}
_NUMBERED = {"type", "grade", "stage", "class", "neurofibromatosis", "phototype"}

# Tried in order, the first match wins. Endings of the plural, most specific first.
_PLURALS: tuple[tuple[str, str], ...] = (
    ("omata", "oma"),
    ("mata", "ma"),
    ("itides", "itis"),
    ("eases", "ease"),
    ("oses", "osis"),
    ("ases", "asis"),
    ("eses", "esis"),
    ("yses", "ysis"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("uses", "us"),
    ("ices", "ix"),
    ("ies", "y"),
    ("ae", "a"),
    ("oides", "oides"),
)


def basic(text: str) -> str:
    """The text as a person would compare it: NFKC, case folded, white space collapsed. Shape: str -> str."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=1 << 16)
def _fold_word(word: str) -> str:
    if word in _UNCHANGED or word.isdigit():
        return word
    word = _IRREGULAR.get(word, word)
    for ending, singular in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word[: -len(ending)] + singular
            break
    else:
        if len(word) >= 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "os", "oides")):
            word = word[:-1]
        elif len(word) >= 4 and word.endswith("i"):
            word = word[:-1] + "us"
    return _IRREGULAR.get(_american(word), _american(word))


def _american(word: str) -> str:
    # "angiooedema" and "angioedema" both end as "angiedema".
    word = (
        word.replace("teleang", "telang")
        .replace("ooe", "oe")
        .replace("ae", "e")
        .replace("oe", "e")
        .replace("leuc", "leuk")
        .replace("sulph", "sulf")
    )
    # Sweat is hidro-, and is written hydro- half of the time.
    word = word.replace("hydraden", "hidraden").replace("hydrocystoma", "hidrocystoma").replace("hydrosis", "hidrosis")
    word = word.replace("hydrotic", "hidrotic")
    if len(word) > 4 and word.endswith("our"):
        word = word[:-3] + "or"
    for british, american in (("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("ise", "ize")):
        if len(word) > len(british) + 3 and word.endswith(british):
            return word[: -len(british)] + american
    return word


def _plain(text: str) -> str:
    """Accents and typographic apostrophes stripped."""
    flat = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", text).casefold())
    flat = unicodedata.normalize(
        "NFKD", flat.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("œ", "oe")
    )
    return "".join(char for char in flat if not unicodedata.combining(char))


def words(text: str) -> tuple[str, ...]:
    """The words of the normal form. Empty where the text has no letter or digit."""
    flat = text.casefold() if text.isascii() else _plain(text)
    if "&" in flat:
        flat = flat.replace("&", " and ")
    flat = _POSSESSIVE.sub("", flat)
    # The last letter of EDS or SJS is no plural.
    abbreviated = {match.casefold() for match in _ABBREVIATED.findall(text)}
    found = _NOT_WORD.sub(" ", flat).split()
    folded = [word if word in abbreviated else _fold_word(word) for word in found]
    for place in range(1, len(folded)):
        if found[place] in _ROMAN and folded[place - 1] in _NUMBERED:
            folded[place] = _ROMAN[found[place]]
    return tuple(folded)


def fold(text: str) -> str:
    """The normal form of a label: its folded words joined by single spaces."""
    return " ".join(words(text))


def squashed(form: Iterable[str]) -> str:
    """The normal form without its spaces, for "post-inflammatory" and "postinflammatory", "BasalCellCarcinoma"."""
    return "".join(form)


_EPONYM = re.compile(r"\b([A-Z][a-z]{2,})(?:['’]s)?(?=[\s,-]|$)")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def spellings(label: str) -> set[str]:
    """A label and the ways its names of people are typed: "Kaposi sarcoma" as "Kaposis", "Sjögren" as "Sjoegren"."""
    found = {label, _EPONYM.sub(r"\1s", label)}
    return found | {spelling.translate(_UMLAUTS) for spelling in found}


_EPONYM_ALONE = re.compile(r"((?:[A-Z][\w’'-]*[a-z][\w’'-]*\s+)+)(?:disease|syndrome)")
# Names of people that are English words: nobody who writes "still" or "wells" means the disease.
_ALSO_WORDS = {"job", "still", "well", "wells", "bean"}


def eponyms(label: str) -> set[str]:
    """The bare name of a disease named after people: "Hailey-Hailey disease" is also called Hailey-Hailey."""
    match = _EPONYM_ALONE.fullmatch(label)
    bare = match[1].strip() if match else ""
    return spellings(bare) if bare and bare.casefold() not in _ALSO_WORDS else set()


# Small words that word order needs ("nevus of Ota").
_LINKS = {"of", "the", "de"}
# Where one of these stands, the order is the meaning: a nevus-like melanoma is no melanoma-like nevus.
_ORDERED = {"like", "in", "on", "over", "from", "to", "after", "with", "without", "simulating", "mimicking"}


def unordered(form: Iterable[str]) -> str:
    """The words of a normal form sorted, for inverted names ("carcinoma, basal cell"). Empty where order is meaning."""
    found = " ".join(form).replace("in situ", "in_situ").split()
    return "" if _ORDERED.intersection(found) else " ".join(sorted(word for word in found if word not in _LINKS))
