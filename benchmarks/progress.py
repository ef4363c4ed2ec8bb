"""How far the study is: a bar with the time left, or plain lines when nobody watches."""

import sys
import time
from contextlib import contextmanager


@contextmanager
def progress_of(total):
    """Gives an object with ``step(text)`` and ``say(text)``."""
    bar = _rich_bar() if sys.stdout.isatty() else None
    if bar is None:
        yield _Lines(total)
        return
    with bar:
        yield _Bar(bar, bar.add_task("", total=total))


def _rich_bar():
    try:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
    except ImportError:
        return None
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )


class _Bar:
    def __init__(self, bar, task):
        self._bar, self._task = bar, task

    def step(self, text):
        self._bar.update(self._task, advance=1, description=text)

    def say(self, text):
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


class _Lines:
    """A line every twentieth of the way, or every half minute."""

    def __init__(self, total):
        self._total, self._done = total, 0
        self._start = self._told = time.monotonic()

    def step(self, text):
        self._done += 1
        now = time.monotonic()
        if self._done % max(1, self._total // 20) == 0 or now - self._told > 30:
            left = (now - self._start) / self._done * (self._total - self._done)
            print(f"{self._done}/{self._total} cells, about {left:.0f} s left: {text}", flush=True)
            self._told = now

    def say(self, text):
        print(text, flush=True)
