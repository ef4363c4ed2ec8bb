"""Every block of code in the documentation runs, and every example draws."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/**/*.md")) + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
EXAMPLES = sorted(ROOT.glob("docs/examples/plot_*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page(page):
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=options)
    assert failed == 0


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_example(example, tmp_path):
    env = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, str(example)], check=True, cwd=tmp_path, env=env)


def anchors_of(page):
    """Anchors of the headings of a page, as a forge makes them."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.*)$", prose, flags=re.M)
    kept = ("".join(c for c in title.lower() if c.isalnum() or c in " -_") for title in titles)
    return {letters.strip().replace(" ", "-") for letters in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        goal = page.parent / path if path else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors_of(goal), target


def test_the_reference_has_every_room():
    """What a room offers is listed from its ``__all__`` when the site is made."""
    named = re.findall(
        r"^   (sklearn_synda[\w.]*)$", (ROOT / "docs/api/index.md").read_text(), re.M
    )
    rooms = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in ROOT.glob("sklearn_synda/**/__init__.py")
        if not any(part.startswith("_") for part in path.parent.relative_to(ROOT).parts)
    }
    modules = {"sklearn_synda.exceptions", "sklearn_synda.utils.estimator_checks"}
    assert sorted(named) == sorted(rooms | modules)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_site_is_made_without_a_warning(tmp_path):
    pytest.importorskip("sphinx_gallery")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-D", "sphinx_gallery_conf.plot_gallery=0",
         tmp_path / "docs", tmp_path / "site"],
        check=True,
    )  # fmt: skip
    assert (tmp_path / "site/api/generated/sklearn_synda.query.MarginQuery.html").exists()
