"""What was acknowledged outlives SIGKILL: processes that label are killed at random moments."""

import multiprocessing
import os
import signal
import sqlite3
import time

import numpy as np
import pytest

from sklearn_synda.active_learning import LabelingSession

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
N_ROWS, N_WORKERS = 20_000, 3
X = np.arange(N_ROWS, dtype=float).reshape(-1, 1)


def quick_processes():
    """Processes that begin with the package imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sklearn_synda.active_learning"])
    return context


class FirstRows:
    """All workers want the same rows, so that every one of them is fought for."""

    def query(self, pool, batch_size=1, *, random_state=None):
        return np.arange(batch_size)


def label(row, name):
    """A label that says whose it is, so that no two workers' labels are alike."""
    return f"{name}:{row % 7}"


def work(path, log, name, seed):
    """Label, skip, relabel and undo without end; each acknowledged step goes to the log."""
    rng = np.random.RandomState(seed)
    session = LabelingSession(path, X, query_strategy=FirstRows(), busy_seconds=60)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(verb, ids, labels=()):
        """One write: what a killed process had written is whole, and stays."""
        os.write(out, f"{verb}|{','.join(map(str, ids))}|{','.join(labels)}\n".encode())

    while True:
        ids = session.next(3, annotator=name)
        say("next", ids)
        labels = [label(row, name) for row in ids]
        say("try", ids, labels)
        session.submit(ids, labels, annotator=name)
        say("submit", ids, labels)
        if rng.random_sample() < 0.2:
            again = [text + "!" for text in labels]
            say("try", ids, again)
            session.relabel(ids, again, annotator=name)
            say("submit", ids, again)
            if rng.random_sample() < 0.5:
                say("try", ids, labels)
                session.undo(annotator=name)
                say("submit", ids, labels)


def read_log(log):
    """Acknowledged answers, those under way when the process died, and rows handed out."""
    acknowledged, under_way, handed = {}, {}, []
    for line in log.read_text().splitlines():
        verb, ids, labels = line.split("|")
        ids = [int(i) for i in ids.split(",")]
        if verb == "next":
            handed += ids
            continue
        step = dict(zip(ids, labels.split(","), strict=True))
        if verb == "try":
            under_way = step
        else:
            acknowledged.update(step)
            under_way = {}
    return acknowledged, under_way, handed


def kill_often(folder, n_kills):
    """Kill workers on one file; what they were told against what the file holds."""
    context = quick_processes()
    path = str(folder / "answers.sqlite")
    rng = np.random.RandomState(0)
    living, names = [], []
    end = time.monotonic() + 500
    LabelingSession(path, X).close()
    for k in range(n_kills + N_WORKERS - 1):
        name = f"w{k}"
        names.append(name)
        process = context.Process(target=work, args=(path, folder / name, name, k), daemon=True)
        process.start()
        living.append(process)
        if len(living) == N_WORKERS:
            log = folder / names[k - N_WORKERS + 1]
            while not log.exists() and living[0].is_alive() and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.25))
            victim = living.pop(0)
            assert victim.is_alive(), "a worker died of itself"
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
    for process in living:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    return path, [folder / name for name in names if (folder / name).exists()]


def check_answers(path, logs):
    """Counts of what was acknowledged, is missing, is double, was handed out twice."""
    with LabelingSession(path, X) as session:
        answers = session.answers()
    found = {(a.annotator, a.id): a.label for a in answers}
    n_acknowledged = n_missing = n_stray = n_under_way = n_stored_unsaid = 0
    handed_out = []
    for log in logs:
        acknowledged, under_way, handed = read_log(log)
        handed_out += handed
        n_acknowledged += len(acknowledged)
        stored = {row: text for (name, row), text in found.items() if name == log.name}
        # a step under way may be stored or not, but as a whole
        after = {**acknowledged, **under_way}
        n_missing += sum(
            stored.get(row) not in (acknowledged[row], after[row]) for row in acknowledged
        )
        n_stray += stored not in (acknowledged, after)
        n_under_way += len(under_way) > 0
        n_stored_unsaid += stored == after != acknowledged
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    n_double = len(answers) - len({a.id for a in answers})
    n_handed_twice = len(handed_out) - len(set(handed_out))
    return {
        "killed": len(logs), "acknowledged": n_acknowledged, "missing": n_missing,
        "half stored": n_stray, "double": n_double, "handed twice": n_handed_twice,
        "killed in a write": n_under_way, "stored though not acknowledged": n_stored_unsaid,
    }  # fmt: skip


def check(folder, n_kills):
    counts = check_answers(*kill_often(folder, n_kills))
    wrong = {name: counts[name] for name in ("missing", "half stored", "double", "handed twice")}
    assert set(wrong.values()) == {0}, counts
    assert counts["killed"] >= n_kills
    assert counts["acknowledged"] > n_kills, counts
    return counts


def make_files(folder):
    """Make one new file after another."""
    k = 0
    while True:
        LabelingSession(folder / f"{k}.sqlite", X, classes=["a", "b"]).submit([0], ["a"])
        k += 1


def test_a_file_half_made_can_be_opened(tmp_path):
    context = quick_processes()
    rng = np.random.RandomState(0)
    n_answers = []
    for k in range(12):
        folder = tmp_path / str(k)
        folder.mkdir()
        process = context.Process(target=make_files, args=(folder,), daemon=True)
        process.start()
        while not (folder / "0.sqlite").exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.06))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        for path in folder.glob("*.sqlite"):
            with LabelingSession(path, X, classes=["a", "b"]) as session:
                n_answers.append(len(session.answers()))
                session.submit([1], ["b"])
    assert set(n_answers) <= {0, 1}
    assert 1 in n_answers


def test_nothing_acknowledged_is_lost(tmp_path):
    check(tmp_path, 15)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost_in_200_kills(tmp_path, capsys):
    counts = check(tmp_path, 200)
    with capsys.disabled():
        print(counts)  # noqa: T201
