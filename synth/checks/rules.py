"""All checks in their order: the codes, what each does to a row, and the one function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from . import facts, grounds, shape
from .corpus import Corpus
from .subject import Subject


class Severity(StrEnum):
    """HARD rejects a row; SOFT keeps it and flags it (quarantine)."""

    HARD = "H"
    SOFT = "S"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one row."""

    code: str
    severity: Severity
    detail: str


Check = Callable[[Subject], Iterable[str]]

CHECKS: tuple[tuple[str, Severity, Check], ...] = (
    ("FMT_PARSE", Severity.HARD, shape.fmt_parse),
    ("FMT_TRUNC", Severity.HARD, shape.fmt_trunc),
    ("LEN_BOUNDS", Severity.HARD, shape.len_bounds),
    ("LBL_GOLD", Severity.HARD, shape.lbl_gold),
    ("MALIG", Severity.HARD, shape.malig),
    ("HIER_PATH", Severity.HARD, facts.hier_path),
    ("DDX_NEIGHBOR", Severity.HARD, facts.ddx_neighbor),
    ("FEAT_KG", Severity.HARD, facts.feat_kg),
    ("FEAT_IMG", Severity.HARD, facts.feat_img),
    ("POLARITY", Severity.HARD, facts.polarity),
    ("DISCRIM", Severity.HARD, facts.discrim),
    ("CITE_EXISTS", Severity.HARD, grounds.cite_exists),
    ("CITE_QUOTE", Severity.HARD, grounds.cite_quote),
    ("CITE_ABOUT", Severity.SOFT, grounds.cite_about),
    ("REF_TEXT", Severity.HARD, grounds.ref_text),
    ("SENT_GROUND", Severity.HARD, grounds.sent_ground),
    ("LEAK_EARLY", Severity.HARD, grounds.leak_early),
    ("LEAK_PROMPT", Severity.HARD, grounds.leak_prompt),
)
CORPUS_CHECKS: tuple[tuple[str, Severity, Callable[[Corpus, Subject], Iterable[str]]], ...] = (
    ("DUP_EXACT", Severity.HARD, Corpus.dup_exact),
    ("DUP_FACT", Severity.HARD, Corpus.dup_fact),
    ("SPLIT_LEAK", Severity.HARD, Corpus.split_leak),
    ("DUP_NEAR", Severity.SOFT, Corpus.dup_near),
)
CODES_OF_CORPUS = frozenset(code for code, _, _ in CORPUS_CHECKS)
CODES: dict[str, Severity] = {code: severity for code, severity, _ in (*CHECKS, *CORPUS_CHECKS)}


def review(subject: Subject, corpus: Corpus | None = None) -> list[Finding]:
    """Everything wrong with a candidate, in the order of the checks; empty for an acceptable one.

    A model's text that is not fully grounded is only flagged.
    """
    found: list[Finding] = []
    for code, severity, check in CHECKS:
        if code == "SENT_GROUND" and not subject.templates:
            severity = Severity.SOFT
        found += [Finding(code, severity, detail) for detail in check(subject)]
    return found if corpus is None else [*found, *compare(subject, corpus)]


def compare(subject: Subject, corpus: Corpus) -> list[Finding]:
    """What is wrong with a candidate beside the rows accepted so far and the groups held out."""
    return [
        Finding(code, severity, detail) for code, severity, check in CORPUS_CHECKS for detail in check(corpus, subject)
    ]


def hard(findings: Iterable[Finding]) -> list[Finding]:
    """Those that reject."""
    return [finding for finding in findings if finding.severity is Severity.HARD]
