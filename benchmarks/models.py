"""The models users bring, by name. Each takes a frame with numbers, categories and holes."""

from importlib.util import find_spec

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

SAFE = {  # LightGBM for few rows: its default of 20 rows a leaf cannot split 30 rows at all
    "n_estimators": 100,
    "min_child_samples": 3,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.7,
}


def preparation(scale):
    """Numbers imputed (and scaled), categories one-hot."""
    numbers = [SimpleImputer(strategy="median", keep_empty_features=True)]
    if scale:
        numbers.append(StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(*numbers), make_column_selector(dtype_include="number")),
            ("categories", one_hot, make_column_selector(dtype_include="category")),
        ]
    )


def prepared(model, *, scale=False):
    return Pipeline([("prepare", preparation(scale)), ("model", model)])


def scaled_target(model):
    return TransformedTargetRegressor(model, transformer=StandardScaler())


def lightgbm(task, seed, **params):
    """Given the frame as it is: LightGBM knows categories and holes itself."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    model = LGBMRegressor if task == "regression" else LGBMClassifier
    return model(n_jobs=1, verbose=-1, random_state=seed, **params)


def lightgbm_safe(task, seed):
    return lightgbm(task, seed, **SAFE)


def lightgbm_balanced(task, seed):
    return lightgbm(task, seed, class_weight="balanced", **SAFE)


def forest(task, seed):
    model = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return prepared(model(random_state=seed))


def tree(task, seed):
    model = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    return prepared(model(random_state=seed))


def logistic(task, seed):
    return prepared(LogisticRegression(max_iter=1000), scale=True)


def logistic_balanced(task, seed):
    return prepared(LogisticRegression(class_weight="balanced", max_iter=1000), scale=True)


def ridge(task, seed):
    return prepared(Ridge(), scale=True)


def mlp(task, seed):
    if task == "regression":
        return prepared(scaled_target(MLPRegressor(max_iter=300, random_state=seed)), scale=True)
    return prepared(MLPClassifier(max_iter=300, random_state=seed), scale=True)


def net(task, seed):
    """One hidden layer in skorch."""
    import nets

    nets.seed_torch(seed)
    model = nets.net(task)
    model = scaled_target(model) if task == "regression" else model
    to_float32 = FunctionTransformer(np.asarray, kw_args={"dtype": np.float32})
    return Pipeline(
        [("prepare", preparation(scale=True)), ("float32", to_float32), ("model", model)]
    )


BUILDERS = {
    "lightgbm_safe": lightgbm_safe,
    "lightgbm": lightgbm,
    "lightgbm_balanced": lightgbm_balanced,
    "forest": forest,
    "logistic": logistic,
    "logistic_balanced": logistic_balanced,
    "ridge": ridge,
    "mlp": mlp,
    "tree": tree,
    "net": net,
}
ONLY_FOR = {
    **dict.fromkeys(["logistic", "logistic_balanced", "lightgbm_balanced"], "classification"),
    "ridge": "regression",
}
NEEDS = {
    **dict.fromkeys(["lightgbm_safe", "lightgbm", "lightgbm_balanced"], ["lightgbm"]),
    "net": ["torch", "skorch"],
}


def build(name, task, seed):
    """An untrained model; ``seed`` reaches whatever is random in it."""
    return BUILDERS[name](task, seed)


def suits(name, task):
    """Whether a model is for a task."""
    return ONLY_FOR.get(name, task) == task


def missing_packages(name):
    """What would have to be installed for a model."""
    return [package for package in NEEDS.get(name, []) if find_spec(package) is None]
