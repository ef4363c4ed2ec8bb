"""The pictures of the study (matplotlib, drawn to files)."""

import numpy as np
from inference import for_every_model
from ranks import cliques, rank

PRIMARY = {"classification": "auc", "regression": "rmse"}
TITLES = {"auc": "change of AUC", "rmse": "relative change of RMSE"}
COLORS = {"win": "#1b7837", "tie": "#888888", "loss": "#b2182b"}


def draw_all(raw, effects, method, folder):
    """Draw what the rows allow; the paths of the PNG files."""
    import matplotlib as mpl

    mpl.use("Agg")
    paths = []
    for task, metric in PRIMARY.items():
        own = effects[(effects["task"] == task) & (effects["metric"] == metric)]
        mine = own[own["method"] == method]
        if mine.empty:
            continue
        for size in mine["size"].unique():
            path = folder / f"gain_{task}_{size}.png"
            gain_per_set(mine[mine["size"] == size], metric, path)
            paths.append(path)
        paths.append(before_and_after(mine, metric, folder / f"before_after_{task}.png"))
        rows = raw[(raw["task"] == task) & (raw["metric"] == metric)]
        if rows.loc[rows["size"] != "all", "size"].nunique() > 1:
            paths.append(learning_curves(rows, metric, folder / f"learning_curve_{task}.png"))
        paths += rank_figures(rows, metric, folder)
    return paths


