"""A live service whose disk is full: writes are refused clearly, reads go on, nothing acknowledged is lost."""

from __future__ import annotations

from pathlib import Path

import httpx

from kg_service.editorial.database import Database
from kg_service.editorial.verify import findings

from ..live import MINI, process_serving, run, spawn, wait_until_ready
from ..patience import PATIENCE

# A limit on the size of files is what a full disk is to a program, and needs no disk of its own.
_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from kg_service.__main__ import main
sys.exit(main(sys.argv[2:]))
"""


def test_a_full_disk_is_a_503_and_what_was_acknowledged_is_there_afterwards(tmp_path: Path):
    data = tmp_path / "data"
    with process_serving(data):
        pass
    token = run("admin", "token", "--data", data, "--role", "admin").stdout.strip()
    limit = (data / "skin.db").stat().st_size + 16_384
    arguments = ("serve", "--port", "0", "--data", data, "--ontologies", MINI)
    started = wait_until_ready(spawn(str(limit), *arguments, program=("-c", _LIMITED)))
    acknowledged: list[str] = []
    refused: httpx.Response | None = None
    with httpx.Client(base_url=started.url, headers={"Authorization": f"Bearer {token}"}) as http:
        for place in range(2000):
            name = f"account-{place}-" + "x" * 40
            answer = http.post("/v1/accounts", json={"name": name, "role": "reader"})
            if answer.status_code != 201:
                refused = answer
                break
            acknowledged.append(name)
        assert refused is not None, "the limit was never reached"
        assert acknowledged, "something fitted before"
        assert (refused.status_code, refused.json()["code"]) == (503, "storage-unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert "disk" in refused.json()["detail"] or "space" in refused.json()["detail"]
        assert http.get("/v1/concepts/melanoma").status_code == 200
        assert http.get("/v1/releases").status_code == 200
        listed = {item["name"] for item in http.get("/v1/accounts").json()["items"]}
        assert set(acknowledged) <= listed
    started.process.terminate()
    assert started.process.wait(timeout=PATIENCE) == 0
    with process_serving(data) as again, httpx.Client(headers={"Authorization": f"Bearer {token}"}) as http:
        listed = {item["name"] for item in http.get(f"{again.url}/v1/accounts").json()["items"]}
        assert set(acknowledged) <= listed
        after = http.post(f"{again.url}/v1/accounts", json={"name": "room-again", "role": "reader"})
        assert after.status_code == 201, after.text
    database = Database(f"sqlite:///{data}/skin.db")
    with database.reading() as session:
        assert findings(session) == []
    database.close()
