"""What a model is told of an attempt that was refused: what to mind, never which disease is right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_CODE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*\b")
# A code that is not here is not told of: a wrong choice above all, or the attempts would find the answer by striking
# out what is wrong.
ADVICE = {
    "FMT_PARSE": "The reply was not the JSON object that was asked for.",
    "FMT_TRUNC": "The text was cut off, or a step had no full stop at its end. Be shorter.",
    "LEN_BOUNDS": "The steps together had too few or too many words.",
    "MALIG": "Name the condition once, in the last step, in the words given, and call nothing else by such a word.",
    "HIER_PATH": "The step hierarchy names only groups above the choice, the wider before the narrower.",
    "DDX_NEIGHBOR": "A disease was named that is neither choice nor alternative, or the alternative was missing.",
    "FEAT_KG": "A sign was told of a disease that does not have it, or in support of a choice that does not list it.",
    "FEAT_IMG": "A sign was told as seen that is not in `shows`, or as missing that is not in `lacks`.",
    "POLARITY": "Only a seen sign that the alternative has as absent, or a missing one that it has as characteristic "
    "or present, speaks against it.",
    "DISCRIM": "The comparison needs a sign that the choice and the alternative both list, under different words.",
    "CITE_EXISTS": "An alias in refs stands for nothing that was given, or a quotation has no passage in refs.",
    "CITE_QUOTE": "Quote word for word, in “ and ”; cite a passage only where it is quoted.",
    "REF_TEXT": "The refs of a step are exactly what its text names: no more, no fewer.",
    "SENT_GROUND": "Every sentence rests on a sign, a disease, the record or a quotation.",
    "LEAK_EARLY": "The choice was named before its time, or the text speaks of where the answer came from.",
    "LEAK_PROMPT": "An alias or a word of these instructions stood in the text.",
    "DUP_NEAR": "The text was nearly that of another image: use other words and another order.",
    "DUP_EXACT": "The text was that of another image: use other words and another order.",
}


def advice(complaints: Sequence[str], signs: Mapping[str, str]) -> list[str]:
    """What to mind, each once, with the signs that were complained of.

    Args:
        complaints: as the checks said them, their codes in each, the one that the detail belongs to first.
        signs: feature id -> how it is called in this request.
    """
    told = []
    for complaint in complaints:
        lines = [ADVICE[code] for code in _CODE.findall(complaint) if code in ADVICE]
        meant = [name for id_, name in signs.items() if re.search(rf"(?<![\w-]){re.escape(id_)}(?![\w-])", complaint)]
        if lines and meant:
            lines[0] += f" It was about {', '.join(meant)}."
        told += lines
    return list(dict.fromkeys(told))
