"""A language model's sentences, written by hand as an adversary would: which the checks accept, which they refuse."""

from __future__ import annotations

import pytest

from kg_service.core.answer import Answer, render
from kg_service.core.case import Case, Finding
from kg_service.core.concept import Condition
from kg_service.core.trajectory import Distractor, FactPack, Kind, Step, StepKind, Trajectory
from synth.checks import Subject, review
from synth.checks.rules import hard
from synth.checks.subject import joined
from synth.reading import Reader

GOLD, RIVAL = "plaque-psoriasis", "tinea-corporis"
SEEN = ("silvery-scale", "sharp-border", "erythema", "scale")
MISSING = ("central-clearing", "peripheral-scale", "glomerular-vessels")

# Said while the rival is weighed, after "Tinea corporis is unlikely given the silvery scale."
TRUE_OF_DDX = (
    "Tinea corporis would be expected to show central clearing.",
    "Tinea corporis typically shows central clearing and peripheral scale.",
    "Central clearing is absent, which argues against tinea corporis.",
    "There is no central clearing or peripheral scale, which speaks against tinea corporis.",
    "Without central clearing, tinea corporis is less likely.",
    "Unlike tinea corporis, the lesion shows silvery scale.",
    "In tinea corporis, central clearing is common.",
    "Peripheral scale is characteristic of tinea corporis, but it was looked for in vain.",
    "Tinea corporis lacks silvery scale.",
    "Tinea corporis usually has central clearing, whereas silvery scale is seen here.",
    "The silvery scale is not typical of tinea corporis.",
    "Tinea corporis does not explain the silvery scale.",
)
FALSE_OF_DDX = (
    "Tinea corporis would be expected to show silvery scale.",  # it would not
    "Tinea corporis would show a sharp border.",  # it is seen, so nothing is missing
    "Tinea corporis typically shows silvery scale.",
    "Tinea corporis lacks central clearing.",
    "Unlike tinea corporis, the lesion shows central clearing.",  # nor does the lesion
    "Unlike tinea corporis, the lesion has no silvery scale.",
    "Central clearing is present, which argues against tinea corporis.",
    "The sharp border argues against tinea corporis.",  # it may have one
    "Peripheral scale speaks for tinea corporis.",  # there is none
    "Tinea corporis is suggested by the central clearing.",
    "Typical peripheral scale suggests tinea corporis.",
    "Tinea corporis comes to mind because of central clearing.",
    "Silvery scale is absent.",
    "The lesion is without silvery scale.",
    "Silvery scale cannot be seen.",
    "The lesion lacks a sharp border, unlike tinea corporis.",
    "Rather than silvery scale there is peripheral scale.",
    "The scale is silvery scale in tinea corporis and peripheral scale in plaque psoriasis.",
    "Scale is peripheral scale here, silvery scale in tinea corporis.",
    "Tinea corporis is not unlikely given the silvery scale.",
    "The silvery scale does not argue against tinea corporis.",
    "It shows central clearing.",
    "There could be central clearing.",
    "There is an ulcer, against tinea corporis.",
    "Central clearing, typical of tinea corporis, is present.",
    "Considering tinea corporis, I note the central clearing.",
    "If there were central clearing, I would favor tinea corporis.",
    "The lack of silvery scale argues for tinea corporis.",
    "Both share silvery scale.",
    "Neither central clearing nor silvery scale is present.",
    "Not only silvery scale but also central clearing is seen.",
    "Tinea corporis never shows silvery scale, which is absent here.",
    "Erythema excludes tinea corporis.",
    "Tinea corporis is a malignant disease.",
    "Tinea corporis is possible. The silvery scale supports it.",
    "There is central clearing, which tinea corporis would show.",
    "One finds central clearing, as tinea corporis would show.",
    "The silvery scale seen here supports tinea corporis.",
    "The silvery scale, sharp border and central clearing are here.",
    "While tinea corporis shows silvery scale, this lesion does not.",
    "Tinea corporis does not explain the absent silvery scale.",
    "Tinea corporis cannot explain the central clearing.",
    "Unlike tinea corporis, plaque psoriasis shows silvery scale.",  # the gold is named too early
    "A wheal would be unusual for tinea corporis.",
    "So the final diagnosis is tinea corporis.",
    "Tinea corporis is the most likely diagnosis.",
    "Nummular eczemas would have coin-shaped plaques.",  # a rival nobody offered, in the plural
    "Tinea corporis and nummular eczema both lack silvery scale.",
)
REFUSED_THOUGH_TRUE = (  # no clause of these can be bound for certain, and so they are safely refused
    "Central clearing, which tinea corporis would show, is absent.",
    "Silvery scale is absent in tinea corporis.",
)
FALSE_CONCLUSIONS = (
    "This is not plaque psoriasis; it is non-neoplastic.",
    "Plaque psoriasis is ruled out, a non-neoplastic condition.",
    "Plaque psoriasis is unlikely, non-neoplastic.",
    "This is plaque psoriasis, a harmless condition.",
    "This is plaque psoriasis, a benign condition.",
    "This is plaque psoriasis, a malignant condition.",
    "This is plaque psoriasis, a cancerous condition.",
    "This is plaque psoriasis, an invasive carcinoma.",
    "This is plaque psoriasis, a premalignant condition.",
    "This is plaque psoriasis, and there is no malignancy.",
    "This is plaque psoriasis, a carcinoma in situ.",
    "This is tinea corporis, a non-neoplastic condition.",
    "This is plaque psoriasis with central clearing, non-neoplastic.",
    "Characteristic glomerular vessels make this plaque psoriasis, non-neoplastic.",
    "The correct option is plaque psoriasis, non-neoplastic.",
    "Candidate 2 is right: plaque psoriasis, non-neoplastic.",
    "I doubt plaque psoriasis; non-neoplastic.",
    "Anything but plaque psoriasis; non-neoplastic.",
    "Plaque psoriasis is the answer given, non-neoplastic.",
    "This is plaque psoriasis, dangerous and aggressive; non-neoplastic.",
    "This is plaque psoriasis, a non-neoplastic tumor.",
    "Plaque psoriasis usually shows glomerular vessels. It is non-neoplastic.",  # it may
    "As a rule, plaque psoriasis shows no silvery scale. It is non-neoplastic.",
    "N2 fits: plaque psoriasis, non-neoplastic.",
    "Among the options, plaque psoriasis fits best, non-neoplastic.",
)
TRUE_CONCLUSIONS = (
    "This is plaque psoriasis, a non-neoplastic condition.",
    "The silvery scale and the sharp border make this plaque psoriasis, which is non-neoplastic.",
    "Plaque psoriasis typically shows silvery scale but no central clearing. It is non-neoplastic.",
)
FALSE_OBSERVATIONS = (
    "The lesion shows silvery scale and central clearing.",
    "There is silvery scale without a sharp border.",
    "No crust is seen.",  # nobody looked
    "Silvery scale, possibly with pustules.",
    "It is unclear whether there is central clearing; silvery scale is seen.",
    "A tumor with silvery scale.",
    "The lesion shows silvery scale on the back.",  # it is on the trunk
    "The lesion measures “silvery scale” on the trunk and shows silvery scale.",
)


