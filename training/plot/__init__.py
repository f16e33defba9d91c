"""The curves of one run or several: an SVG for each figure and a page that holds them all."""

from __future__ import annotations

from pathlib import Path

__all__ = ["run"]


def run(runs: list[Path], out: Path | None) -> int:
    """Draw the `metrics.jsonl` of finished or running runs, overlaid; prints the path of `plots.html`.

    Args:
        runs: run directories. Without `out`, the first one gets `plots/`.

    Raises:
        ConfigInvalid: a run has no metrics, or none that could be drawn.
    """
    from kg_service.core.errors import ConfigInvalid
    from kg_service.job import write_text

    from .draw import draw
    from .figures import figures
    from .history import read
    from .page import page

    found = read(runs)
    folder = out or runs[0] / "plots"
    drawn = [(figure, draw(figure, found)) for figure in figures(found)]
    if not drawn:
        raise ConfigInvalid(f"nothing of what {', '.join(str(path) for path in runs)} logged can be drawn")
    for figure, svg in drawn:
        write_text(folder / f"{figure.key}.svg", svg)
    write_text(folder / "plots.html", page(found, drawn))
    print(folder / "plots.html")
    return 0
