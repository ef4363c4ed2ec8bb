"""Does active synthesis help? Run the study: configuration -> raw rows -> tables -> figures.

python benchmarks/uci.py --quick
python benchmarks/uci.py --data FOLDER --sizes 30,100 --seeds 20 --jobs 2
"""

import argparse
import importlib.metadata
import json
import os
import platform
import time
from importlib.util import find_spec
from pathlib import Path

import configuration as config
import methods
import models
import report
import showcase
import tables
from cells import all_cells, run_cell
from headline import METHOD
from inference import compare, summarize
from progress import progress_of
from raw_rows import RawRows

PACKAGES = ["sklearn-synda", "scikit-learn", "numpy", "scipy", "pandas", "imbalanced-learn",
            "lightgbm", "torch", "skorch"]  # fmt: skip


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a look within five minutes")
    parser.add_argument("--task", choices=[*tables.TASKS, "both"], default="both")
    parser.add_argument("--sets", type=_names, help="names, comma-separated")
    parser.add_argument("--models", type=_names, help=", ".join(models.BUILDERS))
    parser.add_argument("--methods", type=_names, help=", ".join(methods.METHODS))
    parser.add_argument("--sizes", type=_names, help="labelled rows: 30 or 0.1 (share)")
    parser.add_argument("--seeds", type=int, help="how many repetitions")
    parser.add_argument("--jobs", type=int, help="processes (default 1; 2 with --quick)")
    parser.add_argument("--data", help="folder of tables (default: SYNDA_DATA)")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--fresh", action="store_true", help="keep nothing of an earlier run")
    args = parser.parse_args(argv)
    quick = args.quick
    args.models = args.models or (config.QUICK_MODELS if quick else config.MODELS)
    args.methods = args.methods or (config.QUICK_METHODS if quick else config.METHODS)
    args.sizes = args.sizes or (config.QUICK_SIZES if quick else config.SIZES)
    args.seeds = args.seeds or (config.QUICK_SEEDS if quick else config.SEEDS)
    args.jobs = args.jobs or (min(2, os.cpu_count() or 1) if quick else 1)
    for given, known in ((args.models, models.BUILDERS), (args.methods, methods.METHODS)):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return args


def _names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def plan(args, folder):
    """The cells to run, and what is left out from the start."""
    tasks = tables.TASKS if args.task == "both" else (args.task,)
    wanted = args.sets or [n for t in tasks for n in tables.default_names(t, folder, args.quick)]
    names, left_out = _loadable(wanted, folder)
    names = {name: task for name, task in names.items() if task in tasks}
    usable = []
    for model in args.models:
        if missing := models.missing_packages(model):
            left_out.append(f"model {model}: {', '.join(missing)} not installed")
        else:
            usable.append(model)
    by_task = {t: [m for m in usable if models.suits(m, t)] for t in tables.TASKS}
    suited = {t: [m for m in args.methods if methods.suits(m, t)] for t in tables.TASKS}
    return all_cells(names, by_task, suited, args.sizes, args.seeds), left_out


def _loadable(wanted, folder):
    """Task by name of the sets that can be had, and why the others cannot."""
    names, left_out, offline = {}, [], False
    for name in wanted:
        if offline and tables.is_remote(name, folder):
            left_out.append(f"{name}: OpenML cannot be reached")
            continue
        try:
            names[name] = tables.load(name, folder).task
        except tables.TableNotFound as reason:
            left_out.append(str(reason))
            offline |= isinstance(reason, tables.OpenMLUnreachable)
    return names, left_out


