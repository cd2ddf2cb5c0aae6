"""Write the generated part of docs/command_line.md: every command and its options, from the parser.

    python tools/write_command_line.py [--check]

With --check nothing is written; the exit status says whether the page is current.
"""

import argparse
import re
import sys
from importlib.resources import files
from pathlib import Path

from generated import write

from occlusion_sensitivity.cli.parser import parser

DOCUMENT = Path(__file__).parents[1] / "docs" / "command_line.md"
# This machine's folder, of which the help of parity speaks.
HERE = str(files("occlusion_sensitivity") / "compat_fixtures")


def main():
    return write(DOCUMENT, {"commands": f"\n{commands()}\n"}, check="--check" in sys.argv[1:])


def commands():
    """A section for each command."""
    (added,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return "\n\n".join(section(name, command) for name, command in added.choices.items())


def section(name, command):
    """Heading, description, examples, and a table for each group of options."""
    formatter = command._get_formatter()
    parts = [f"## {name}", linked(command.description), *filter(None, [examples(command)])]
    own, others = [], []
    for group in command._action_groups:
        # Those of which one excludes the other stand in no group of their own.
        rows = [
            row(action, formatter) for action in group._group_actions if not isinstance(action, argparse._HelpAction)
        ]
        if group.title in ("positional arguments", "options"):
            own += rows
        elif rows:
            others += [f"{group.title[0].upper()}{group.title[1:]}:", table(rows)]
    return "\n\n".join([*parts, *([table(own)] if own else []), *others])


def table(rows):
    return "\n".join(["| option | |", "|---|---|", *rows])


def row(action, formatter):
    name = ", ".join(action.option_strings) or action.metavar
    values = formatter._format_args(action, action.dest.upper()) if action.option_strings else ""
    return f"| `{escaped(f'{name} {values}'.strip())}` | {linked(escaped(formatter._expand_help(action)))} |"


def examples(command):
    """The examples below the help, as a block; and what stands below these."""
    if not command.epilog:
        return ""
    lines = command.epilog.replace(HERE, "the folder compat_fixtures of the installed package").splitlines()
    commands = [line.strip() for line in lines if line.startswith("  occlusion-sensitivity ")]
    others = [line.strip() for line in lines if line.strip() not in commands and line != "examples:"]
    block = "\n".join(["```sh", *commands, "```"])
    return "\n\n".join([block, *([" ".join(others) + "."] if others else [])])


def escaped(text):
    """As it stands in a cell of a table."""
    return re.sub(r"\s+", " ", text).replace("|", r"\|")


def linked(text):
    """With links to the documents."""
    return re.sub(r"\bdocs/(\w+\.md)\b", r"[docs/\1](\1)", text)


if __name__ == "__main__":
    sys.exit(main())
