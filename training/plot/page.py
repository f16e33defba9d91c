"""`plots.html`: the figures and what fired, in one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from .draw import plain
from .figures import Figure
from .history import Run

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfaf8;--card:#fff;--ink:#1c2126;--mute:#626d78;--line:#dfe2e6}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1b1f23;--ink:#e7e9eb;--mute:#9aa4ae;--line:#343b42}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:2.2rem 1.4rem 4rem}
h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.12rem;margin:2.4rem 0 .2rem}
p{margin:.2rem 0 .7rem;color:var(--mute);max-width:84ch}
figure{margin:0;padding:.8rem;background:#fff;border:1px solid var(--line);border-radius:9px;overflow-x:auto}
img{max-width:100%;display:block}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:9px}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.45rem .7rem;text-align:left;border-bottom:1px solid var(--line)}
tr:last-child td,tr:last-child th{border-bottom:0}
thead th{color:var(--mute);font-weight:600;font-size:.82rem}
"""
_OVERVIEW = (("reward", "reward"), ("exact", "exact"), ("level", "mean level"), ("kl", "KL"), ("loss", "loss"))


def page(runs: Sequence[Run], drawn: Sequence[tuple[Figure, str]]) -> str:
    """HTML text; the SVGs are embedded as they were written."""
    title = " and ".join(run.name for run in runs) if len(runs) < 3 else f"{len(runs)} runs"
    parts = [f"<h1>Training: {escape(title)}</h1>", _table(runs)]
    alarms = [(run.name, alarm) for run in runs for alarm in run.alarms]
    if alarms:
        parts.append("<h2>What went wrong</h2>")
        parts.append(_rows(("run", "step", "signal", "seen", ""), [
            (name, alarm["step"], alarm["signal"], alarm["why"], "ended the training" if alarm["stopped"] else "")
            for name, alarm in alarms
        ]))  # fmt: skip
    for figure, svg in drawn:
        image = base64.b64encode(svg.encode()).decode()
        columns = ", ".join(dict.fromkeys(panel.title or panel.column for panel in figure.panels))
        parts.append(
            f"<h2>{escape(figure.question)}</h2>\n<p>{escape(figure.reading)}</p>\n<figure>"
            f'<img src="data:image/svg+xml;base64,{image}" alt="{escape(columns)} over training steps"></figure>'
        )
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Training: {escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _table(runs: Sequence[Run]) -> str:
    rewarded = any(run.columns("reward/") for run in runs)
    shown = [(name, word) for name, word in _OVERVIEW
             if any(run.ends(name) for run in runs) and not (name == "loss" and rewarded)]  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for run in runs:
        ends = [run.ends(name) for name, _ in shown]
        cells = ["–" if end is None else f"{plain(end[0])} → {plain(end[1])}" for end in ends]
        rows.append((run.name, run.rows[-1]["step"], *cells))
    return _rows(("run", "steps", *(word for _, word in shown)), rows)


def _rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    heads = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