def run(cells, raw, folder, jobs, deadline):
    """Run what is not there yet; what was left out, and whether a cell failed."""
    from joblib import Parallel, delayed

    todo = [cell for cell in cells if cell not in raw.done]
    if len(todo) < len(cells):
        print(f"{len(cells) - len(todo)} cells are in {raw.path} already (--fresh: start anew)")
    late, reasons, failed = [], {}, False

    def before_deadline():
        for cell in todo:
            if time.monotonic() < deadline:
                yield delayed(run_cell)(cell, folder)
            else:
                late.append(cell)

    parallel = Parallel(jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    with progress_of(len(todo)) as progress:
        for cell, rows, reason, broke in parallel(before_deadline()):
            if rows:
                raw.append(rows)
            else:
                what = f"{cell.set}, n = {cell.size}" + (f", {cell[4:]}" if broke else "")
                key = f"{'FAILED ' if broke else ''}{what}: {reason}"
                if key not in reasons:
                    progress.say(key)
                reasons[key] = reasons.get(key, 0) + 1
                failed |= broke
            progress.step(f"{cell.set} {cell.size} {cell.model} {cell.method}")
    left_out = [f"{key} ({count} cells)" for key, count in reasons.items()]
    if late:
        seeds = sorted({cell.seed for cell in late})
        left_out.append(f"{len(late)} of {len(cells)} cells for lack of time, in seeds {seeds}")
    return left_out, failed


def conclude(args, cells, raw, left_out, folder):
    """Tables to the terminal; CSV, figures and page to the output folder."""
    rows = raw.frame(cells)
    method = METHOD if METHOD in args.methods else _first_other(args.methods)
    effects = compare(rows)
    summary = report.measure_order(summarize(effects))
    summary.to_csv(args.out / "summary.csv", index=False, float_format="%.6g")
    sections = [("Left out", "\n".join(left_out) or "nothing")]
    for task in tables.TASKS:
        table = report.before_after_table(rows, task, method)
        if not table.empty:
            sections.append((f"{task}: {' -> '.join(dict.fromkeys(['alone', method]))}", table))
    sections.append(("Over the sets (+: larger is better)", report.headline_table(summary)))
    figures = _figures(rows, effects, method, args.out)
    if METHOD in args.methods and len(rows):
        text, picture = showcase.show(rows, folder, args.out / "uncertainty_map.png")
        sections.append(("Synthetic rows, named", text))
        figures += [picture] if picture else []
    for title, content in sections:
        text = content if isinstance(content, str) else report.as_text(content)
        print(f"\n== {title}\n{text}")
    sections += [("Costs", report.cost_table(rows)), ("Configuration", _configuration(args))]
    report.write_page(args.out / "index.html", sections, figures)
    print("\n== Files")
    for path in [raw.path, args.out / "summary.csv", args.out / "index.html", *figures]:
        print(path)


def _first_other(names):
    others = [name for name in names if name not in ("alone", "full")]
    return others[0] if others else "alone"


def _figures(rows, effects, method, out):
    if effects.empty:
        return []
    if find_spec("matplotlib") is None:
        print("no figures: matplotlib is not installed")
        return []
    import figures

    return figures.draw_all(rows, effects, method, out)


def _configuration(args):
    """What was asked for, and the versions it ran on, as text; kept beside the rows."""
    said = {k: v for k, v in vars(args).items() if k not in ("data", "out", "fresh")}
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    text = json.dumps({"arguments": said, "versions": versions}, indent=1)
    (args.out / "configuration.json").write_text(text + "\n")
    return text


def main(argv=None):
    deadline = time.monotonic() + config.QUICK_SECONDS
    args = parse_arguments(argv)
    folder = tables.folder_of(args.data)
    cells, left_out = plan(args, folder)
    for line in left_out:
        print(f"left out: {line}")
    print(f"{len(cells)} cells: {len({c.set for c in cells})} sets, {args.seeds} seeds")
    # a quick look is always a new one: nobody should be shown numbers of older code
    raw = RawRows(args.out / "raw_rows.csv", fresh=args.fresh or args.quick)
    more, failed = run(cells, raw, folder, args.jobs, deadline if args.quick else float("inf"))
    conclude(args, cells, raw, left_out + more, folder)
    return 1 if failed or not cells else 0


if __name__ == "__main__":
    raise SystemExit(main())
