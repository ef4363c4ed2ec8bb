"""Docstrings: they are there, and what they say of defaults is true."""

import importlib
import inspect
import re

import pytest

import sklearn_synda

PACKAGES = [
    "sklearn_synda",
    "sklearn_synda.acquisition",
    "sklearn_synda.metrics",
    "sklearn_synda.attribution",
    "sklearn_synda.uncertainty",
    "sklearn_synda.query",
    "sklearn_synda.synthesis",
    "sklearn_synda.labeling",
    "sklearn_synda.integration",
    "sklearn_synda.validation",
    "sklearn_synda.dynamic",
    "sklearn_synda.model_selection",
    "sklearn_synda.deploy",
    "sklearn_synda.plotting",
    "sklearn_synda.active_learning",
    "sklearn_synda.fairness",
    "sklearn_synda.federated",
    "sklearn_synda.utils.estimator_checks",
]


def public_objects(kind):
    for name in PACKAGES:
        module = importlib.import_module(name)
        for public in module.__all__:
            value = getattr(module, public)
            if kind(value):
                yield pytest.param(value, id=f"{name}.{public}")


CLASSES = list(public_objects(inspect.isclass))
FUNCTIONS = list(public_objects(inspect.isfunction))
PARTS = [param for param in CLASSES if not param.values[0].__name__.endswith("Display")]


def section(docstring, name):
    """Text of one numpydoc section."""
    found = re.search(rf"{name}\n-{{{len(name)}}}\n(.*?)(?:\n\n\w[\w ]*\n---|\Z)", docstring, re.S)
    return found.group(1) if found else ""


def described_parameters(docstring):
    """Names in the order of the docstring, each with the text of its heading."""
    described = {}
    for line in section(docstring, "Parameters").splitlines():
        heading = re.fullmatch(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : (.*))?", line)
        if heading:
            for name in heading.group(1).split(", "):
                described[name.lstrip("*")] = heading.group(2) or ""
    return described


def stated_default(heading):
    found = re.search(r"default=(.*)$", heading)
    return found and found.group(1)


@pytest.mark.parametrize("value", CLASSES)
def test_classes_and_their_methods_are_described(value):
    assert inspect.getdoc(value), value
    for name, method in inspect.getmembers(value, callable):
        is_ours = str(getattr(method, "__module__", "")).startswith("sklearn_synda")
        if name.startswith("_") or not is_ours:
            continue
        assert inspect.getdoc(method), f"{value.__name__}.{name}"


@pytest.mark.parametrize("value", CLASSES + FUNCTIONS)
def test_there_is_an_example(value):
    if value.__name__.startswith("Base"):
        pytest.skip("a base class has no example of its own")
    assert ">>>" in section(inspect.getdoc(value), "Examples")


@pytest.mark.parametrize("value", PARTS + FUNCTIONS)
def test_parameters_and_their_defaults(value):
    docstring = inspect.getdoc(value)
    described = described_parameters(docstring)
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(value).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    assert set(described) == set(parameters)
    for name, parameter in parameters.items():
        stated = stated_default(described[name])
        if stated and ", " in stated and stated[0] not in "([":  # two names share one heading
            assert str(parameter.default) in stated.split(", ")
            continue
        if parameter.default is inspect.Parameter.empty:
            assert stated is None, name
        else:
            expected = {str(parameter.default), repr(parameter.default)}
            expected |= {f'"{parameter.default}"', f"np.{parameter.default}"}
            assert stated in expected, f"{name}: {stated!r} is not {parameter.default!r}"


@pytest.mark.parametrize("value", PARTS)
def test_defaults_of_methods(value):
    for name, method in inspect.getmembers(value, inspect.isfunction):
        docstring = inspect.getdoc(method) or ""
        if name.startswith("_") or not method.__module__.startswith("sklearn_synda"):
            continue
        for parameter, heading in described_parameters(docstring).items():
            stated = stated_default(heading)
            signature = inspect.signature(method).parameters
            assert parameter in signature, f"{name}: {parameter}"
            default = signature[parameter].default
            if stated:
                expected = {str(default), repr(default), f'"{default}"'}
                assert stated in expected, f"{name}: {parameter}"


def test_classifier_and_regressor_describe_the_same_parameters():
    texts = [
        described_parameters(inspect.getdoc(kind))
        for kind in (
            sklearn_synda.ActiveSynthesisClassifier,
            sklearn_synda.ActiveSynthesisRegressor,
        )
    ]
    assert list(texts[0]) == list(texts[1])
    for name in texts[0]:
        assert stated_default(texts[0][name]) == stated_default(texts[1][name]), name
