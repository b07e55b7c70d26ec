"""Settings of Sphinx; `python -m sphinx -W --keep-going docs docs/_build/html` builds the site.

Neither the build nor the site needs a network: formulas are MathML, and scripts, fonts and
styles are files of the site. Where the environment variable SKMLP_DOCS_LINKS is set, names of
numpy, scipy and scikit-learn link to their documentation, whose inventories are fetched.
"""

import inspect
import os
import re
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.inspect import stringify_signature
from sphinx_gallery.sorting import ExplicitOrder

import skmlp

project = "skmlp"
author = "The skmlp developers"
copyright = author
version = release = skmlp.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb", "auto_examples/*.py"]
templates_path = ["_templates"]
default_role = "py:obj"

if "SKMLP_DOCS_LINKS" in os.environ:
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "joblib": ("https://joblib.readthedocs.io/en/stable", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "python": ("https://docs.python.org/3", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "substitution"]
myst_substitutions = {"version": version}
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # docstrings say more
# The template lists what a class has.
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_context = {"default_mode": "auto"}
html_css_files = ["skmlp.css"]
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
}
# It has no pages below it to go to.
html_sidebars = {"tabular": []}

# What a first fit says of its compilation would be shown, with a path of this machine.
os.environ["SKMLP_QUIET"] = "1"
_EXAMPLES = Path(__file__).parents[1] / "examples"
# Where Debian's package dataset-fashion-mnist has the images that this example looks for.
_HAS_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist").is_dir()
sphinx_gallery_conf = {
    "examples_dirs": str(_EXAMPLES),
    "gallery_dirs": "auto_examples",
    "within_subsection_order": ExplicitOrder(
        [
            "plot_quickstart.py",
            "plot_what_is_an_mlp.py",
            "plot_activations.py",
            "plot_nonlinearity.py",
            "plot_two_circles.py",
            "plot_nonmonotone.py",
            "plot_universal_approximation.py",
            "plot_regularization.py",
            "plot_early_stopping.py",
            "plot_learning_rate.py",
            "plot_grid_search.py",
            "plot_learned_features.py",
            "plot_explaining.py",
            "plot_imbalanced.py",
            "plot_multilabel.py",
            "plot_regression.py",
            "plot_counts.py",
            "plot_quantiles.py",
            "plot_tabular.py",
            "plot_text.py",
            "plot_callbacks.py",
            "*",
            "fashion_mnist.py",  # takes a minute
        ]
    ),
    "filename_pattern": "/(plot_|fashion_mnist)" if _HAS_FASHION_MNIST else "/plot_",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skmlp",),
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "write_computation_times": False,  # their page loads scripts from elsewhere
    "min_reported_time": 10**6,  # seconds: they are of one machine
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
}

# What scikit-learn's docstrings refer to, and what is to be read instead.
_FOREIGN = {
    r":(?:doc|ref):`([^`<]*?)\s*<[^`]*>`": r"\1 of scikit-learn",
    r":(?:doc|ref):`[^`]*`": "scikit-learn's documentation",
    r":term:`([^`<]*?)\s*(?:<[^`]*>)?`": r"\1",
    r"\.\. version(?:added|changed)::\s*([\d.]+)": r".. note:: Since scikit-learn \1.",
}


def show_constructor(app, what, name, obj, options, signature, return_annotation):
    """Give a class the signature of its constructor, where Sphinx takes that of `__new__`."""
    if what != "class":
        return None
    return stringify_signature(inspect.signature(obj), show_annotation=False), None


def name_scikit_learn(app, what, name, obj, options, lines):
    """Make docstrings that are inherited from scikit-learn say what is scikit-learn's.

    They refer to its user guide, glossary and versions, which are not here.
    """
    module = getattr(inspect.unwrap(obj) if callable(obj) else obj, "__module__", None) or ""
    if module.startswith("sklearn"):
        for pattern, replacement in _FOREIGN.items():
            lines[:] = [re.sub(pattern, replacement, line) for line in lines]


def trim_code(app, doctree):
    """Take off the empty line that a doctest in Markdown ends with."""
    for block in doctree.findall(nodes.literal_block):
        if block.rawsource == block.astext():  # else it has other elements in it
            block.rawsource = block.rawsource.rstrip("\n")
            block[:] = [nodes.Text(block.rawsource)]


_THIN = '<mspace width="0.17em"/>'
_OF = r"\s*<mo>&ApplyFunction;</mo>"
# Browsers leave no space between the name of a function, which has two letters or more, and a
# factor before it or an argument without parentheses.
_SPACES = {
    rf"(</m(?:i|n|sup|sub|frac)>)(?=\s*<mi>\w\w+</mi>{_OF})": rf"\1{_THIN}",
    rf"(<mi>\w\w+</mi>){_OF}(?!\s*<mo)": rf"\1{_THIN}",
    r"(<msup>\s*<mi>\w\w+</mi>\s*<mn>\d</mn>\s*</msup>)(?=\s*<mi)": rf"\1{_THIN}",
}


def as_mathml(formula, **options):
    """Return a formula of LaTeX as MathML, with thin spaces around names of functions."""
    result = tex2mathml(formula, **options)
    for place, replacement in _SPACES.items():
        result = re.sub(place, replacement, result)
    return result


def show_formula(translator, node):
    """Write a formula as MathML, which browsers show without a script."""
    if isinstance(node, nodes.math_block):
        formula = as_mathml(node.astext(), as_block=True)
        translator.body.append(f'<div class="formula">{formula}</div>')
    else:
        translator.body.append(as_mathml(node.astext()))
    raise nodes.SkipNode


_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_CODE = re.compile(r'(?<=<span class="pre">).*?(?=</span>)')
# Between the words of a name, and after what joins names.
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[_.,(=/])(?=\w)")


def break_names(app, pagename, templatename, context, doctree):
    """Let long names in tables be broken between their words, and not within them."""

    def with_seams(cell):
        return _CODE.sub(lambda code: _SEAM.sub("<wbr/>", code[0]), cell[0])

    if context.get("body"):
        context["body"] = _CELL.sub(with_seams, context["body"])


def setup(app):
    """Connect what Sphinx is to call."""
    app.connect("html-page-context", break_names)
    app.add_html_math_renderer("mathml", (show_formula, None), (show_formula, None))
    app.connect("doctree-read", trim_code)
    app.connect("autodoc-process-docstring", name_scikit_learn)
    app.connect("autodoc-process-signature", show_constructor)
