"""What codes, kinds and rules mean, in a sentence each."""

from __future__ import annotations

from ..checks.corpus import NEAR

CODES = {
    "FMT_PARSE": "The reply does not hold its three tags, or its rationale is not the text of the steps.",
    "FMT_TRUNC": "The writer was cut off before it had finished.",
    "LEN_BOUNDS": "The rationale is shorter or longer than its style allows.",
    "LBL_GOLD": "The diagnosis or the conclusion is another than the label of the image.",
    "HIER_PATH": "The hierarchy step names a disease that does not stand above the diagnosis, or in the wrong order.",
    "DDX_NEIGHBOR": "A disease is weighed that the rule of the differential graph does not offer here.",
    "FEAT_KG": "A sign is told of a disease that does not have it in the release.",
    "FEAT_IMG": "A sign is told as seen that is not annotated on the image, or as missing although it is there.",
    "POLARITY": "A sign is said to be typical where the release says absent, or the other way round.",
    "DISCRIM": "A step that weighs two diseases cites no sign that tells them apart.",
    "CITE_EXISTS": "A passage is cited that the facts do not hold.",
    "CITE_QUOTE": "A quotation does not stand in the passage that is cited.",
    "CITE_ABOUT": "The cited passage is about another disease.",
    "REF_TEXT": "The text names something that is not cited, or cites something that it does not name.",
    "SENT_GROUND": "A sentence rests on nothing that is cited, quoted or recorded.",
    "LEAK_EARLY": "The diagnosis is named before the conclusion, or the text tells that it was given.",
    "LEAK_PROMPT": "Something of the request shines through the text.",
    "MALIG": "A word about benign or malignant contradicts the case.",
    "DUP_EXACT": "The same text is already in the set.",
    "DUP_FACT": "Image, kind, diagnosis, distractor and quotation are those of a row already in the set.",
    "DUP_NEAR": f"The text is almost that of another row (Jaccard {NEAR} or more over runs of three words).",
    "SPLIT_LEAK": "The image, its lesion or its patient is also in an evaluation split.",
    "MODEL_FAILED": "The model gave no usable answer after all tries.",
    "MODEL_EMPTY": "The model said nothing.",
    "MODEL_REFUSED": "The model declined to answer.",
    "MODEL_FILTERED": "The endpoint's filter held the answer back.",
    "RECOVER": "With the diagnosis masked, a second model chose another disease from the same reasoning.",
    "JUDGE_SUPPORT": "A second model finds that claims do not follow from what was seen and cited.",
    "JUDGE_STYLE": "A second model finds the text hard to read or unlike a clinician's.",
    "JUDGE_SAFETY": "A second model finds something that could mislead or harm.",
}
KINDS = {
    "direct": "straight to the diagnosis",
    "keep": "a distractor is weighed and the first impression kept",
    "revise": "a first impression is given up for the diagnosis",
}
VIA = {
    "neighbour": "a neighbour in the differential graph",
    "parent-neighbour": "a neighbour of a group above the diagnosis",
    "child-neighbour": "a neighbour of a disease below the diagnosis",
    "other-branch": "drawn from another branch of the hierarchy",
}
STEPS = {
    "observe": "Observation",
    "hierarchy": "Place in the hierarchy",
    "textbook": "Textbook",
    "ddx": "Differential",
    "conclude": "Conclusion",
}
