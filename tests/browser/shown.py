"""The pictures of the README, taken anew: `python -m tests.browser.shown`. No dataset image is in them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from kg_service.editorial.opening import open_data
from kg_service.settings import Settings

from ..live import ROOT
from .people import FLAGS, chromium, desk_at
from .story import tell

PICTURES = ROOT / "kg_service" / "web" / "pictures"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        stored = Path(folder) / "stored"
        open_data(Settings(data=stored, ontologies=ROOT / "ontologies"), now=datetime.now(UTC)).database.close()
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with desk_at(browser, stored, Path(folder)) as desk:
            story = tell(desk)
            page = desk.page("bob", "reviewer", viewport={"width": 1280, "height": 960})
            for name, address in (
                ("disease", "/n/bowen-disease"),
                ("compare", "/compare/melanoma/seborrheic-keratosis"),
                ("proposal", f"/proposals/{story.open['move']}"),
            ):
                page.goto(address)
                page.wait_for_load_state("networkidle")
                _save(page, PICTURES / f"{name}.png")
        browser.close()


def _save(page: Page, path: Path) -> None:
    Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB").save(path, optimize=True)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
