"""Errors are sentences of three shapes."""

import ast
import re
from pathlib import Path

import pytest

import sklearn_synda

ROOT = Path(sklearn_synda.__file__).parent
VALUE = re.compile(r"^The \S+ (parameter )?of .* must .*\. Got .* instead", re.S)
COMPATIBILITY = re.compile(r"^\S+ is not compatible with .*: .*", re.S)
ABSENCE = re.compile(r'^\S+ requires \S+\. Install it with: pip install "sklearn-synda\[\S+\]"\.$')
KINDS = (
    "ValueError", "TypeError", "ImportError", "BudgetSpent", "EndpointError", "SessionFileError",
)  # fmt: skip
# sentences of scikit-learn's own, which its checks look for word by word
OF_SKLEARN = (
    "Found input variables with inconsistent numbers of samples",
    "Input y contains infinity or a value too large for dtype('float64').",
    "requires y to be passed, but the target",
)


def text_of(node):
    """A sentence with X in the place of what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "X" for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return text_of(node.left) + text_of(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # "..." .format()
        return text_of(node.func.value)
    return "X"


def raised_sentences():
    for path in sorted(ROOT.rglob("*.py")):
        if path.name == "estimator_checks.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                kind = getattr(node.exc.func, "id", "")
                if kind in KINDS and node.exc.args:
                    text = text_of(node.exc.args[0])
                    yield pytest.param(kind, text, id=f"{path.name}:{node.lineno}")


@pytest.mark.parametrize(("kind", "text"), list(raised_sentences()))
def test_shape(kind, text):
    if kind == "ImportError":  # _optional fills in the one sentence it has
        from sklearn_synda._optional import _SENTENCE

        assert ABSENCE.match(_SENTENCE.format(caller="A", package="b", extra="c"))
        return
    if any(sentence in text for sentence in OF_SKLEARN):
        return
    is_value = re.match(r"The .* must .*\. ?Got", text, re.S) and "instead" in text
    assert is_value or COMPATIBILITY.match(text), text


def test_the_shapes_tell_good_from_bad():
    assert VALUE.match("The 'a' parameter of B must be an int. Got 'c' instead.")
    assert COMPATIBILITY.match(
        "A is not compatible with B: it needs 'c'; B has none. Use D instead."
    )
    assert not COMPATIBILITY.match("Invalid input!")
    assert not VALUE.match("The input is bad.")
