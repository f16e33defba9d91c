"""Selective: where climbing pays and where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from eval.experiments.asking import Answers
from eval.experiments.chains import Finished
from eval.experiments.experiment import Findings
from eval.experiments.selective import Settings, report
from eval.experiments.verdict import Word
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge

from .scored import sampled

SETTINGS = Settings(model="m", resamples=300)
SSM, NODULAR = "superficial-spreading-melanoma", "nodular-melanoma"


def found(knowledge: Knowledge, *cases: tuple[str, list[str]]) -> Findings:
    return report(SETTINGS, [Answers(0, Finished(Path("run")), {"m": sampled(knowledge, *cases)})], knowledge)


def test_climbing_pays_where_samples_waver_between_siblings(knowledge: Knowledge) -> None:
    sure = [("psoriasis", ["psoriasis"] * 4)] * 20
    wavering = [(SSM, [NODULAR, NODULAR, NODULAR, SSM])] * 20
    findings = found(knowledge, *sure, *wavering)
    assert findings.verdict.word is Word.CONFIRMED
    assert findings.verdict.high < 0


def test_climbing_cannot_pay_where_all_samples_agree(knowledge: Knowledge) -> None:
    findings = found(knowledge, *[("psoriasis", ["psoriasis"] * 4)] * 12, *[("psoriasis", [SSM] * 4)] * 12)
    assert findings.verdict.word is Word.INCONCLUSIVE
    assert findings.verdict.value == pytest.approx(0)


def test_the_fallback_table_counts_every_case_once_at_each_threshold(knowledge: Knowledge) -> None:
    findings = found(
        knowledge,
        (SSM, [NODULAR, NODULAR, SSM, SSM]),
        ("melanoma", [SSM] * 4),
        ("psoriasis", [SSM] * 4),
        (SSM, [""] * 4),
    )
    (table,) = (one for one in findings.tables if one.name == "fallback")
    rows = {row[1]: dict(zip(table.columns[2:], row[2:], strict=True)) for row in table.rows}
    assert all(sum(row.values()) == pytest.approx(1) for row in rows.values())  # type: ignore[arg-type]
    assert rows[1.0] == {"gold": 0, "coarser": 0.25, "finer": 0.25, "wrong": 0.25, "nothing": 0.25}


def test_one_sample_a_case_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(ValidationError, match="samples"):
        Settings.model_validate({"generation": {"samples": 1}})
    with pytest.raises(RecordInvalid, match="one sample"):
        found(knowledge, ("psoriasis", ["psoriasis"]))
