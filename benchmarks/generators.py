"""Generators: speed, models trained on made rows alone, small classes, guidance, 8 bits.

    python benchmarks/generators.py utility --seeds 3 --out OUT/generators.csv
    python benchmarks/generators.py guidance --seeds 3 --out OUT/generators.csv
    python benchmarks/generators.py speed shares --out OUT/generators.csv
    python benchmarks/generators.py eight_bits --out OUT/eight_bits.csv
    python benchmarks/generators.py report --out OUT/generators.csv

One raw row for each part x set x seed x method x metric; what is in the file is not run again.
Seeds are the outermost loop. Tables as in ``uci.py`` (``--data``, SYNDA_DATA).
"""

import argparse
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from configuration import DEVELOPMENT
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import folder_of, load

from sklearn_synda import deploy
from sklearn_synda._columns import Columns
from sklearn_synda.metrics import c2st_score, coverage_score
from sklearn_synda.synthesis import (
    DiffusionSynthesizer,
    GANSynthesizer,
    MixingSynthesizer,
    VAESynthesizer,
)
from sklearn_synda.synthesis._encoding import _Ranks

SETS = [
    *["adult", "bank_marketing", "cmc", "compas", "credit_g", "diabetes_pima"],
    *["heart_statlog", "ilpd", "phoneme", "vehicle", "wdbc"],
]
GUIDED_SETS = ["wdbc", "phoneme", "heart_statlog", "credit_g", "diabetes_pima", "adult"]
SHARE_SETS = ["adult", "bank_marketing", "credit_g", "diabetes_pima", "ilpd", "phoneme"]
N_TRAIN, N_MADE = 300, 1000
COLUMNS = ["part", "set", "seed", "method", "metric", "value"]
MAKERS = {
    "vae": VAESynthesizer(noise_level=1.0),
    "flow": DiffusionSynthesizer(noise_level=1.0),
    "flow_trees": DiffusionSynthesizer(noise_level=1.0, denoiser="trees"),
    "gan": GANSynthesizer(noise_level=1.0),
}
FORMS = {
    "unguided": {},
    "loss": {"guidance_weight": "careful"},
    "exploration": {"exploration_strength": 2.0},
    "candidates": {"n_candidates": 5},
    "candidates_alone": {"n_candidates": 5, "plausibility_weight": 0.0, "diversity_weight": 0.0},
    "exploration_candidates": {"exploration_strength": 2.0, "n_candidates": 3},
    "stronger": {"exploration_strength": 4.0, "n_candidates": 3},
}


def of_kinds(numbers, categories):
    """A transformer that treats numbers and categories apart."""
    return make_column_transformer(
        (numbers, make_column_selector(dtype_exclude="category")),
        (categories, make_column_selector(dtype_include="category")),
    )


def dense():
    """Numbers and one-hot categories, for models that need them."""
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    return of_kinds(numbers, OneHotEncoder(handle_unknown="ignore", sparse_output=False))


def judges():
    """The models that are trained on made rows."""
    return {
        "logistic": make_pipeline(dense(), LogisticRegression(max_iter=300)),
        "boosting": HistGradientBoostingClassifier(
            max_iter=50, categorical_features="from_dtype", random_state=0
        ),
    }


def split(name, seed, folder, n_train=N_TRAIN):
    """Training rows and test rows, classes as codes."""
    table = load(name, folder)
    y = np.unique(table.y, return_inverse=True)[1]
    rest, test = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed)
    if len(rest) > n_train:
        rest = train_test_split(rest, train_size=n_train, stratify=y[rest], random_state=seed)[0]
    X = table.X
    test = test[:2000]
    return X.iloc[rest].reset_index(drop=True), y[rest], X.iloc[test], y[test]


def auc_of(X, y, X_test, y_test):
    """AUC of every judge on real rows; one against rest where there are more classes."""
    n_classes = int(y_test.max()) + 1
    scores = {}
    for name, judge in judges().items():
        if len(np.unique(y)) < 2:
            scores[f"auc_{name}"] = 0.5
            continue
        judge.fit(X, y)
        proba = np.zeros((len(X_test), n_classes))
        proba[:, judge.classes_] = judge.predict_proba(X_test)
        if n_classes == 2:
            scores[f"auc_{name}"] = roc_auc_score(y_test, proba[:, 1])
        else:
            scores[f"auc_{name}"] = np.mean(
                [roc_auc_score(y_test == k, proba[:, k]) for k in range(n_classes)]
            )
    return scores


