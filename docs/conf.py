"""How `make docs` turns these pages, the docstrings and the examples into a site."""

import re

import sklearn_synda

project = "sklearn-synda"
author = "the sklearn-synda developers"
version = release = sklearn_synda.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "examples", "auto_examples/*.ipynb"]
suppress_warnings = ["ref.ref", "ref.term"]  # docstrings of scikit-learn point into its own guide
html_theme = "furo"
html_title = project
html_show_copyright = False

myst_heading_anchors = 3  # links to headings, as a forge makes them

autosummary_imported_members = True
autosummary_ignore_module_all = False
numpydoc_show_class_members = False
extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}

sphinx_gallery_conf = {
    "backreferences_dir": "api/backreferences",
    "doc_module": ("sklearn_synda",),
    "download_all_examples": False,
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "show_memory": False,
    "write_computation_times": False,
}

PAGES = {
    "User guide": r"\]\((user_guide/\w+)\.md\)",
    "Results": r"\]\((does_it_help)\.md\)",
    "Reference": r"\]\(((?:api/index|glossary|developer/\w+))\.md\)",
}


def adapt_page(app, docname, source):
    """Pages are written to be read in the repository as well: what a site needs is added here."""
    text = source[0]
    if docname == "index":  # the contents are the links of the page, in their order
        for caption, pattern in PAGES.items():
            pages = "\n".join(dict.fromkeys(re.findall(pattern, text)))
            pages += "\nauto_examples/index" if caption == "Results" else ""
            text += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"
        text = re.sub(r"\]\(examples/(\w+)\.py\)", r"](auto_examples/\1.rst)", text)
    up = "../" * (docname.count("/") + 1)  # what lies outside docs/ has no page
    source[0] = re.sub(rf"\[([^\]]+)\]\({re.escape(up)}[^)]*\)", r"\1", text)


def setup(app):
    app.connect("source-read", adapt_page)
