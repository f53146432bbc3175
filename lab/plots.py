"""Plots as SVG, by matplotlib, which is an optional extra. Readable on light and dark pages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.tables import Plot, Result, Series

MISSING = (
    "No plots: matplotlib, the extra `lab`, is not installed. Install it with "
    "`.venv/bin/python -m pip install 'matplotlib>=3.10,<4'`, then run this again."
)
_INK = "#7d8590"
_COLOURS = ("#3b82c4", "#d9772b", "#2f9e68", "#c0508f", "#9a7bd0", "#a08b2c")
_STYLES: dict[str, dict[str, Any]] = {
    "line": {"linestyle": "-"},
    "steps": {"linestyle": "-", "drawstyle": "steps-post"},
    "dashed": {"linestyle": "--", "color": _INK},
    "dots": {"linestyle": "", "marker": "o", "markersize": 5.0},
}
_SETTINGS: Any = {
    "svg.hashsalt": "animica",
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "path.simplify_threshold": 0.5,
}


def available() -> bool:
    """Whether plots can be drawn here."""
    return find_spec("matplotlib") is not None


def draw(result: Result, folder: Path, suffix: str = "svg") -> list[Path]:
    """Write each of a result's plots to ``folder``; returns the files."""
    return [
        _draw(plot, folder / f"{result.file_name(plot.name)}.{suffix}") for plot in result.plots
    ]


def _draw(plot: Plot, path: Path) -> Path:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(7.0, 3.8), layout="constrained")
        axes = figure.subplots()
        for place, series in enumerate(plot.series):
            axes.plot(series.x, series.y, label=series.label, **_style(plot, series, place))
        axes.set_title(plot.title, fontsize=11)
        axes.set_xlabel(plot.x)
        axes.set_ylabel(plot.y)
        if "y" in plot.log:
            axes.set_yscale("log")
        axes.grid(True, color=_INK, alpha=0.25, linewidth=0.6)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if len(plot.series) > 1:
            axes.legend(frameon=False, fontsize=9)
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, transparent=True, metadata=metadata)
    return path


def _style(plot: Plot, series: Series, place: int) -> dict[str, Any]:
    """Dashed lines are grey; dots have the colour of the line before them."""
    coloured = [s for s in plot.series[: place + 1] if s.style not in ("dashed", "dots")]
    number = max(0, len(coloured) - 1)
    return {"color": _COLOURS[number % len(_COLOURS)], "linewidth": 1.6, **_STYLES[series.style]}
