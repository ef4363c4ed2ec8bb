"""Tables as text, ``summary.csv``, and one HTML page that carries its pictures."""

import base64
import html

import pandas as pd
from scores import CLASSIFICATION, LABELS, LARGER_IS_BETTER, RELATIVE

SHOWN = {
    "classification": ["accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss"],
    "regression": ["rmse", "mae", "r2"],
}
HEADLINE = ["auc", "log_loss", "rmse"]
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;display:block;overflow-x:auto}
td,th{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}
img{max-width:100%;display:block;margin:1rem 0}
pre{overflow-x:auto;background:#f6f6f6;padding:1rem}"""


def before_after_table(raw, task, method):
    """``alone -> method`` for every measure: mean over sets, for regression set by set."""
    keys = ["size", "set", "model"] if task == "regression" else ["size", "model"]
    rows = raw[(raw["task"] == task) & raw["method"].isin(["alone", method])]
    # means over the very same cells on both sides
    cell = ["set", "size", "model", "seed"]
    both = rows.groupby(cell)["method"].transform("nunique") == (1 if method == "alone" else 2)
    rows = rows[both]
    if rows.empty:
        return pd.DataFrame()
    means = rows.groupby([*keys, "metric", "method"], sort=False)["value"].mean().unstack()
    shown = {LABELS[m]: _pairs(means, m, method) for m in SHOWN[task]}
    shown["fit seconds"] = _pairs(means, "fit_seconds", method, digits=2)
    table = pd.DataFrame(shown).reset_index()
    sets = rows.groupby(keys, sort=False)["set"].nunique().reset_index(name="sets")
    table = table.merge(sets, on=keys) if task == "classification" else table
    return table.rename(columns={"size": "n"})


def _pairs(means, metric, method, digits=3):
    values = means.xs(metric, level="metric")

    def text(number):
        return f"{number:.{digits}f}" if abs(number) < 100 else f"{number:.4g}"

    names = dict.fromkeys(["alone", method])
    return values.apply(lambda row: " -> ".join(text(row[name]) for name in names), axis=1)


def headline_table(summary):
    """Mean change with its interval, win/tie/loss, harm, gap closed: the first measures."""
    lines = []
    for row in summary[summary["metric"].isin(HEADLINE)].itertuples():
        percent = row.metric in RELATIVE
        number = (lambda v: f"{100 * v:+.1f} %") if percent else (lambda v: f"{v:+.4f}")
        lines.append(
            {
                "n": row.size,
                "model": row.model,
                "method": row.method,
                "measure": LABELS[row.metric] + (" +" if row.metric in LARGER_IS_BETTER else " -"),
                "mean change": number(row.mean_change),
                "95 % interval": f"[{number(row.low)}, {number(row.high)}]",
                "median": number(row.median_change),
                "win/tie/loss": f"{row.wins}/{row.ties}/{row.losses}",
                "harmed": _share(row.harm_rate),
                "error": _share(row.error_change, signed=True),
                "gap closed": f"{_share(row.gap_closed)} ({row.n_gap_sets})",
                "p": "" if pd.isna(row.p_wilcoxon) else f"{row.p_wilcoxon:.3g}",
            }
        )
    return pd.DataFrame(lines)


def _share(value, signed=False):
    return (
        "" if pd.isna(value) else f"{100 * value:{'+' if signed else ''}.0f} %".replace("-0 ", "0 ")
    )


def cost_table(raw):
    """Seconds and rows: mean over everything that was run."""
    rows = raw[~raw["metric"].isin(list(LABELS))]
    table = rows.pivot_table(
        index=["task", "size", "model", "method"], columns="metric", values="value", sort=False
    )
    return table.round(3).reset_index().rename(columns={"size": "n"})


def as_text(table):
    """A table for the terminal."""
    return "(nothing to show)" if table.empty else table.to_string(index=False)


def write_page(path, sections, figures):
    """``sections``: pairs of a title and a table or a text."""
    body = []
    for title, content in sections:
        body.append(f"<h2>{html.escape(title)}</h2>")
        if isinstance(content, pd.DataFrame):
            body.append(content.to_html(index=False, border=0))
        else:
            body.append(f"<pre>{html.escape(content)}</pre>")
    for figure in figures:
        data = base64.b64encode(figure.read_bytes()).decode()
        name = html.escape(figure.stem.replace("_", " "))
        body.append(f'<h2>{name}</h2><img alt="{name}" src="data:image/png;base64,{data}">')
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>sklearn-synda: the study</title><style>{STYLE}</style>"
        f"<h1>sklearn-synda: the study</h1>{''.join(body)}</html>"
    )
    path.write_text(page, encoding="utf-8")


def measure_order(summary):
    """Rows in the order of the measures, for ``summary.csv``."""
    order = {m: i for i, m in enumerate([*CLASSIFICATION, *SHOWN["regression"]])}
    return summary.sort_values(
        ["task", "size", "model", "method", "metric"],
        key=lambda c: c.map(order) if c.name == "metric" else c,
    )
