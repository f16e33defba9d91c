"""The answer format: strict, with a stable reason for every way a reply can be wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core.answer import ABSTAIN, Answer, Malformed, Reason, instruction, parse, render
from kg_service.core.concept import Condition
from kg_service.core.errors import OptionsInvalid, RecordInvalid

from ..mini import reply

OPTIONS = ("melanocytic nevus", "melanoma", "basal cell carcinoma", "benign keratosis")
GOOD = reply("melanoma")


def test_a_well_formed_reply_is_read_in_full():
    assert parse(f"\n  {GOOD}\n") == Answer("irregular border", "melanoma", Condition.MALIGNANT)


def test_tag_names_are_matched_without_regard_to_case_and_space_between_tags_is_free():
    text = "<THINKING> a\nb </Thinking><Diagnosis>melanoma</diagnosis>\n\n<condition> Malignant </CONDITION>"
    assert parse(text) == Answer("a\nb", "melanoma", Condition.MALIGNANT)


@pytest.mark.parametrize(
    ("word", "condition"),
    [
        ("benign", Condition.BENIGN),
        ("malignant", Condition.MALIGNANT),
        ("non-neoplastic", Condition.NON_NEOPLASTIC),
        ("precancerous or in situ", Condition.PRECANCEROUS),
        ("precancerous", Condition.PRECANCEROUS),
        ("premalignant", Condition.PRECANCEROUS),
        ("in situ", Condition.PRECANCEROUS),
        ("precancerous (in situ)", Condition.PRECANCEROUS),
        ("precancerous_in_situ", Condition.PRECANCEROUS),
    ],
)
def test_accepted_spellings_of_a_condition(word, condition):
    assert parse(reply("x", word)).condition is condition


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing-tag"),
        ("melanoma", "missing-tag"),
        ("<thinking>a</thinking><diagnosis>melanoma</diagnosis>", "missing-tag"),
        (GOOD[:-12], "missing-tag"),
        ("<thinking>a<diagnosis>b</diagnosis><condition>benign</condition>", "missing-tag"),
        (GOOD + "\n<diagnosis>nevus</diagnosis>", "repeated-tag"),
        (GOOD + GOOD, "repeated-tag"),
        ("<diagnosis>m</diagnosis><thinking>a</thinking><condition>benign</condition>", "wrong-order"),
        ("<thinking>a<diagnosis>m</diagnosis></thinking><condition>benign</condition>", "wrong-order"),
        ("</thinking>a<thinking><diagnosis>m</diagnosis><condition>benign</condition>", "wrong-order"),
        ("Sure! " + GOOD, "outside-text"),
        (GOOD + " I hope this helps.", "outside-text"),
        ("<thinking>a</thinking> so <diagnosis>m</diagnosis><condition>benign</condition>", "outside-text"),
        (reply("melanoma", rationale="  "), "empty-tag"),
        (reply(""), "empty-tag"),
        (reply("melanoma", ""), "empty-tag"),
        (reply("melanoma", "not malignant; benign"), "unknown-condition"),
        (reply("melanoma", "malignant."), "unknown-condition"),
        (reply("melanoma", "cancer"), "unknown-condition"),
        (reply("melanoma", rationale="a" * 65_536), "too-long"),
        (reply("melanoma", rationale="é" * 33_000), "too-long"),
    ],
)
def test_every_way_to_be_malformed_has_its_reason(text, reason):
    assert parse(text) == Malformed(Reason(reason))


@given(st.text(max_size=300))
def test_parsing_never_raises_on_a_models_text(text):
    parse(text)
    parse(text, dialect="released")
    parse(reply(text, rationale=text), options=OPTIONS)


answers = st.builds(
    Answer,
    st.text(min_size=1).map(lambda s: "r" + s.replace("<", "‹").strip()).map(str.strip),
    st.text(min_size=1, max_size=80).map(lambda s: "d" + s.replace("<", "‹")).map(str.strip),
    st.sampled_from(Condition),
)


@given(answers)
def test_rendering_then_parsing_gives_the_answer_back(answer):
    assert parse(render(answer)) == answer


@pytest.mark.parametrize("broken", ["", " melanoma", "<diagnosis>", "a</thinking>"])
def test_an_answer_that_could_not_be_parsed_back_cannot_be_built(broken):
    with pytest.raises(RecordInvalid):
        Answer("a", broken, Condition.BENIGN)


# -- multiple choice ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("B", "melanoma"),
        ("b", "melanoma"),
        ("B.", "melanoma"),
        ("B)", "melanoma"),
        ("(B)", "melanoma"),
        ("B. melanoma", "melanoma"),
        ("(B) Melanoma", "melanoma"),
        ("B) melanoma", "melanoma"),
        ("MELANOMA", "melanoma"),
        ("Benign keratosis", "benign keratosis"),
        ("D. benign keratosis", "benign keratosis"),
    ],
)
def test_accepted_ways_to_choose_an_option(text, chosen):
    assert parse(reply(text), options=OPTIONS).diagnosis == chosen


@pytest.mark.parametrize(
    "text", ["Benign", "Melanoma (option B)", "Because of its border", "E", "Z.", "option B", "B C"]
)
def test_a_text_that_names_no_option_stays_what_it_is(text):
    assert parse(reply(text), options=OPTIONS).diagnosis == text


@pytest.mark.parametrize("text", ["A. melanoma", "(C) melanoma", "B. squamous cell carcinoma", "Z. melanoma"])
def test_a_letter_and_a_label_that_disagree_are_malformed(text):
    assert parse(reply(text), options=OPTIONS) == Malformed(Reason.AMBIGUOUS_OPTION)


@pytest.mark.parametrize("options", [(), ("a", "A"), ("", "b"), tuple(f"o{n}" for n in range(27))])
def test_a_question_no_reply_could_answer_is_our_own_error(options):
    with pytest.raises(OptionsInvalid):
        parse(GOOD, options=options)
    with pytest.raises(OptionsInvalid):
        instruction(options)


def test_the_instruction_names_every_tag_once_and_lists_the_options_with_letters():
    text = instruction(OPTIONS)
    assert all(text.count(f"<{tag}>") == 1 for tag in ("thinking", "diagnosis", "condition"))
    assert "B. melanoma" in text
    assert ABSTAIN not in text


# -- the published checkpoint's dialect --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("final", "diagnosis", "condition"),
    [
        ("B: melanoma, malignant", "melanoma", Condition.MALIGNANT),
        ("B: melanoma (malignant)", "melanoma", Condition.MALIGNANT),
        ("B. melanoma\nLesion condition: malignant", "melanoma", Condition.MALIGNANT),
        ("B, malignant", "melanoma", Condition.MALIGNANT),
        ("melanoma; precancerous in situ.", "melanoma", Condition.PRECANCEROUS),
    ],
)
def test_the_released_dialect_holds_option_and_condition_in_one_tag(final, diagnosis, condition):
    text = f"<thinking>a</thinking>\n<final diagnosis>{final}</final diagnosis>"
    assert parse(text, options=OPTIONS, dialect="released") == Answer("a", diagnosis, condition)


@pytest.mark.parametrize("final", ["B: melanoma", "melanoma, not malignant", "malignant"])
def test_the_released_dialect_without_option_or_condition_is_malformed(final):
    text = f"<thinking>a</thinking>\n<final diagnosis>{final}</final diagnosis>"
    assert isinstance(parse(text, options=OPTIONS, dialect="released"), Malformed)


def test_the_two_dialects_never_read_each_other():
    released = render(Answer("a", "melanoma", Condition.MALIGNANT), dialect="released")
    assert isinstance(parse(released), Malformed)
    assert isinstance(parse(GOOD, dialect="released"), Malformed)


@given(st.sampled_from(OPTIONS), st.sampled_from(Condition))
def test_the_released_dialect_renders_what_it_reads(label, condition):
    text = render(Answer("a", label, condition), dialect="released")
    expected = Condition.BENIGN if condition is Condition.NON_NEOPLASTIC else condition
    assert parse(text, options=OPTIONS, dialect="released") == Answer("a", label, expected)
