"""The house keeps its own rules: one slim wheel, true README, no machine's secrets in the tree."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import httpx
import pytest
import yaml
from packaging.requirements import Requirement

from kg_service.editorial.migrate import REVISIONS
from kg_service.settings import SETTINGS
from kg_service.web.vendor import vendored

from ..live import MINI, wait_until_ready
from ..patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip")
ALONE = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")  # no network is asked


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", *ALONE, "--no-build-isolation", "-w", folder, "."], cwd=ROOT, check=True)
    [built] = folder.glob("*.whl")
    return built


def environment_of(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """The Python of a new environment that holds the wheel alone, and its folder of packages."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", *ALONE, wheel], check=True)
    [site] = (folder / "lib").glob("python*/site-packages")
    return python, site


def base_files(site: Path) -> set[Path]:
    """What the wheel there depends on without extras, as files and folders of this environment: no network is asked."""
    [wheel] = distributions(path=[str(site)])
    found: dict[str, Distribution] = {}
    waiting = [wheel]
    while waiting:
        for text in waiting.pop().requires or ():
            needed = Requirement(text)
            if needed.name not in found and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
                found[needed.name] = distribution(needed.name)
                waiting.append(found[needed.name])
    files = [(each, file) for each in found.values() for file in each.files or () if file.parts[0] != ".."]
    return {Path(str(each.locate_file(file.parts[0]))) for each, file in files if file.parts[0] != "__pycache__"}


def test_the_wheel_holds_kg_service_and_nothing_else(wheel: Path):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"kg_service"}


def test_the_wheel_carries_every_step_of_the_tables(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    folder = "kg_service/editorial/migrations"
    steps = {name.split("/")[-1][:4] for name in names if name.startswith(f"{folder}/versions/0")}
    assert steps == set(REVISIONS)
    assert f"{folder}/env.py" in names


def test_core_and_client_work_in_an_environment_with_the_base_dependencies_alone(wheel: Path, tmp_path: Path):
    python, site = environment_of(wheel, tmp_path / "env")
    for top in base_files(site):
        (site / top.name).symlink_to(top)
    code = (
        "import sys, kg_service.core.reward, kg_service.core.change, kg_service.client, kg_service.job;"
        "print(sorted({m.split('.')[0] for m in sys.modules}"
        " & {'fastapi', 'starlette', 'sqlmodel', 'sqlalchemy', 'rdflib', 'pyoxigraph', 'torch', 'scipy'}))"
    )
    found = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_wheel_serves_every_asset_of_the_desk(wheel: Path, tmp_path: Path):
    """Check 21."""
    python, site = environment_of(wheel, tmp_path / "env")
    ours = sysconfig.get_path("purelib")
    (site / "dependencies.pth").write_text(ours)  # what .pth files there say, our editable self, does not count here
    found = subprocess.run(
        [python, "-c", "import kg_service as k; print(k.__file__)"], cwd=tmp_path, capture_output=True
    )
    assert Path(found.stdout.decode().strip()).is_relative_to(site)
    serve = [python, "-m", "kg_service", "serve", "--port", "0", "--data", tmp_path / "data", "--ontologies", MINI]
    process = subprocess.Popen(serve, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=wait_until_ready(process).url) as http:
            for page in ("/", "/docs"):
                answer = http.get(page).raise_for_status()
                named = re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)
                assert len(named) >= 4
                for asset in named:
                    sent = http.get(asset).raise_for_status()
                    assert sent.headers["cache-control"] == "public, max-age=31536000, immutable", (
                        "the version is right"
                    )
            for each in vendored():
                sent = http.get(f"/static/vendor/{each.file}").raise_for_status()
                assert hashlib.sha256(sent.content).hexdigest() == each.sha256, each.file
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize("room", ["kg_service", "synth", "training", "eval"])
def test_help_answers_before_any_heavy_import(room):
    code = (
        f"import runpy, sys; sys.argv = ['{room}', '--help']\n"
        f"try: runpy.run_module('{room}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'trl', 'sklearn', 'matplotlib', 'rdflib', 'fastapi', 'sqlmodel',"
        " 'numpy', 'pydantic', 'httpx', 'networkx', 'openai', 'PIL'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith("HEAVY []"), found.stdout
    assert "usage" in found.stdout.lower()


def test_no_file_names_a_machine_or_a_registry():
    # The needles are put together here so that this file does not hold them itself.
    needles = ["/" + "work/", "/" + "farm/", "/" + "root/", "index" + "-url", "pythonhosted" + ".org"]
    guilty = [
        f"{path.relative_to(ROOT)}: {needle}"
        for path in tracked()
        if path.suffix not in {".png", ".parquet"}
        for needle in needles
        if needle in path.read_text(encoding="utf-8", errors="ignore")
    ]
    assert guilty == []


def test_the_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|    )make ([a-z]+)", (ROOT / "README.md").read_text()))
    assert {"demo", "test"} <= named <= targets


