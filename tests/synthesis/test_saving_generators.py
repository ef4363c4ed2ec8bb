"""Files of generators: the same rows, smaller in 8 bits, and no code in them."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pytest
from made_tables import TABLES, kind_of
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.datasets import load_iris

from sklearn_synda import _optional
from sklearn_synda._columns import Columns
from sklearn_synda.synthesis import DiffusionSynthesizer, GANSynthesizer, VAESynthesizer
from sklearn_synda.synthesis._table_record import record_table, restore_table

TINY = [
    VAESynthesizer(max_steps=20, hidden_layer_sizes=(16,), random_state=0),
    DiffusionSynthesizer(max_steps=20, hidden_layer_sizes=(16, 16), random_state=0),
    DiffusionSynthesizer(denoiser="trees", n_estimators=2, n_sampling_steps=2, random_state=0),
    GANSynthesizer(max_steps=5, hidden_layer_sizes=(16,), random_state=0),
]  # fmt: skip
each = pytest.mark.parametrize("tiny", TINY, ids=["vae", "mlp", "trees", "gan"])
NAMES = [name for name in TABLES if name != "wide csr"]


@pytest.mark.parametrize("name", NAMES)
def test_records_of_tables(name):
    X = TABLES[name]()
    columns = Columns(X)
    cells = columns.to_cells(X)
    record = record_table(columns.to_table(cells), cells, columns.is_categorical)
    back = restore_table(json.loads(json.dumps(record)), cells)
    assert kind_of(back) == kind_of(X)
    np.testing.assert_array_equal(Columns(back).to_cells(back), cells)


@each
@pytest.mark.parametrize("name", ["pandas", "polars", "object"])
def test_a_loaded_one_makes_the_same_rows(tiny, name, tmp_path):
    X = TABLES[name]()
    fitted = clone(tiny).set_params(sampling_strategy={0: 50, 1: 70})
    fitted.fit(X, np.resize([0, 1, 1, -1], X.shape[0]), sample_weight=np.arange(60.0))
    fitted.save(tmp_path / "made.safetensors")
    loaded = type(tiny).load(tmp_path / "made.safetensors")
    assert {**loaded.get_params(), "random_state": 0} == fitted.get_params()
    first, second = (m.sample(np.arange(20), random_state=0) for m in (fitted, loaded))
    assert kind_of(first.X) == kind_of(second.X)
    np.testing.assert_array_equal(first.closeness, second.closeness)
    pd.testing.assert_frame_equal(pd.DataFrame(first.X), pd.DataFrame(second.X))
    assert loaded.loss_curve_ == pytest.approx(fitted.loss_curve_)


@pytest.mark.parametrize(("tiny", "changes"), [
    (TINY[0], {"n_latent": 3, "hidden_layer_sizes": (5,)}),
    (TINY[1], {"n_sampling_steps": 7}),
    (TINY[1], {"denoiser": "trees"}),
    (TINY[2], {"n_estimators": 5, "n_sampling_steps": 3}),
    (TINY[2], {"denoiser": "mlp"}),
])  # fmt: skip
def test_parameters_changed_after_fit(tiny, changes, tmp_path):
    """The net is the one that was fitted, the parameters are those that are set."""
    fitted = clone(tiny).fit(*load_iris(return_X_y=True))
    before = fitted.sample(np.arange(20), random_state=0).X
    fitted.set_params(**changes).save(tmp_path / "made.safetensors")
    loaded = type(tiny).load(tmp_path / "made.safetensors")
    assert loaded.get_params() == fitted.get_params()
    for maker in (fitted, loaded):
        np.testing.assert_array_equal(maker.sample(np.arange(20), random_state=0).X, before)


def test_a_file_from_a_machine_with_a_gpu(tmp_path):
    fitted = clone(TINY[0]).set_params(device="cpu").fit(*load_iris(return_X_y=True))
    before = fitted.sample(np.arange(20), random_state=0).X
    fitted.set_params(device="cuda").save(tmp_path / "made.safetensors")
    loaded = VAESynthesizer.load(tmp_path / "made.safetensors")
    assert loaded.device == "auto"
    np.testing.assert_allclose(loaded.sample(np.arange(20), random_state=0).X, before, atol=1e-3)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "vae.safetensors"
    clone(TINY[0]).fit(*load_iris(return_X_y=True)).save(path)
    return path


def changed(path, **changes):
    """The file with other entries of its JSON."""
    with safe_open(path, framework="numpy") as file:
        meta = json.loads(file.metadata()["synda"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    arrays.update({key: changes.pop(key) for key in list(changes) if key in arrays})
    save_file(arrays, path, metadata={"synda": json.dumps(meta | changes)})


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(path.read_bytes()[:-50]),
    lambda path: path.write_bytes(b""),
    lambda path: path.write_text("cells"),
    lambda path: save_file({"cells": np.ones(3)}, path),
    lambda path: changed(path, format="another"),
    lambda path: changed(path, parameters={"no_such": 1}),
    lambda path: changed(path, parameters={"noise_level": 7}),
    lambda path: changed(path, table={"container": "ndarray", "dtype": "|i1"}),
    lambda path: changed(path, table={"container": "ndarray", "dtype": "|O"}),
    lambda path: changed(path, cells=np.ones((150, 3))),
    lambda path: changed(path, y=np.ones(3)),
    lambda path: changed(path, quantized=True),
    lambda path: changed(path, fitted={"n_latent": 3}),
    lambda path: save_file({}, path, metadata={"synda": "{}"}),
])  # fmt: skip
def test_damaged_files_are_refused_in_a_sentence(saved, damage):
    damage(saved)
    with pytest.raises(ValueError, match=r"must be a whole file that VAESynthesizer.save wrote"):
        VAESynthesizer.load(saved)


def test_newer_files_and_those_of_others_are_refused(saved):
    with pytest.raises(ValueError, match="must be a file of a GANSynthesizer. Got one of a VAE"):
        GANSynthesizer.load(saved)
    changed(saved, version=2, parameters={"unheard": 1})
    with pytest.raises(ValueError, match="of version 1 or older. Got version 2 instead"):
        VAESynthesizer.load(saved)
    with pytest.raises(FileNotFoundError):
        VAESynthesizer.load(saved.with_name("nowhere"))


def test_what_cannot_be_saved(tmp_path):
    X, y = load_iris(return_X_y=True)
    maker = clone(TINY[0]).set_params(sampling_strategy=lambda y: {}).fit(X, y)
    with pytest.raises(ValueError, match="is not compatible with a function"):
        maker.save(tmp_path / "file")
    odd = np.empty((150, 1), dtype=object)
    odd[:, 0] = [complex(k % 3) for k in range(150)]
    with pytest.raises(ValueError, match="column 0 holds complex"):
        clone(TINY[0]).fit(odd, y).save(tmp_path / "file")
    for frame, said in (
        (pd.DataFrame({"size": pd.cut(X[:, 0], 3)}), "column 'size' holds Interval"),
        (pd.DataFrame(X[:, :1], columns=[pd.Interval(0, 1)]), "a name of its columns is Interval"),
    ):
        with pytest.raises(ValueError, match=said):
            clone(TINY[0]).fit(frame, y).save(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_without_safetensors(monkeypatch, saved):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        _optional, "find_spec", lambda name: None if name == "safetensors" else find_spec(name)
    )
    with pytest.raises(ImportError, match="VAESynthesizer.load requires safetensors"):
        VAESynthesizer.load(saved)


@pytest.mark.parametrize("tiny", [TINY[0], TINY[1], TINY[3]], ids=["vae", "mlp", "gan"])
def test_eight_bits(tiny, tmp_path):
    X, y = load_iris(return_X_y=True)
    fitted = clone(tiny).fit(X, y)
    small = fitted.quantize()
    assert small is not fitted
    rows = [maker.sample(np.arange(150), random_state=0).X for maker in (fitted, small)]
    assert 0 < np.abs(rows[0] - rows[1]).mean() < 0.1
    small.save(tmp_path / "small")
    loaded = type(tiny).load(tmp_path / "small")
    np.testing.assert_array_equal(rows[1], loaded.sample(np.arange(150), random_state=0).X)
    n_bytes = [
        sum(value.nbytes for name, value in maker._net_arrays().items() if "weight" in name)
        for maker in (fitted, loaded)
    ]
    assert n_bytes[1] * 4 == n_bytes[0]
    loaded.set_params(guidance_weight=1.0)
    with pytest.raises(ValueError, match="'guidance_weight' above zero after quantize"):
        loaded.sample([0], guide=lambda rows: rows[:, 0])


def test_trees_have_nothing_to_quantize():
    fitted = clone(TINY[2]).fit(*load_iris(return_X_y=True))
    with pytest.raises(ValueError, match="DiffusionSynthesizer.quantize is not compatible"):
        fitted.quantize()


@pytest.mark.parametrize("gap", [np.nan, None])
def test_a_missing_name_stays_what_it_was(gap, tmp_path):
    X = np.resize(np.array(["u", "v", gap], dtype=object), (30, 2))
    fitted = clone(TINY[0]).fit(X, np.arange(30) % 2)
    fitted.save(tmp_path / "made.safetensors")
    loaded = VAESynthesizer.load(tmp_path / "made.safetensors")
    for maker in (fitted, loaded):
        made = maker.sample(np.arange(30), random_state=0).X.ravel()
        absent = [v for v in made if not isinstance(v, str)]
        assert absent
        assert all((v is None) == (gap is None) for v in absent)


@pytest.mark.parametrize("change", ["fitted", "container", "net"])
def test_other_damage_is_named_too(change, tmp_path):
    path = tmp_path / "made.safetensors"
    clone(TINY[0]).fit(*load_iris(return_X_y=True)).save(path)
    with safe_open(path, framework="numpy") as file:
        meta = json.loads(file.metadata()["synda"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    if change == "fitted":
        meta["fitted"] = [1]
    elif change == "container":
        meta["table"]["container"] = 3
    else:
        name = next(
            key for key in arrays if key.startswith("net.") and arrays[key].dtype.kind == "f"
        )
        arrays[name] = arrays[name] * np.nan
    save_file(arrays, path, {"synda": json.dumps(meta)})
    with pytest.raises(ValueError, match="must be a whole file that VAESynthesizer.save wrote"):
        VAESynthesizer.load(path)


@pytest.mark.parametrize("columns", [
    pd.Index(["a", "b"], name="measure"), pd.to_datetime(["2020-01-01", "2020-01-02"]),
])  # fmt: skip
def test_names_of_columns(columns, tmp_path):
    X, y = load_iris(return_X_y=True)
    maker = clone(TINY[0]).fit(pd.DataFrame(X[:, :2], columns=columns), y)
    maker.save(tmp_path / "file")
    made = [
        m.sample([0], random_state=0).X for m in (maker, VAESynthesizer.load(tmp_path / "file"))
    ]
    pd.testing.assert_frame_equal(*made)


def test_a_curriculum_begins_anew(tmp_path):
    X, y = load_iris(return_X_y=True)
    maker = clone(TINY[0]).set_params(exploration_strength=1.0, curriculum_rounds=2).fit(X, y)
    maker.sample([0], guide=lambda rows: rows[:, 0], random_state=0)
    maker.save(tmp_path / "file")
    loaded = VAESynthesizer.load(tmp_path / "file")
    loaded.sample([0], guide=lambda rows: rows[:, 0], random_state=0)
    assert loaded.guidance_history_ == maker.guidance_history_
