from datetime import UTC, datetime
import httpx, pytest
from kg_service.editorial import migrate
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database
from kg_service.settings import Settings
from ..live import serving

BAD = ["%00", "a%00b", "%ff", "..%2f..%2fx", "9"*400, "-1", "%F0%9F%98%80", "%ED%A0%80", "proposal-99999999999999999999999", "x"*5000, "sha256:%00"]

def test_fuzz(postgres_url, tmp_path):
    db = Database(Settings(data=tmp_path, database_url=postgres_url).url); migrate.ensure(db) if hasattr(migrate,'ensure') else None
    with serving(tmp_path, database_url=postgres_url) as url:
        tok = issue_token(db, "admin", name="adm", now=datetime.now(UTC))
        doc = httpx.get(url + "/openapi.json").json()
        h = {"Authorization": f"Bearer {tok}"}
        bad = []
        with httpx.Client(base_url=url, headers=h, timeout=60) as c:
            for path, ops in doc["paths"].items():
                for m, op in ops.items():
                    params = op.get("parameters", [])
                    for b in BAD:
                        p = path
                        for q in params:
                            if q["in"] == "path": p = p.replace("{" + q["name"] + "}", b)
                        qs = "&".join(f"{q['name']}={b}" for q in params if q["in"] == "query")
                        for variant in {p, p + "?" + qs} | {p + f"?{q['name']}={b}" for q in params if q["in"] == "query"}:
                            try: r = c.request(m, variant, content=b'{"name":"a\\u0000b","labels":["a\\u0000"],"message":"a\\u0000","purpose":"a"}' if m in ("post", "put", "patch") else None, headers={"If-None-Match": "*"} if m=="put" else {})
                            except Exception as e: bad.append((m, variant[:120], repr(e))); continue
                            if r.status_code >= 500: bad.append((m, variant[:120], r.status_code, r.text[:150]))
        print(len(bad))
        seen=set()
        for x in bad:
            k=(x[0],x[1].split("?")[0][:40],str(x[2]))
            if k not in seen: seen.add(k); print(x)
        assert not bad
