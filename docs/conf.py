"""The documentation site: python -m sphinx -W -b html docs build/site"""

import sys
from pathlib import Path

import occlusion_sensitivity

sys.path.append(str(Path(__file__).parent / "_extensions"))

project = "occlusion-sensitivity"
author = "the occlusion-sensitivity authors"
project_copyright = "2026, the occlusion-sensitivity authors"
version = release = occlusion_sensitivity.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "names_by_subject",
    "outside_docs",
]
exclude_patterns = ["_extensions", "_static", "_templates"]
nitpicky = True  # a reference to a name that has no page is a warning

html_theme = "pydata_sphinx_theme"
html_title = "occlusion-sensitivity"
html_theme_options = {
    "navbar_center": [],  # the sidebar has all pages
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
    "show_prev_next": False,
}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {"**": ["all_pages"]}
templates_path = ["_templates"]

# GitHub's anchors of headings, down to the third level.
myst_heading_anchors = 3

# The types of arguments stand in the docstrings, in words; annotations are for type checkers.
autodoc_typehints = "none"
add_module_names = False  # names are imported, and used by themselves
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
# Methods follow their class, in full.
numpydoc_show_class_members = False