def critical_difference(ranking, title, path):
    """Mean ranks on a line, best to the left; a bar joins methods that cannot be told apart."""
    import matplotlib.pyplot as plt

    k, groups = len(ranking.methods), cliques(ranking)
    below = -0.35 * len(groups) - 0.6
    bottom = below - 0.5 * ((k - 1) // 2) - 0.2
    figure, ax = plt.subplots(figsize=(8, 0.8 - 0.6 * bottom), layout="constrained")
    ax.set(xlim=(0.6, k + 0.4), ylim=(bottom, 0.6))
    ax.xaxis.tick_top()
    ax.set_xticks(range(1, k + 1))
    ax.yaxis.set_visible(False)
    ax.spines[["left", "right", "bottom"]].set_visible(False)
    for i, (first, last) in enumerate(groups):
        ends = ranking.mean_ranks[[first, last]] + [-0.04, 0.04]
        ax.plot(ends, [-0.35 * (i + 1)] * 2, color="black", linewidth=3)
    for i, (method, mean) in enumerate(zip(ranking.methods, ranking.mean_ranks, strict=True)):
        left = i < (k + 1) // 2
        y = below - 0.5 * (i if left else k - 1 - i)
        ax.plot([mean, mean, 0.7 if left else k + 0.3], [0.6, y, y], color="grey", linewidth=0.8)
        ax.text(0.7 if left else k + 0.3, y + 0.06, f"{method} {mean:.2f}", fontsize=8,
                ha="left" if left else "right")  # fmt: skip
    ax.set_title(f"{title}: mean rank over {ranking.n_sets} sets, critical difference"
                 f" {ranking.critical_difference:.2f}, Friedman p = {ranking.p_friedman:.1g}",
                 fontsize=9)  # fmt: skip
    return _save(figure, path)


def rank_figures(raw, metric, folder):
    """A diagram of critical differences for each model and size that allow one."""
    raw = for_every_model(raw[(raw["metric"] == metric) & (raw["method"] != "full")])
    paths = []
    for (model, size), group in raw.groupby(["model", "size"]):
        table = group.pivot_table(index="set", columns="method", values="value")
        if ranking := rank(table, metric):
            path = folder / f"ranks_{metric}_{model}_{size}.png"
            paths.append(critical_difference(ranking, f"{model}, n = {size}, {metric}", path))
    return paths


def _panels(models, height, **kwargs):
    """A panel a model, at most four in a row."""
    import matplotlib.pyplot as plt

    across = min(len(models), 4)
    down = -(-len(models) // across)
    size = max(4.5, 3.4 * across), height * down
    figure, axes = plt.subplots(
        down, across, figsize=size, squeeze=False, layout="constrained", **kwargs
    )
    axes = axes.ravel()
    for ax, model in zip(axes, models, strict=False):
        ax.set_title(model, fontsize=10)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[len(models) :]:
        ax.remove()
    return figure, axes[: len(models)]


def _save(figure, path):
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path


def gain_per_set(effects, metric, path):
    """A dot per set with an interval of two standard errors, sorted; one panel a model."""
    models = list(effects["model"].unique())
    n_sets = effects["set"].nunique()
    figure, axes = _panels(models, 1.4 + 0.26 * n_sets)
    for ax, model in zip(axes, models, strict=True):
        own = effects[effects["model"] == model].sort_values(
            "change", ascending=metric not in ("rmse", "mae"), ignore_index=True
        )
        colors = [COLORS[outcome] for outcome in own["outcome"]]
        ax.axvline(0, color="black", linewidth=0.8)
        ax.hlines(own.index, *_interval(own), colors=colors, linewidth=1.5)
        ax.scatter(own["change"], own.index, c=colors, s=26, zorder=3)
        ax.set_yticks(own.index, own["set"], fontsize=8)
        ax.set_xlabel(TITLES[metric])
    method, size = effects["method"].iloc[0], effects["size"].iloc[0]
    figure.suptitle(f"{method} against the model alone, n = {size}", fontsize=11)
    return _save(figure, path)


def _interval(effects):
    half = 2 * effects["se"].fillna(0.0)
    return effects["change"] - half, effects["change"] + half


def before_and_after(effects, metric, path):
    """A dot per set: the model alone across, with the method up."""
    models = list(effects["model"].unique())
    figure, axes = _panels(models, 3.9)
    log = metric in ("rmse", "mae")
    for ax, model in zip(axes, models, strict=True):
        own = effects[effects["model"] == model]
        for size, group in own.groupby("size", sort=False):
            ax.scatter(group["alone"], group["value"], s=24, alpha=0.8, label=f"n = {size}")
        if log:
            ax.set(xscale="log", yscale="log")
        ax.axline((own["alone"].mean(),) * 2, (own["alone"].mean() * 1.1,) * 2, color="black",
                  linewidth=0.8)  # fmt: skip
        ax.set_xlabel(f"{metric}, alone")
    axes[0].set_ylabel(f"{metric}, {effects['method'].iloc[0]}")
    axes[0].legend(frameon=False, fontsize=8)
    return _save(figure, path)


def learning_curves(rows, metric, path):
    """Mean over the sets that have every size and method; RMSE relative to the full model."""
    rows = rows[rows["model"] != "-"]
    models = list(rows["model"].unique())
    figure, axes = _panels(models, 3.9)
    for ax, model in zip(axes, models, strict=True):
        own = rows[rows["model"] == model]
        means = own.pivot_table(index="set", columns=["method", "size"], values="value").dropna()
        if metric in ("rmse", "mae") and ("full", "all") in means:
            means = means.div(means["full", "all"], axis=0)
        for method in means.columns.get_level_values("method").unique():
            _curve(ax, method, means[method].mean(), own)
        ax.set_xlabel(f"labelled rows ({len(means)} sets)")
    axes[0].set_ylabel(metric)
    axes[0].legend(frameon=False, fontsize=8)
    return _save(figure, path)


def _curve(ax, method, means, rows):
    if "all" in means.index:
        ax.axhline(means["all"], color="black", linestyle=":", linewidth=1, label=method)
        return
    n_train = rows[rows["size"] != "all"].groupby("size")["n_train"].mean()
    x = n_train[means.index].to_numpy()
    order = np.argsort(x)
    ax.plot(x[order], means.to_numpy()[order], marker="o", markersize=4, label=method)
