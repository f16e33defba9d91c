"""The reward of one reply, term by term."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.answer import MAX_BYTES
from ...core.concept import Condition
from ...core.errors import RequestInvalid
from ...core.reward import SPECS
from ..forms import FormNow, condition_of, field
from ..page import is_htmx, pages, render
from ..scene import Scene, SceneNow
from ..verdict import Question, Verdict, example, judged

router = pages()

_LINKED = 1_500  # characters of a reply that an address may carry
_DIALECTS = ("skin-r1", "released")

Short = Annotated[str, Query(max_length=200)]
Long = Annotated[str, Query(max_length=4_000)]


@router.get("/reward")
def reward(
    scene: SceneNow,
    reply: Long = "",
    gold: Short = "",
    spec: Short = "paper",
    options: Long = "",
    condition: Short = "",
    dialect: Short = "skin-r1",
) -> Response:
    """The form; filled and judged where the address says what with. Without that, an example."""
    if reply and gold:
        asked = _asked(reply, gold, spec, options, condition, dialect)
    else:
        asked = example(scene.know)
        if gold in scene.know.concepts:
            asked = Question(asked.reply, gold, asked.spec)
    return _page(scene, judged(scene.know, asked))


@router.post("/reward")
def score_one(scene: SceneNow, form: FormNow) -> Response:
    """Judge the reply of the form. The address of a short one can be kept."""
    given = {name: field(form, name) for name in ("gold", "spec", "options", "condition", "dialect")}
    sent = form.get("reply")
    reply = sent if isinstance(sent, str) else ""
    if len(reply.encode("utf-8", "replace")) > 4 * MAX_BYTES:
        raise RequestInvalid("the reply is far longer than any reply may be")
    if not given["gold"]:
        raise RequestInvalid("choose the gold: what the image shows in truth")
    verdict = judged(scene.know, _asked(reply, **given))
    if not is_htmx(scene.request):
        return _page(scene, verdict)
    answer = render(scene, "_reward.html", verdict=verdict)
    if len(reply) <= _LINKED and len(given["options"]) <= _LINKED:
        answer.headers["HX-Push-Url"] = scene.url("/reward", reply=reply, **given)
    return answer


def _page(scene: Scene, verdict: Verdict) -> Response:
    return render(
        scene, "reward.html", verdict=verdict, specs=SPECS.values(), conditions=tuple(Condition), dialects=_DIALECTS
    )


def _asked(reply: str, gold: str, spec: str, options: str, condition: str, dialect: str) -> Question:
    if spec not in SPECS:
        raise RequestInvalid(f"no reward is called “{spec}”; there are {', '.join(SPECS)}")
    listed = tuple(line.strip() for line in options.splitlines() if line.strip())
    read_as = "released" if dialect == "released" else "skin-r1"
    return Question(reply, gold, SPECS[spec], listed, condition_of(condition), read_as)
