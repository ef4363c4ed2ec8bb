"""The look that all displays share: colours told apart by everyone, light axes."""

# Okabe & Ito's palette, https://jfly.uni-koeln.de/color/
BLUE = "#0072B2"
GREEN = "#009E73"
VERMILION = "#D55E00"
INK = "#333333"
PALE = "#B8C4CE"
SEQUENCE = [BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9"]


def new_axes(figsize):
    """Axes of a fresh figure that leaves room for what lies outside of them."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1]


def lighten(ax):
    """Take away the frame of ``ax``, and put a light grid behind the data."""
    ax.set_axisbelow(True)
    ax.grid(True, color="0.92", linewidth=0.8)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelcolor=INK)


def legend_above(ax, handles=None, n_columns=4):
    """A legend above the data, never over it."""
    handles = ax.get_legend_handles_labels()[0] if handles is None else handles
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.3,
        ncols=n_columns, frameon=False, handletextpad=0.5, columnspacing=1.4, labelcolor=INK,
    )  # fmt: skip