def copula(X, y, n_rows, seed):
    """A Gaussian copula of all columns and the class, categories by their frequency."""
    rng, columns = np.random.RandomState(seed), Columns(X)
    cells = np.column_stack([columns.to_cells(X), y])
    coders, normal = [], np.zeros(cells.shape)
    for j, column in enumerate(cells.T):
        values, codes, counts = np.unique(
            column, return_inverse=True, return_counts=True, equal_nan=True
        )
        if j < X.shape[1] and not columns.is_categorical[j]:
            order = np.arange(len(values))
        else:
            order = np.argsort(np.argsort(-counts, kind="stable"))
        ranks = _Ranks(order[codes].astype(float))
        coders.append((values[np.argsort(order)], ranks))
        normal[:, j] = ranks.encode(order[codes], rng.uniform(size=len(cells)))
    covariance = np.cov(normal, rowvar=False) + 1e-6 * np.eye(normal.shape[1])
    drawn = rng.multivariate_normal(np.zeros(len(covariance)), covariance, n_rows)
    scale = np.sqrt(np.diag(covariance))
    made = np.column_stack([
        values[np.round(ranks.decode(z / s)).astype(int)]
        for (values, ranks), z, s in zip(coders, drawn.T, scale, strict=True)
    ])  # fmt: skip
    return columns.to_table(columns.legal(made[:, :-1])), made[:, -1].astype(int)


def peer(kind, X, y, n_rows, seed):
    """Rows of CTGAN or TVAE at their defaults, the class a column of the table.

    The package ctgan is no dependency, for its licence; it is compared where a throw-away
    environment has it. It takes no missing values: they become medians and the commonest level.
    """
    import ctgan
    import torch

    columns = Columns(X)
    table = X.copy()
    for column, is_category in zip(X.columns, columns.is_categorical, strict=True):
        known = X[column].dropna()
        table[column] = X[column].fillna(known.mode()[0] if is_category else known.median())
    categories = [c for c, is_one in zip(X.columns, columns.is_categorical, strict=True) if is_one]
    table[categories] = table[categories].astype(str)
    names = [f"c{j}" for j in range(X.shape[1])]
    table.columns = names
    table["class"] = y
    discrete = [names[X.columns.get_loc(c)] for c in categories]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the package draws from it
        maker = getattr(ctgan, kind)()
        maker.fit(table, [*discrete, "class"])
        made = maker.sample(n_rows)
    rows = made[names].set_axis(X.columns, axis=1)
    for column in X.columns:
        if column in categories:
            levels = {str(level): level for level in X[column].cat.categories}
            rows[column] = pd.Categorical(rows[column].map(levels), X[column].cat.categories)
        else:
            rows[column] = rows[column].astype(float)
    return rows, made["class"].to_numpy().astype(int)


def utility(name, seed, folder, done):
    """AUC on real rows of models trained on made rows only."""
    X, y, X_test, y_test = split(name, seed, folder)
    if "real" not in done:
        yield "real", auc_of(X, y, X_test, y_test)
    if "copula" not in done:
        yield "copula", auc_of(*copula(X, y, N_MADE, seed), X_test, y_test)
    for kind in ("CTGAN", "TVAE") if find_spec("ctgan") else ():
        if kind.lower() not in done:
            started = time.process_time()
            made = peer(kind, X, y, N_MADE, seed)
            seconds = {"cpu_seconds": time.process_time() - started}
            yield kind.lower(), seconds | auc_of(*made, X_test, y_test)
    anchors = np.random.RandomState(seed).permutation(np.resize(np.arange(len(y)), N_MADE))
    if "mixing" not in done:
        maker = MixingSynthesizer(partner="same_class").fit(X, y)
        batch = maker.sample(anchors, random_state=seed)
        yield "mixing", auc_of(batch.X, y[anchors], X_test, y_test)
    for method, maker in MAKERS.items():
        if f"{method}_near" in done:
            continue
        started = time.process_time()
        maker = clone(maker).set_params(random_state=seed).fit(X, y)
        batch = maker.sample(anchors, random_state=seed)
        seconds = {"cpu_seconds": time.process_time() - started}
        yield method, seconds | auc_of(batch.X, y[anchors], X_test, y_test)
        if method != "flow_trees":
            small = maker.quantize()
            batch = small.sample(anchors, random_state=seed)
            weights = {"bytes": n_bytes(maker), "bytes_int8": n_bytes(small)}
            yield f"{method}_int8", weights | auc_of(batch.X, y[anchors], X_test, y_test)
        batch = maker.set_params(noise_level=0.5).sample(anchors, random_state=seed)
        closeness = {"closeness": batch.closeness.mean()}
        yield f"{method}_near", closeness | auc_of(batch.X, y[anchors], X_test, y_test)


