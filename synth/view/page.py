"""The page: one template, one style, one script, all inside. Nothing is loaded, and the page may load nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kg_service.core.concept import Condition

from ..checks.corpus import NEAR
from . import figures, meanings
from .article import Article

_FOLDER = Path(__file__).parent / "templates"
_MARKS = {
    Condition.MALIGNANT: "malignant",
    Condition.PRECANCEROUS: "in-situ",
    Condition.BENIGN: "benign",
    Condition.NON_NEOPLASTIC: "non-neoplastic",
    None: "mixed",
}


def environment() -> Environment:
    """Everything is escaped, and an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(mark=_MARKS.__getitem__, count=count, share=share, meaning=_meaning)
    return made


def article(templates: Environment, one: Article) -> Markup:
    """The HTML of one article."""
    return Markup(templates.get_template("article.html.j2").render(one=one))


def render(templates: Environment, *, shown: Sequence[tuple[Article, Markup]], **given: Any) -> str:
    """The whole page, with the articles as `article` made them."""
    style, script = (_own(name) for name in ("page.css", "page.js"))
    articles = [one for one, _ in shown]
    gathered = given["gathered"]
    return templates.get_template("page.html.j2").render(
        articles=articles,
        made=[markup for _, markup in shown],
        style=style,
        script=script,
        policy=policy(style, script),
        kinds=meanings.KINDS,
        via=meanings.VIA,
        median=figures.median(gathered.words),
        near=NEAR,
        in_file=sum(gathered.files.values()),
        choices=_choices(articles),
        **given,
    )


def policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which this style and this script run and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def count(number: int, noun: str, plural: str = "") -> str:
    """1 row, 2,002 rows."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def share(value: float) -> str:
    """0.1234 as 12.3 %."""
    return f"{value:.1%}".replace("%", "\N{NO-BREAK SPACE}%")


def _meaning(code: str) -> str:
    return meanings.CODES.get(code, "")


def _own(name: str) -> Markup:
    return Markup((_FOLDER / name).read_text(encoding="utf-8"))


def _choices(articles: Sequence[Article]) -> dict[str, list[tuple[str, str, int]]]:
    """What each filter offers: (value, words, articles that have it)."""
    golds = Counter((one.gold_id, one.gold) for one in articles)
    flags = Counter(flag for one in articles for flag in one.flags)
    marked = [
        ("any", "any flag", sum(1 for one in articles if one.flags)),
        ("none", "no flag", sum(1 for one in articles if not one.flags and not one.quarantined)),
        ("quarantine", "in quarantine", sum(1 for one in articles if one.quarantined)),
    ]
    return {
        "kind": [(kind, kind, n) for kind, n in sorted(Counter(one.kind for one in articles).items())],
        "gold": [(id_, label, n) for (id_, label), n in sorted(golds.items(), key=lambda item: item[0][1].lower())],
        "source": [(name, name, n) for name, n in sorted(Counter(one.source for one in articles).items()) if name],
        "flag": [row for row in marked if row[2]] + [(flag, flag, n) for flag, n in sorted(flags.items())],
    }
