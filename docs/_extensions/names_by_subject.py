"""The reference: pages of occlusion_sensitivity.matlab, one for each subject of its table, written before a build.

Of classes, what dir() shows is documented: the rest is for this package alone.
"""

import inspect
from pathlib import Path

import occlusion_sensitivity
from occlusion_sensitivity import matlab

FOLDER = Path(__file__).parents[1] / "reference" / "matlab"
INTRODUCTION = """The names of MATLAB scripts, by subject: ``from occlusion_sensitivity.matlab import *`` brings them
all. What differs from MATLAB, in one table: :doc:`MATLAB users </migrating>`."""


def write_pages(app):
    FOLDER.mkdir(exist_ok=True)
    write_if_other(FOLDER / "index.rst", overview())
    for subject, module in matlab.SUBJECTS.items():
        write_if_other(FOLDER / f"{file_name(module)}.rst", page(subject, module.__all__))


def file_name(module):
    return module.__name__.rpartition(".")[2]


def overview():
    """All names, each with the first line of its docstring."""
    title = "occlusion_sensitivity.matlab"
    lines = [
        title,
        "=" * len(title),
        "",
        INTRODUCTION,
        "",
        ".. toctree::",
        "   :hidden:",
        "",
        *(f"   {file_name(module)}" for module in matlab.SUBJECTS.values()),
    ]
    for subject, module in matlab.SUBJECTS.items():
        lines += ["", subject, "-" * len(subject), "", ".. currentmodule:: occlusion_sensitivity.matlab", ""]
        lines += [".. autosummary::", "   :nosignatures:", "", *(f"   {reference(name)}" for name in module.__all__)]
    return "\n".join([*lines, ""])


def reference(name):
    return f"~occlusion_sensitivity.{name}" if name in occlusion_sensitivity.__all__ else name


def page(subject, names):
    """Those names of a subject that stand in ``occlusion_sensitivity.matlab`` alone, and links to the others."""
    lines = [subject, "=" * len(subject), "", ".. currentmodule:: occlusion_sensitivity.matlab", ""]
    others = [f":py:obj:`{reference(name)}`" for name in names if name in occlusion_sensitivity.__all__]
    if others:
        lines += [f"The same as in ``occlusion_sensitivity``: {', '.join(others)}.", ""]
    for name in names:
        if name not in occlusion_sensitivity.__all__:
            kind = "class" if inspect.isclass(getattr(matlab, name)) else "function"
            lines += [f".. auto{kind}:: {name}", ""]
    return "\n".join(lines)


def write_if_other(file, text):
    """So that Sphinx does not read again what is as it was."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8", newline="\n")


def is_inner(app, what, name, member, skip, options):
    """Whether a member of a class is left out; None leaves it to autodoc."""
    function = getattr(member, "fget", member)
    owner = getattr(inspect.getmodule(function), getattr(function, "__qualname__", "").rpartition(".")[0], None)
    return True if inspect.isclass(owner) and name not in dir(owner.__new__(owner)) else None


def without_inner_signature(app, what, name, obj, options, signature, returned):
    """A class that says what makes it is not made by calling it."""
    return ("", None) if what == "class" and "ade by :func:" in (obj.__doc__ or "") else None


def setup(app):
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-signature", without_inner_signature)
    app.connect("autodoc-skip-member", is_inner)
    return {"parallel_read_safe": True}
