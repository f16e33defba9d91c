from __future__ import annotations

import httpx
import pytest

from kg_service.wire import MeetRequest, ResolveRequest, ScoreRequest


@pytest.mark.parametrize(
    ("path", "model"), [("/resolve", ResolveRequest), ("/meet", MeetRequest), ("/score", ScoreRequest)]
)
def test_the_examples_in_the_documentation_work(http: httpx.Client, path: str, model: type):
    for example in model.model_json_schema()["examples"]:
        assert http.post(path, json=example).status_code == 200
