"""Writes the parts of the documentation that the code knows better.

    python scripts/build_docs.py            writes them
    python scripts/build_docs.py --check    exit 1 unless they are current

The steps in docs/mapping.md come from their declarations, the commands in README.md and
docs/commands.md from their help, the settings in docs/databases.md, docs/files.md and
docs/settings.md from their declarations, the codes in docs/errors.md from the problems in the
source, what docs/sandbox.md says it does from the sandbox's own
tables, the index of the decisions from the first line of each, and docs/reference as a whole from
the catalogue of Stripe.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from connector_agent.mapping import ABSENT, STEPS, Step, StepExample

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.command_pages import command_reference, command_table  # noqa: E402
from scripts.problem_codes import error_tables  # noqa: E402
from scripts.reference_pages import FOLDER, reference_pages  # noqa: E402
from scripts.sandbox_page import coverage  # noqa: E402
from scripts.setting_tables import (  # noqa: E402
    database_settings,
    file_settings,
    stripe_settings,
    undescribed,
)

BEGIN = "<!-- made by scripts/build_docs.py -->"
END = "<!-- end of what scripts/build_docs.py makes -->"
EXAMPLES = 2


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the generated parts of docs/.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    status = 0
    for name in undescribed():
        print(f"The setting {name} has no description.", file=sys.stderr)
        status = 1
    for path, text in (*pages(), *reference()):
        if (path.read_text(encoding="utf-8") if path.exists() else "") == text:
            continue
        if options.check:
            print(f"{path.relative_to(ROOT)} is not current.", file=sys.stderr)
            status = 1
        elif text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} is written.")
        else:
            path.unlink()
            print(f"{path.relative_to(ROOT)} is removed.")
    if options.check and status:
        print("Run: python scripts/build_docs.py", file=sys.stderr)
    return status


def pages() -> Iterator[tuple[Path, str]]:
    """Each page that holds something generated, as it should be."""
    made = (
        ("README.md", command_table()),
        ("docs/commands.md", command_reference()),
        ("docs/databases.md", database_settings()),
        ("docs/errors.md", error_tables()),
        ("docs/files.md", file_settings()),
        ("docs/mapping.md", steps()),
        ("docs/sandbox.md", coverage()),
        ("docs/settings.md", stripe_settings()),
        ("docs/decisions/README.md", decisions()),
    )
    for name, lines in made:
        path = ROOT / name
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        _, found, after = rest.partition(END)
        if not found:
            raise SystemExit(f"{name} has no place for what is generated: {BEGIN} … {END}")
        yield path, f"{before}{BEGIN}\n\n" + "\n".join(lines).rstrip() + f"\n\n{END}{after}"


def reference() -> Iterator[tuple[Path, str]]:
    """Each page of docs/reference, and without text those that there should not be."""
    made = {ROOT / name: text for name, text in reference_pages()}
    left = [path for path in (ROOT / FOLDER).rglob("*.md") if path not in made]
    return iter([*made.items(), *((path, "") for path in left)])


def steps() -> Iterator[str]:
    """A table of all steps, and one of their arguments."""
    yield "| step | what it does | takes, gives | for example |"
    yield "|---|---|---|---|"
    for step in STEPS.values():
        shown = [each for each in step.examples if not each.fault][:EXAMPLES]
        examples = "<br>".join(example(step, each) for each in shown)
        kinds = step.takes if step.takes == step.gives else f"{step.takes}, {step.gives}"
        yield f"| `{step.name}` | {step.help} | {kinds} | {examples} |"
    yield ""
    yield "| step | argument | what it says |"
    yield "|---|---|---|"
    for step in STEPS.values():
        for argument in step.arguments:
            text = argument.description
            if argument.choices:
                text += f" One of {', '.join(code(choice) for choice in argument.choices)}."
            if argument.required:
                text += " Required."
            yield f"| `{step.name}` | `{argument.name}` | {text} |"


def example(step: Step, case: StepExample) -> str:
    """One use of a step and what comes of it."""
    arguments = dict(case.arguments)
    if step.short and arguments:
        given = f" with `{step.name}: {arguments[step.short]}`"
    elif arguments:
        inner = ", ".join(f"{name}: {plain(given)}" for name, given in arguments.items())
        given = f" with `{inner}`"
    else:
        given = ""
    return f"{value(case.value, 'null')}{given} → {value(case.result, 'clears the field')}"


def value(given: object, null: str) -> str:
    if given is ABSENT:
        return "absent"
    return null if given is None else code(given)


def code(given: object) -> str:
    """A value as code; a character that can't be seen as its number."""
    return f"`{json.dumps(given, ensure_ascii=not str(given).isprintable())}`"


def plain(given: object) -> str:
    """A value as YAML takes it."""
    return given if isinstance(given, str) and given.isalnum() else json.dumps(given)


def decisions() -> Iterator[str]:
    """A list of the decisions, by number."""
    folder = ROOT / "docs" / "decisions"
    for path in sorted(folder.glob("[0-9]*.md")):
        with path.open(encoding="utf-8") as page:
            title = page.readline().removeprefix("#").strip()
        yield f"- [{title}]({path.name})"


if __name__ == "__main__":
    sys.exit(main())
