from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("fastapi", "starlette", "sqlmodel", "sqlalchemy", "rdflib", "pyoxigraph", "pyshacl", "torch", "transformers")

_IMPORT = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("package", ["kg_service.core", "kg_service.client"])
def test_core_and_client_need_neither_web_nor_sql_nor_rdf_nor_torch(package: str):
    done = subprocess.run([sys.executable, "-c", _IMPORT, package], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "numpy" in loaded
    assert not set(HEAVY) & set(loaded)