def n_bytes(maker):
    """What the weights of a net take."""
    return sum(value.nbytes for value in maker._net_arrays().values())


def shares(name, seed, folder, done):
    """Share of the smallest class among rows made from 50: asked for, and as a judge sees it."""
    X, y, X_test, y_test = split(name, seed, folder, 50)
    real = np.mean(y == np.argmin(np.bincount(y_test)))
    judge = ExtraTreesClassifier(200, min_samples_leaf=3, random_state=0, class_weight="balanced")
    judge = make_pipeline(dense(), judge).fit(X_test, y_test)
    seen = np.mean(judge.predict(X) == np.argmin(np.bincount(y_test)))
    anchors = np.resize(np.arange(50), N_MADE)
    tables = {"copula": lambda: copula(X, y, N_MADE, seed)}
    for kind in ("CTGAN", "TVAE") if find_spec("ctgan") else ():
        tables[kind.lower()] = lambda kind=kind: peer(kind, X, y, N_MADE, seed)
    for method, maker in MAKERS.items():
        tables[method] = lambda maker=maker: (
            clone(maker).set_params(random_state=seed).fit(X, y)
            .sample(anchors, random_state=seed).X, y[anchors]
        )  # fmt: skip
    for method, make in tables.items():
        if method in done:
            continue
        made, y_made = make()
        small = np.argmin(np.bincount(y_test))
        yield method, {
            "share_real": real, "share": np.mean(y_made == small),
            "seen_real": seen, "seen": np.mean(judge.predict(made) == small),
        }  # fmt: skip


def guidance(name, seed, folder, done, wanted=()):
    """What forms of guidance do to rows of default noise around random anchors."""
    X, y, X_test, y_test = split(name, seed, folder)
    model = make_pipeline(dense(), LogisticRegression(max_iter=300)).fit(X, y)
    others = committee(X, y, seed)

    def guide(rows):
        return entropy(model.predict_proba(rows))

    anchors = np.random.RandomState(seed).choice(len(y), size=N_TRAIN)
    columns = Columns(X)
    real = columns.to_embedding(columns.to_cells(X))
    held_out = columns.to_embedding(columns.to_cells(X_test[:N_TRAIN]))
    judge = ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0)
    for method, base, level in GUIDED:
        if wanted and method not in wanted:
            continue
        maker = clone(MAKERS[base]).set_params(random_state=seed, noise_level=level)
        is_fitted = False
        for form, parameters in FORMS.items():
            if f"{method}+{form}" in done:
                continue
            if not is_fitted:
                is_fitted = maker.fit(X, y) is maker
            maker.set_params(**{**OFF, **parameters})
            if form == "loss":
                maker.set_params(guidance_weight=CAREFUL[base])
            batch = maker.sample(anchors, guide=guide, random_state=seed)
            made = columns.to_embedding(columns.to_cells(batch.X))
            proba = np.stack([other.predict_proba(batch.X) for other in others])
            total = entropy(proba.mean(axis=0)).mean()
            yield f"{method}+{form}", {
                "entropy": total, "disagreement": total - entropy(proba).mean(),
                "guide": guide(batch.X).mean(),
                "c2st": c2st_score(held_out, made, judge, cv=3),
                "coverage": coverage_score(held_out, made),
                "distance": NearestNeighbors(n_neighbors=1).fit(real).kneighbors(made)[0].mean(),
                "closeness": batch.closeness.mean(),
            }  # fmt: skip


GUIDED = [("vae", "vae", 0.5), ("flow", "flow", 0.5), ("flow_trees", "flow_trees", 0.5),
          ("vae_scratch", "vae", 1.0), ("gan", "gan", 0.5)]  # fmt: skip
CAREFUL = {"vae": 0.1, "flow": 0.1, "gan": 0.3, "flow_trees": 1.0}  # tuned on credit_approval
OFF = {"guidance_weight": 0.0, "exploration_strength": 0.0, "n_candidates": 1,
       "plausibility_weight": 1.0, "diversity_weight": 1.0}  # fmt: skip


