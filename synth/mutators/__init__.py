"""One fault at a time, put into a clean candidate. They prove that the checks see what they are for.

A mutator changes the text that the student would read and renders the reply anew; most leave the structured fields as
they were, because that is how a faulty writer looks. Each returns None where its fault does not fit this candidate.
"""

from __future__ import annotations

import random

from ..checks.subject import Subject
from . import diseases, form, signs
from .tools import Beside, Mutator

__all__ = ["FAULTS", "OF_TEMPLATES", "Beside", "inject"]

# Fault -> the codes of which at least one must be raised.
FAULTS: dict[str, tuple[Mutator, frozenset[str]]] = {
    "feature swapped in the text": (signs.feature_swapped_in_text, frozenset({"REF_TEXT"})),
    "feature swapped in text and references": (
        signs.feature_swapped_everywhere,
        frozenset({"FEAT_IMG", "FEAT_KG", "POLARITY"}),
    ),
    "feature invented in the text": (signs.feature_invented, frozenset({"REF_TEXT"})),
    "fact invented": (signs.fact_invented, frozenset({"SENT_GROUND"})),
    "fact invented inside a sentence": (signs.fact_invented_inside, frozenset({"SENT_GROUND"})),
    "age of the record altered": (signs.record_altered, frozenset({"SENT_GROUND"})),
    "seen sign told as missing": (signs.presence_flipped, frozenset({"FEAT_IMG", "POLARITY"})),
    "missing sign told as seen": (signs.absence_flipped, frozenset({"FEAT_IMG", "FEAT_KG"})),
    "seen sign denied by what follows": (signs.seen_sign_denied_after, frozenset({"FEAT_IMG", "POLARITY"})),
    "missing sign told as possible": (signs.missing_sign_hedged, frozenset({"FEAT_IMG"})),
    "sign on an image without annotations": (signs.sign_without_annotation, frozenset({"FEAT_IMG"})),
    "seen sign expected of the alternative": (
        signs.seen_sign_expected_of_the_rival,
        frozenset({"POLARITY", "FEAT_IMG"}),
    ),
    "reasons for and against exchanged": (signs.reasons_exchanged, frozenset({"POLARITY", "FEAT_KG", "DISCRIM"})),
    "verdict on the distractor reversed": (
        diseases.verdict_reversed,
        frozenset({"POLARITY", "FEAT_KG", "SENT_GROUND", "DISCRIM"}),
    ),
    "distractor swapped in the text": (diseases.distractor_swapped_in_text, frozenset({"DDX_NEIGHBOR"})),
    "distractor swapped everywhere": (diseases.distractor_swapped_everywhere, frozenset({"DDX_NEIGHBOR"})),
    "reason that does not discriminate": (signs.indistinct_reason, frozenset({"DISCRIM", "POLARITY"})),
    "wrong path in the hierarchy": (diseases.path_wrong, frozenset({"HIER_PATH"})),
    "path in the wrong order": (diseases.path_reversed, frozenset({"HIER_PATH"})),
    "gold named too early": (form.gold_leaked, frozenset({"LEAK_EARLY"})),
    "source of the answer told": (form.source_told, frozenset({"LEAK_EARLY"})),
    "request shines through": (form.prompt_leaked, frozenset({"LEAK_PROMPT"})),
    "condition flipped in the text": (diseases.condition_flipped_in_text, frozenset({"MALIG"})),
    "condition flipped in the tag": (diseases.condition_flipped_in_tag, frozenset({"MALIG"})),
    "condition wrong in other words": (diseases.condition_in_other_words, frozenset({"MALIG"})),
    "alternative chosen": (diseases.diagnosis_of_the_rival, frozenset({"LBL_GOLD"})),
    "alternative told as final": (diseases.rival_told_as_final, frozenset({"LBL_GOLD", "SENT_GROUND"})),
    "conclusion taken back": (diseases.conclusion_taken_back, frozenset({"LBL_GOLD", "SENT_GROUND"})),
    "wrong diagnosis": (diseases.diagnosis_wrong, frozenset({"LBL_GOLD"})),
    "diagnosis coarser than the gold": (diseases.diagnosis_coarsened, frozenset({"LBL_GOLD"})),
    "conclusion names the distractor": (diseases.conclusion_swapped, frozenset({"LBL_GOLD"})),
    "quotation altered": (form.quote_altered, frozenset({"CITE_QUOTE"})),
    "quotation too long": (form.quote_too_long, frozenset({"CITE_QUOTE"})),
    "quotation of a book without a licence": (form.quote_without_licence, frozenset({"CITE_QUOTE"})),
    "quotation about another disease": (form.quote_of_another, frozenset({"CITE_ABOUT"})),
    "quotation in other marks": (form.quote_in_other_marks, frozenset({"CITE_QUOTE", "SENT_GROUND"})),
    "quotation without a source": (form.quote_without_source, frozenset({"CITE_EXISTS"})),
    "reference invented": (form.reference_invented, frozenset({"CITE_EXISTS"})),
    "reference dropped": (form.reference_dropped, frozenset({"REF_TEXT", "CITE_EXISTS"})),
    "text cut off": (form.cut_off, frozenset({"FMT_TRUNC"})),
    "writer stopped by length": (form.finish_by_length, frozenset({"FMT_TRUNC"})),
    "tag missing": (form.tag_missing, frozenset({"FMT_PARSE"})),
    "text differs from the steps": (form.text_differs_from_steps, frozenset({"FMT_PARSE"})),
    "text too long": (form.too_long, frozenset({"LEN_BOUNDS"})),
    "row copied": (form.copied, frozenset({"DUP_EXACT"})),
    "facts retold": (form.retold, frozenset({"DUP_FACT"})),
    "row nearly copied": (form.nearly_copied, frozenset({"DUP_NEAR"})),
    "group of an evaluation split": (form.held_out_image, frozenset({"SPLIT_LEAK"})),
}


# Only where every word can be accounted for: a model may say in its own words what no check can trace.
OF_TEMPLATES = frozenset({"fact invented", "fact invented inside a sentence"})


def inject(fault: str, subject: Subject, chance: random.Random, beside: Beside) -> Subject | None:
    """A copy of a clean candidate with one fault; None where it cannot have this one."""
    changed = FAULTS[fault][0](subject, chance, beside)
    if changed is not None and changed.trajectory.reply == subject.trajectory.reply and changed == subject:
        return None
    return changed
