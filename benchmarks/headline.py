"""The study in two small tables: what README.md and the page begin with."""

import re

from inference import MUCH

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
METHOD = "active_synthesis"
CLASSES_HEAD = """| model | labels | sets x seeds | AUC alone | AUC with | better / worse \
| log-loss | accuracy | balanced accuracy |"""
VALUES_HEAD = "| model | labels | sets x seeds | RMSE | better / worse |"


def headline(effects):
    """Markdown tables, one line a model and size: classification, then regression."""
    own = effects[effects["method"] == METHOD]
    parts = []
    for task, head, line in (
        ("classification", CLASSES_HEAD, _classes_line),
        ("regression", VALUES_HEAD, _values_line),
    ):
        lines = [
            line((name[0], labels_of(name[1])), group.set_index(["metric", "set"]))
            for name, group in sorted(
                own[own["task"] == task].groupby(["model", "size"]),
                key=lambda item: (item[0][0], float(item[0][1])),
            )
        ]
        if lines:
            parts.append("\n".join([head, "|---" * (head.count("|") - 1) + "|", *lines]))
    return "\n\n".join(parts)


def labels_of(size):
    """A size in words: a number of labels, or a share of the training rows."""
    return f"{float(size):.0%}" if "." in size else size


def _classes_line(name, group):
    auc = group.loc["auc"]
    change = {m: group.loc[m, "change"].mean() for m in ("accuracy", "balanced_accuracy")}
    return (
        f"| {name[0]} | {name[1]} | {_size(auc)} | {auc['alone'].mean():.3f}"
        f" | {auc['value'].mean():.3f} | {_better_and_worse(auc['change'])}"
        f" | {group.loc['log_loss', 'error_change'].mean():+.0%}"
        f" | {change['accuracy']:+.3f} | {change['balanced_accuracy']:+.3f} |"
    )


def _values_line(name, group):
    rmse = group.loc["rmse"]
    return (f"| {name[0]} | {name[1]} | {_size(rmse)} | {rmse['error_change'].mean():+.1%}"
            f" | {_better_and_worse(-rmse['error_change'])} |")  # fmt: skip


def _size(group):
    return f"{len(group)} x {group['n_seeds'].min()}"


def _better_and_worse(gains):
    """Sets that gain, and sets that lose, more than a hundredth."""
    return f"{(gains > MUCH).sum()} / {(gains < -MUCH).sum()}"


def put_between_marks(text, tables):
    """A text in which the tables stand between the two marks."""
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", text, flags=re.DOTALL)