def entropy(proba):
    """Entropy in nats."""
    return -(proba * np.log(np.clip(proba, 1e-12, None))).sum(axis=-1)


def committee(X, y, seed, n_members=10):
    """Models of two kinds on bootstrap samples, which the guide knows nothing of."""
    members = []
    for k in range(n_members):
        rng = np.random.RandomState(1000 * seed + k)
        rows = np.concatenate([
            rng.choice(np.flatnonzero(y == code), np.sum(y == code)) for code in np.unique(y)
        ])  # fmt: skip
        model = LogisticRegression(max_iter=300)
        if k % 2:
            model = ExtraTreesClassifier(30, min_samples_leaf=2, random_state=k)
        members.append(make_pipeline(dense(), model).fit(X.iloc[rows], y[rows]))
    return members


def speed(name, seed, folder, done):
    """Seconds to fit 1,000 rows of ten columns and make 1,000 rows, after one warm-up."""
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=1000) < 0.15).astype(int)
    X = pd.DataFrame(rng.normal(size=(1000, 6)) + y[:, None], columns=list("abcdef"))
    for k, column in enumerate("ghij"):
        X[column] = pd.Categorical(rng.choice(list("uvwxyz")[: k + 2], size=1000))
    for method, maker in MAKERS.items():
        if method in done:
            continue
        few = {"max_steps": 2} if method != "flow_trees" else {"n_estimators": 1}
        clone(maker).set_params(**few).fit(X, y).sample([0], random_state=0)
        maker = clone(maker)
        wall, started = time.perf_counter(), time.process_time()
        maker.fit(X, y).sample(np.arange(1000), random_state=0)
        yield (
            method,
            {
                "cpu_seconds": time.process_time() - started,
                "wall_seconds": time.perf_counter() - wall,
            },
        )


def eight_bits(name, seed, folder, done):
    """Bytes, seconds and worth of each generator and of its 8-bit form, 1,000 rows known."""
    X, y, X_test, y_test = split(name, seed, folder, 1000)
    for method in ("vae", "flow", "gan"):
        if f"{method}_int8" in done:
            continue
        maker = clone(MAKERS[method]).set_params(random_state=seed).fit(X, y)
        forms = {method: maker, f"{method}_int8": maker.quantize()}
        found = deploy.efficiency_report(forms, X_test, y_test, memory=False)
        for k, (form, made) in enumerate(forms.items()):
            values = {m: found[m][k] for m in found if m not in ("model", "memory")}
            yield form, {**values, "bytes_of_weights": n_bytes(made)}


PARTS = {"utility": (utility, SETS), "shares": (shares, SHARE_SETS),
         "eight_bits": (eight_bits, GUIDED_SETS), "guidance": (guidance, GUIDED_SETS),
         "speed": (speed, ["made_1000_x_10"])}  # fmt: skip


def run(part, seeds, out, folder, sets, **wanted):
    """All cells of a part that are not in the file yet."""
    make, names = PARTS[part]
    for seed in seeds:
        for name in sets or names:
            raw = pd.read_csv(out)
            here = raw[(raw["part"] == part) & (raw["set"] == name) & (raw["seed"] == seed)]
            for method, values in make(name, seed, folder, set(here["method"]), **wanted):
                rows = [[part, name, seed, method, k, v] for k, v in values.items()]
                pd.DataFrame(rows, columns=COLUMNS).to_csv(out, mode="a", header=False, index=False)
                print(part, name, seed, method, {k: round(float(v), 3) for k, v in values.items()},
                      flush=True)  # fmt: skip


def report(out):
    """The tables of the user guide, then means over seeds and sets by part and method."""
    raw = pd.read_csv(out)
    if "eight_bits" in set(raw["part"]):
        print("\n".join(eight_bits_markdown(raw)))
        return
    print("\n".join(markdown_of(raw)))
    for part, rows in raw.groupby("part"):
        n_seeds = rows.groupby("set")["seed"].nunique()
        print(f"\n{part}: {len(n_seeds)} sets, {n_seeds.min()} to {n_seeds.max()} seeds")
        by_set = rows.groupby(["method", "metric", "set"])["value"].mean()
        table = by_set.groupby(["method", "metric"]).mean().unstack().round(3)
        table.insert(0, "n_sets", rows.groupby("method")["set"].nunique())
        print(table.to_string())


