"""Text to concept: what folds together, what never does, and what is nobody's name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core.concept import Concept, Condition, CrosswalkEntry, Feature, FeatureKind
from kg_service.core.errors import GoldUnresolved, KnowledgeInvalid
from kg_service.core.fold import fold
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Ambiguous, How, LabelIndex, Resolved, Unresolved
from kg_service.core.mentions import MentionFinder

from ..mini import CONCEPTS, CROSSWALK, FEATURES, mini

NAMES = (
    "hyperpigmentation",
    "hypopigmentation",
    "neurofibromatosis type 1",
    "neurofibromatosis type 2",
    "seborrheic keratosis",
    "basal cell carcinoma",
    "squamous cell carcinoma",
    "hemangioma",
    "angioedema",
    "verruca vulgaris",
    "Kaposi sarcoma",
    "extranodal NK/T-cell lymphoma, nasal type",
    "nevus sebaceous of Jadassohn",
    "acral lentiginous melanoma",
    "non-melanoma skin cancer",
    "lentigo",
    "Sézary syndrome",
    "tinea capitis",
    "scabies",
    "pseudolymphoma",
    "plaque-type blue nevus",
    "nevus-like melanoma",
    "Hailey-Hailey disease",
    "Still disease",
    "spindle cell squamous cell carcinoma",
    "acne",
    "rosacea",
    "acne rosacea of old books",
    "junctional disease, non-Herlitz",
)
INDEX = LabelIndex({name: Concept(name, name, (), Condition.BENIGN) for name in NAMES}, ())


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Seborrhoeic Keratoses", "seborrheic keratosis"),
        ("seborrheic_keratosis", "seborrheic keratosis"),
        ("Carcinoma, squamous cell", "squamous cell carcinoma"),
        ("squamous-cell carcinomas", "squamous cell carcinoma"),
        ("haemangiomata", "hemangioma"),
        ("Angiooedema", "angioedema"),
        ("verrucae vulgares", "verruca vulgaris"),
        ("Kaposi's sarcoma", "Kaposi sarcoma"),
        ("Extranodal NK-T cell lymphoma (nasal type)", "extranodal NK/T-cell lymphoma, nasal type"),
        ("Naevus_Sebaceous_of_Jadassohn", "nevus sebaceous of Jadassohn"),
        ("melanoma-acral-lentiginous", "acral lentiginous melanoma"),
        ("ALM (acral lentiginous melanoma)", "acral lentiginous melanoma"),
        ("acral lentiginous melanoma (AL)", "acral lentiginous melanoma"),
        ("squamous cell carcinoma (SCC)", "squamous cell carcinoma"),
        ("Neurofibromatosis Type II", "neurofibromatosis type 2"),
        ("lentigines", "lentigo"),
        ("SEZARY SYNDROME", "Sézary syndrome"),
        ("hemangioma, NOS", "hemangioma"),
        ("lentigo (disorder)", "lentigo"),
        ("non-melanoma skin cancers", "non-melanoma skin cancer"),
        ("Non Melanoma Skin Cancer", "non-melanoma skin cancer"),
        ("pseudolymphomas", "pseudolymphoma"),
        ("BasalCellCarcinoma", "basal cell carcinoma"),
        ("hyper-pigmentation", "hyperpigmentation"),
        ("Kaposis sarcoma", "Kaposi sarcoma"),
        ("squamous cell carcinoma / squamous-cell carcinomas", "squamous cell carcinoma"),
        ("SCC - squamous cell carcinoma", "squamous cell carcinoma"),
        ("(SCC) squamous cell carcinoma", "squamous cell carcinoma"),
        ("hemangioma aka haemangioma", "hemangioma"),
        ("lentigo type", "lentigo"),
        ("blue nevus, plaque", "plaque-type blue nevus"),
        ("blue nevus, plaque type", "plaque-type blue nevus"),
        ("Hailey-Hailey", "Hailey-Hailey disease"),
        ("Hailey Hailey's", "Hailey-Hailey disease"),
        ("12_Lentigo", "lentigo"),
        ("Lentigo_0042", "lentigo"),
        ("non-Herlitz junctional disease", "junctional disease, non-Herlitz"),
    ],
)
def test_spellings_of_one_name_fold_together(text, concept):
    found = INDEX.resolve(text)
    assert isinstance(found, Resolved), found
    assert (found.concept, found.how) == (concept, How.FOLDED)


@pytest.mark.parametrize(
    "text",
    [
        "hypepigmentation",
        "neurofibromatosis type 3",
        "neurofibromatosis",
        "seborrheic keratitis",
        "squamous cell papilloma",
        "tinea corporis",
        "cell carcinoma",
        "squamous cell carcinoma of lung",
        "lentigo hemangioma",
        "lentigo; hemangioma",
        "lentigo and hemangioma",
        "hemangioma/lentigo",
        "hemangioma - lentigo",
        "hemangioma | lentigo",
        "hemangioma: lentigo",
        "hemangioma aka lentigo",
        "XYZ (squamous cell carcinoma)",
        "basal cell carcinoma, squamous cell carcinoma",
        "scabiestinea",
        "melanoma-like nevus",
        "still",
        "acne/rosacea",
        "acne, rosacea",
        "acne + rosacea",
        "acne - rosacea",
        "s c a b i e s",
        "",
        "   ",
        "?",
        "🙂",
        "<script>alert(1)</script>",
        "a" * 100_000,
    ],
)
def test_what_no_label_says_is_unresolved(text):
    assert isinstance(INDEX.resolve(text), Unresolved)


@pytest.mark.parametrize("name", ["lentigo", "squamous cell carcinoma", "scabies"])
@pytest.mark.parametrize(
    "frame",
    [
        "no {}",
        "not {}",
        "No evidence of {}",
        "rule out {}",
        "r/o {}",
        "{}?",
        "? {}",
        "{} vs hemangioma",
        "possible {}",
        "{} (excluded)",
        "{}, probable",
        "{} or hemangioma",
        "without {}",
        "suspicious for {}",
        "non-{}",
        "{} (?)",
    ],
)
def test_a_negated_or_hedged_name_is_nobodys_name(frame, name):
    found = INDEX.resolve(frame.format(name))
    assert isinstance(found, Unresolved)
    assert found.reason in {"negated", "hedged"}


def test_a_joined_text_is_compound_even_where_the_joint_folds_into_a_name():
    named = {"a": "acne", "r": "rosacea", "x": "acne rosacea"}
    index = LabelIndex({id_: Concept(id_, name, (), Condition.NON_NEOPLASTIC) for id_, name in named.items()}, ())
    assert index.resolve("acne rosacea").concept == index.resolve("acne_rosacea").concept == "x"
    for text in ("acne/rosacea", "acne, rosacea", "acne;rosacea", "acne - rosacea"):
        assert index.resolve(text) == Unresolved("compound")


def test_an_inverted_name_is_told_from_a_list_by_its_head():
    other = Condition.NON_NEOPLASTIC
    named = [
        Concept("p", "panniculitis"),
        Concept("l", "lupus", (), other),
        Concept("lp", "lupus panniculitis", ("p",), other),
    ]
    index = LabelIndex({concept.id: concept for concept in named}, ())
    assert index.resolve("panniculitis, lupus").concept == "lp"
    assert index.resolve("lupus, panniculitis") == index.resolve("lupus/panniculitis") == Unresolved("compound")


def test_an_abbreviation_inside_a_name_is_written_out():
    named = {"s": ("squamous cell carcinoma", "SCC"), "v": ("spindle cell squamous cell carcinoma",)}
    index = LabelIndex({i: Concept(i, n[0], (), Condition.MALIGNANT, alt_labels=n[1:]) for i, n in named.items()}, ())
    assert index.resolve("spindle cell SCC").concept == index.resolve("SCC, spindle cell").concept == "v"
    assert isinstance(index.resolve("SCC of lung"), Unresolved)


def test_a_member_after_its_group_names_the_member(knowledge):
    for text in ("melanoma - nodular melanoma", "melanoma: nodular melanoma", "melanoma (nodular melanoma)"):
        assert knowledge.resolve(text).concept == "nodular-melanoma"
    assert isinstance(knowledge.resolve("melanoma - psoriasis"), Unresolved)
    assert isinstance(knowledge.resolve("melanoma/nodular melanoma"), Unresolved)  # "/" may mean or


@pytest.mark.parametrize("text", ["BCC_vs_SCC", "not_melanoma", "suspected_scabies", "lentigo unconfirmed"])
def test_an_underscore_hides_no_hedge(text):
    assert INDEX.resolve(text).reason in {"hedged", "negated"}


def test_look_alikes_stay_apart():
    assert INDEX.resolve("hyperpigmentation") != INDEX.resolve("hypopigmentation")
    assert INDEX.resolve("neurofibromatosis type 1") != INDEX.resolve("neurofibromatosis type 2")
    assert isinstance(INDEX.resolve("hyperpigmentations"), Resolved)


@pytest.mark.parametrize("text", ["Bowen's disease", "Bowens disease", "Bowen disease", "BOWEN’S DISEASE"])
def test_eponyms_fold_with_and_without_their_possessive(knowledge, text):
    assert knowledge.resolve(text).concept == "bowen-disease"


def test_an_ambiguous_label_names_its_candidates_and_guesses_none(knowledge):
    assert knowledge.resolve("MM") == Ambiguous(("melanoma", "multiple-myeloma"), How.SYNONYM, "MM")


def test_a_bracket_that_narrows_a_group_names_the_member(knowledge):
    assert knowledge.resolve("melanoma (SSM)").concept == "superficial-spreading-melanoma"
    assert knowledge.resolve("superficial spreading melanoma (melanoma)").concept == "superficial-spreading-melanoma"


@pytest.mark.parametrize("text", ["Sjoegren syndrome", "Sjögren's syndrome", "Sjogren syndrome", "Sjögrens Syndrome"])
def test_umlauts_are_typed_in_three_ways(text):
    index = LabelIndex({"s": Concept("s", "Sjögren syndrome", (), Condition.NON_NEOPLASTIC)}, ())
    assert index.resolve(text).concept == "s"


def test_an_ambiguous_eponym_is_ambiguous_in_every_spelling():
    named = {
        c: Concept(c, f"{c} eruption", (), Condition.NON_NEOPLASTIC, ambiguous_labels=("Kaposi eruption",))
        for c in "ab"
    }
    assert LabelIndex(named, ()).resolve("Kaposis eruption").concepts == ("a", "b")


def test_a_number_closes_up_but_other_short_names_do_not():
    named = {"n": Concept("n", "NF1", (), Condition.NON_NEOPLASTIC), "a": Concept("a", "SSM", (), Condition.MALIGNANT)}
    index = LabelIndex(named, ())
    assert index.resolve("NF-1").concept == "n"
    assert isinstance(index.resolve("S sm"), Unresolved)


def test_two_labels_alike_without_spaces_are_ambiguous_and_never_guessed():
    named = [
        Concept("a", "nonmelanoma lesion", (), Condition.BENIGN),
        Concept("b", "non melanoma-lesion", (), Condition.BENIGN),
    ]
    index = LabelIndex({c.id: c for c in named}, ())
    assert index.resolve("nonmelanomalesion").concepts == ("a", "b")


def test_a_bracket_that_names_something_else_is_ambiguous(knowledge):
    found = knowledge.resolve("basal cell carcinoma (psoriasis)")
    assert isinstance(found, Ambiguous)
    assert found.concepts == ("basal-cell-carcinoma", "psoriasis")


def test_the_crosswalk_answers_only_its_own_dataset(knowledge):
    assert knowledge.resolve("NV", dataset="HAM10000") == Resolved("melanocytic-nevus", How.CROSSWALK, "nv")
    assert isinstance(knowledge.resolve("nv"), Unresolved)
    assert isinstance(knowledge.resolve("nv", dataset="midas"), Unresolved)
    assert knowledge.resolve("6-benign-other", dataset="midas").reason == "not-a-disease"
    several = knowledge.resolve("reed or spitz nevus", dataset="derm7pt")
    assert isinstance(several, Ambiguous)
    assert several.concepts == ("blue-nevus", "junctional-nevus")
    assert knowledge.resolve("mole", dataset="ham10000").how is How.SYNONYM


def test_how_says_which_rule_matched(knowledge):
    assert knowledge.resolve("Melanoma").how is How.PREFERRED
    assert knowledge.resolve("malignant melanoma").how is How.SYNONYM
    assert knowledge.resolve("malignant melanomas") == Resolved("melanoma", How.FOLDED, "malignant melanoma")


@given(st.text(max_size=60))
def test_resolution_never_raises_and_never_invents(text):
    found = INDEX.resolve(text)
    if isinstance(found, Resolved):
        assert set(fold(found.matched).split()) <= set(fold(text).split()) | {"of", "the", "de"}


@given(st.sampled_from([label for c in CONCEPTS for label in (c.pref_label, *c.alt_labels)]), st.data())
def test_case_punctuation_and_space_never_change_the_answer(label, data):
    decorate = data.draw(
        st.sampled_from([str.upper, str.title, lambda s: f"  {s} ", lambda s: s.replace(" ", "_"), lambda s: s + "."])
    )
    assert mini().resolve(decorate(label)).concept == mini().resolve(label).concept


def test_two_concepts_with_one_label_are_refused_with_the_way_out():
    twin = Concept("other", "Naevi", ("neoplasm",), Condition.BENIGN)
    with pytest.raises(KnowledgeInvalid, match=r"melanocytic-nevus and other.*skr:ambiguousLabel"):
        Knowledge((*CONCEPTS, twin), FEATURES)


def test_a_label_declared_ambiguous_by_one_side_only_is_refused():
    one_sided = [replace(c, ambiguous_labels=(), alt_labels=("MM",)) if c.id == "melanoma" else c for c in CONCEPTS]
    with pytest.raises(KnowledgeInvalid, match="MM"):
        Knowledge(one_sided, FEATURES)


def test_a_crosswalk_to_nowhere_is_refused():
    with pytest.raises(KnowledgeInvalid, match="names nobody"):
        Knowledge(CONCEPTS, FEATURES, (), (CrosswalkEntry("x", "y", ("nobody",)),))
    with pytest.raises(KnowledgeInvalid, match="twice"):
        Knowledge(CONCEPTS, FEATURES, (), (*CROSSWALK, CrosswalkEntry("ham10000", "NV", ("melanoma",))))


def test_a_gold_that_names_no_single_concept_stops_the_job(knowledge):
    assert knowledge.gold("melanoma") == knowledge.gold("Malignant Melanoma") == "melanoma"
    for text in ("MM", "chickenpoxx", "no melanoma", ""):
        with pytest.raises(GoldUnresolved, match="crosswalk"):
            knowledge.gold(text)


def test_search_says_which_label_matched_and_puts_equal_before_contained(knowledge):
    assert knowledge.search("mole") == [("melanocytic-nevus", "mole")]
    assert knowledge.search("melanoma")[0][0] == "melanoma"
    assert ("bowen-disease", "Bowen's disease") in knowledge.search("bow")
    assert ("neoplasm", "tumour") in knowledge.search("tumor")
    assert knowledge.search("") == knowledge.search("<img src=x>") == []


def test_suggestions_are_for_people_and_never_resolve(knowledge):
    [(concept, _, score), *_] = knowledge.suggest("seborheic keratosis")
    assert concept == "seborrheic-keratosis"
    assert score > 0.9
    assert isinstance(knowledge.resolve("seborheic keratosis"), Unresolved)


def test_mentions_take_the_longest_label_and_notice_negation(knowledge):
    text = "Irregular border. This is superficial spreading melanoma, not a melanocytic nevus; no scaling."
    named = [(m.id, m.negated) for m in knowledge.concept_mentions(text)]
    assert named == [("superficial-spreading-melanoma", False), ("melanocytic-nevus", True)]
    assert [(m.id, m.negated) for m in knowledge.feature_mentions(text)] == [
        ("irregular-border", False),
        ("scale", True),
    ]
    for mention in knowledge.concept_mentions(text):
        assert text[mention.start : mention.end] == mention.text


def test_an_abbreviation_in_capitals_is_no_plural_and_no_everyday_word():
    names = {"ed": Concept("ed", "ED", (), Condition.BENIGN), "eds": Concept("eds", "EDS", (), Condition.BENIGN)}
    index = LabelIndex(names, ())
    assert index.resolve("EDS.").concept == index.resolve("eds").concept == "eds"
    finder = MentionFinder({"ten": ("TEN", "toxic epidermal necrolysis")})
    assert [m.text for m in finder.find("ten patients with TEN")] == ["TEN"]


def test_a_feature_inside_a_diseases_name_is_not_seen_on_the_skin():
    blue = Feature("blue", "blue", FeatureKind.COLOR)
    named = Knowledge(CONCEPTS, (*FEATURES, blue))
    assert named.feature_mentions("a blue nevus") == ()
    assert [m.text for m in named.feature_mentions("a blue nevus, blue all over")] == ["blue"]


def test_a_mention_does_not_run_over_the_end_of_a_clause():
    finder = MentionFinder({"x": ("blue nevus",)})
    assert finder.find("It is blue. Nevus?") == ()
    assert [m.text for m in finder.find("a blue-nevus")] == ["blue-nevus"]