def test_every_package_asked_for_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    asked += [
        item
        for extra, items in project["optional-dependencies"].items()
        if extra not in {"gpu", "all"}
        for item in items
    ]
    name = re.compile(r"^[A-Za-z0-9._-]+")
    pinned = {
        name.match(line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    missing = {name.match(item)[0].lower().replace("_", "-") for item in asked} - pinned
    assert missing == set()


def compose_services() -> dict[str, dict]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def test_compose_is_valid_yaml_whose_services_depend_on_each_other():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]
    assert {"kg", "migrate", "proxy", "postgres", "oxigraph", "feed", "vllm"} <= set(services)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert "image" in service or "build" in service
        named = {
            volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(("$", ".", "/"))
        }
        assert named <= set(compose["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(compose["configs"])
    assert services["kg"]["deploy"]["replicas"] >= 2
    assert "ports" not in services["kg"], "replicas share no port; the proxy has it"


def test_compose_starts_what_depends_on_something_after_it_is_ready():
    services = compose_services()
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                built_here = services[other].get("build")
                assert built_here or "healthcheck" in services[other], f"{name} waits for {other}, which says nothing"


def test_compose_speaks_to_hosts_verbs_and_settings_that_exist():
    services = compose_services()
    ours = [service for service in services.values() if "build" in service]
    for service in ours:
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        settings = {name for name in service["environment"] if name.startswith("SKIN_R1_")}
        assert settings <= set(SETTINGS)
        hosts = re.findall(r"(?:@|//)([a-z]+):\d+", " ".join(map(str, service["environment"].values())))
        assert set(hosts) <= set(services)
        verb = [*service.get("command", ["serve"]), "--help"]
        done = subprocess.run([sys.executable, "-m", "kg_service", *verb], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, f"no such verb: {verb}"
    text = (ROOT / "compose.yaml").read_text()
    assert set(re.findall(r"dynamic a (\w+)", text)) <= set(services)
    assert not re.search(r"PASSWORD:-", text), "no password has a default"


def test_the_container_is_built_by_the_commands_of_the_readme_and_runs_as_nobody_special():
    text = (ROOT / "Containerfile").read_text()
    install = re.search(r"pip install .*?-c constraints.txt .*", text)
    assert install, "the pinned install of the Makefile"
    for sources in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    user = re.search(r"^USER (\w+)$", text, re.MULTILINE)
    assert user
    assert user[1] != "root"
    assert text.index("pip install") < text.index("USER "), "its own files are not its to change"
    assert set(re.findall(r"SKIN_R1_\w+", text)) <= set(SETTINGS)
    assert "HEALTHCHECK" in text
    words = json.loads(re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", text, re.MULTILINE)[0])
    assert words == ["python", "-m", "kg_service"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = {
        source.rstrip("/")
        for sources in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE)
        for source in sources.split()
    }
    assert not copied & set(ignored)
    assert {".git", "data"} <= set(ignored), "neither history nor somebody's data gets into an image"


def test_the_docs_of_the_rooms_name_files_that_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in re.findall(r"`((?:kg_service|synth|training|eval|ontologies|tests)/[\w./-]+)`", text):
        assert (ROOT / name).exists() or (ROOT / f"{name}.py").exists(), name
