"""Draws measurements as SVG, for a report: lines over a quantity, or bars beside one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType


@dataclass(frozen=True)
class Lines:
    """What some contenders reach as a quantity grows."""

    name: str
    """Of the file, after the report's own: `NAME.svg`."""
    title: str
    x_label: str
    """With the unit; as the next."""
    y_label: str
    lines: dict[str, Sequence[tuple[float, float]]]
    """Contender -> its points, x and y."""
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True)
class Bars:
    """What some contenders reach at several things."""

    name: str
    title: str
    y_label: str
    groups: Sequence[str]
    """The things, from left to right."""
    bars: dict[str, Sequence[float | None]]
    """Contender -> its height in each group; None where it was not measured."""
    log_y: bool = False


Plot = Lines | Bars

_SETTINGS: "dict[RcKeyType, Any]" = {
    "svg.hashsalt": "lookalike",  # or each drawing of the same figures is another file
    "svg.fonttype": "none",  # words stay words
    "font.family": "sans-serif",
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(plot: Plot, file: Path) -> None:
    """
    Write a plot as SVG.

    Raises:
        ModuleNotFoundError: matplotlib is not installed, which is in the extra `benchmarks`.
    """
    import matplotlib  # Only reports with plots need it.
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.add_subplot(title=plot.title, ylabel=plot.y_label)
        if isinstance(plot, Lines):
            axes.set_xlabel(plot.x_label)
            for contender, points in plot.lines.items():
                axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=contender)
            if plot.log_x:
                axes.set_xscale("log")
        else:
            width = 0.8 / len(plot.bars)
            for index, (contender, heights) in enumerate(plot.bars.items()):
                left = [group - 0.4 + (index + 0.5) * width for group in range(len(plot.groups))]
                axes.bar(
                    left, [float("nan") if height is None else height for height in heights], width, label=contender
                )
            axes.set_xticks(range(len(plot.groups)), plot.groups)
        if plot.log_y:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None})