MADE_UP = (
    "The patient had tinea corporis years before.",
    "A culture was negative for tinea corporis.",
    "A biopsy speaks against tinea corporis.",
    "Tinea corporis would be smaller than 30 mm.",
)


@pytest.fixture(scope="module")
def reader(shipped):
    return Reader(shipped)


@pytest.fixture(scope="module")
def refused(shipped, reader):
    """The hard codes of a model's text, all of whose references are in order."""
    lineage = shipped.lineage(GOLD)
    case = Case("c", "x", "c.png", GOLD, GOLD, "sft", "CC0-1.0", site="trunk", age=40.0, sex="male",
                findings=(*(Finding(f, True) for f in SEEN), *(Finding(f, False) for f in MISSING)))  # fmt: skip
    distractor = Distractor(RIVAL, "neighbour")
    everything = [*shipped.concepts, *shipped.features]
    aliases = {f"{'C' if id_ in shipped.concepts else 'F'}{n}": id_ for n, id_ in enumerate(everything)}
    named_as = {id_: alias for alias, id_ in aliases.items()}
    profiles = tuple((c, tuple((f, p) for f, p in shipped.profile(c).items())) for c in (*lineage, RIVAL))
    pack = FactPack("c", GOLD, Condition.NON_NEOPLASTIC, lineage, (distractor,), case.findings, profiles)

    def judge(
        ddx: str = "", conclusion: str = TRUE_CONCLUSIONS[0], observation: str = "", hard_only: bool = True
    ) -> set[str]:
        texts = (
            (StepKind.OBSERVE, observation or "The lesion on the trunk shows silvery scale and a sharp border."),
            (StepKind.HIERARCHY, "Broadly it falls under inflammatory skin disease."),
            (StepKind.DDX, f"Tinea corporis is unlikely given the silvery scale. {ddx}".strip()),
            (StepKind.CONCLUDE, conclusion),
        )
        steps = []
        for kind, text in texts:
            named = reader.named(text) - {"truncal-distribution"}  # the site of the record
            steps.append(Step(kind, text, tuple(sorted(named_as[id_] for id_ in named))))
        reply = render(Answer(joined(tuple(steps)), shipped.label(GOLD), Condition.NON_NEOPLASTIC))
        row = Trajectory("r", "c", case.image, Kind.KEEP, GOLD, Condition.NON_NEOPLASTIC, (distractor,), tuple(steps),
                         aliases, reply)  # fmt: skip
        found = review(Subject(row, case, pack, reader, templates=False))
        return {finding.code for finding in (hard(found) if hard_only else found)}

    return judge


@pytest.mark.parametrize("text", TRUE_OF_DDX)
def test_a_true_comparison_is_accepted(refused, text):
    assert refused(text) == set()


@pytest.mark.parametrize("text", FALSE_OF_DDX)
def test_a_false_comparison_is_refused(refused, text):
    assert refused(text)


@pytest.mark.parametrize("text", REFUSED_THOUGH_TRUE)
def test_what_can_be_read_in_two_ways_is_refused(refused, text):
    assert refused(text)


@pytest.mark.parametrize("text", TRUE_CONCLUSIONS)
def test_a_true_conclusion_is_accepted(refused, text):
    assert refused(conclusion=text) == set()


@pytest.mark.parametrize("text", FALSE_CONCLUSIONS)
def test_a_false_conclusion_is_refused(refused, text):
    assert refused(conclusion=text)


@pytest.mark.parametrize("text", FALSE_OBSERVATIONS)
def test_a_false_observation_is_refused(refused, text):
    assert refused(observation=text)


@pytest.mark.parametrize("text", MADE_UP)
def test_a_test_a_history_or_a_measure_of_no_record_is_flagged(refused, text):
    assert "SENT_GROUND" in refused(text, hard_only=False)
