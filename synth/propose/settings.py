"""The configuration of `python -m synth propose`. Written by hand in TOML; unknown keys fail."""

from __future__ import annotations

from pydantic import Field

from kg_service.client import KnowledgeSource

from ..model.settings import ModelSettings
from ..part import Part


class ProposeFloors(Part):
    """`confidence` is what a candidate must have to be offered, in [0, 1]. Below it, it is only reported.

    As it is, names, the signs that tell apart and the pairs of questions and answers are offered; at 0.86 also the
    signs of descriptions and the pairs of single sentences.
    """

    confidence: float = Field(default=0.88, ge=0, le=1)


class ProposeConfig(Part):
    """Where passages come from, who reads them, and what is good enough to be offered.

    `passages` is a JSONL file of `Passage`; empty means `passages.jsonl` of the run directory. Rules read them; where
    `model.name` is set, a model reads them too. `token_env` names the environment variable with the bearer token.
    """

    knowledge: KnowledgeSource
    passages: str = ""
    model: ModelSettings = ModelSettings()
    floors: ProposeFloors = ProposeFloors()
    token_env: str = "SKIN_R1_TOKEN"