def eight_bits_markdown(raw):
    """The table of the user guide of generators beside their 8-bit form, line by line."""
    table = raw.groupby(["method", "metric", "set"])["value"].median()
    table = table.groupby(["method", "metric"]).median().unstack()
    n_sets = raw["set"].nunique()
    yield f"| {n_sets} sets | weights, kB | pickle, kB | 1 row, ms | 1,000 rows, ms | AUC |"
    yield "|---|---|---|---|---|---|"
    for method in ("vae", "flow", "gan"):
        for form in (method, f"{method}_int8"):
            row = table.loc[form]
            yield (
                f"| {form} | {row['bytes_of_weights'] / 1000:.0f} | {row['n_bytes'] / 1000:.0f}"
                f" | {1000 * row['seconds_1']:.0f} | {1000 * row['seconds_1000']:.0f}"
                f" | {row['score']:.3f} |"
            )


def _utility(auc):
    yield f"| trained on made rows, {len(auc)} sets | AUC, share of that of real rows | worst set |"
    yield "|---|---|---|"
    for method in auc.mean().sort_values().index.drop("real"):
        yield f"| {method} | {auc[method].mean():.3f} | {auc[method].min():.3f} |"


def markdown_of(raw):
    """The tables of the user guide, line by line."""
    auc = of_real(raw[raw["part"] == "utility"])
    auc = auc.groupby(["set", "method"])["value"].mean().unstack()
    yield from _utility(auc.dropna())
    of_all_sets = auc.dropna(axis=1)  # some methods have met few sets only
    if 1 < of_all_sets.shape[1] < auc.shape[1]:
        yield ""
        yield from _utility(of_all_sets)
    shares = raw[raw["part"] == "shares"].groupby(["set", "method", "metric"])["value"].mean()
    shares = shares.unstack()
    asked = (shares["share"] / shares["share_real"] - 1).abs().unstack("method")
    seen = (shares["seen"] / shares["seen_real"] - 1).abs().unstack("method")
    yield ""
    yield f"| smallest class, {len(asked)} sets | share off by, at most | seen by a judge, median |"
    yield "|---|---|---|"
    for method in asked:
        yield f"| {method} | {asked[method].max():.0%} | {seen[method].median():.0%} |"
    guided = raw[raw["part"] == "guidance"].groupby(["set", "method", "metric"])["value"].mean()
    guided = guided.unstack()
    yield ""
    yield (
        "| guided, as a multiple of unguided | sets | doubt (least, most) | possible | C2ST |"
        " coverage |"
    )
    yield "|---|---|---|---|---|---|"
    for base, _, _ in GUIDED:
        for form in [form for form in FORMS if form not in ("unguided", "candidates_alone")]:
            pair = [
                guided.xs(name, level="method") if name in guided.index.levels[1] else None
                for name in (f"{base}+{form}", f"{base}+unguided")
            ]
            if any(one is None for one in pair):
                continue
            ratio = (pair[0] / pair[1]).dropna(how="all")
            doubt = ratio["entropy"]
            yield (
                f"| {base}, {form} | {len(ratio)} | {doubt.median():.2f} ({doubt.min():.2f},"
                f" {doubt.max():.2f}) | {(np.log(2) / pair[1]['entropy']).median():.2f}"
                f" | {ratio['c2st'].median():.2f}"
                f" | {ratio['coverage'].median():.2f} |"
            )


def of_real(rows):
    """AUCs over those of the real rows: methods that have met other sets can be compared."""
    rows = rows[rows["metric"].str.startswith("auc_")]
    keys = ["set", "seed", "metric"]
    real = rows[rows["method"] == "real"].set_index(keys)["value"]
    rows = rows.join(real.rename("real"), on=keys)
    return rows.assign(value=rows["value"] / rows["real"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "report"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", default="")
    parser.add_argument("--makers", default="", help="for guidance: some of those in GUIDED")
    parser.add_argument("--data")
    parser.add_argument("--out", type=Path, default=Path("results/generators.csv"))
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    if not args.out.exists():
        args.out.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns=COLUMNS).to_csv(args.out, index=False)
    names = args.sets.split(",") if args.sets else []
    if names == ["development"]:
        names = DEVELOPMENT["classification"]
    for part in args.parts:
        if part == "report":
            report(args.out)
        else:
            wanted = {"wanted": args.makers.split(",")} if args.makers else {}
            run(part, range(args.seeds), args.out, folder_of(args.data), names, **wanted)


if __name__ == "__main__":
    main()
