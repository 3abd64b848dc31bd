"""The names of columns, and what may be wrong with them. Pure."""

from collections.abc import Sequence

from connector_sdk import Problem, did_you_mean, shown


def header_problems(names: Sequence[str], path: str) -> list[Problem]:
    """What is wrong with the names of columns: each needs one, and one of its own."""
    if not names:
        return [Problem("header_empty", "There are no columns.", "Name them.", path=path)]
    problems = []
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if not name.strip():
            message = f"Column {number} has no name."
            remedy = "Name it in the file, or state all names with `header`."
            problems.append(Problem("column_unnamed", message, remedy, path=path))
        elif name in first:
            message = f"Columns {first[name]} and {number} have the same name {name!r}."
            remedy = "Rename one of them in the file, or state all names with `header`."
            problems.append(Problem("column_twice", message, remedy, path=path, value=name))
        first.setdefault(name, number)
    return problems


def unknown_columns(
    setting: str, stated: Sequence[str], columns: Sequence[str], file: str
) -> list[Problem]:
    """A Problem for each column that `setting` names and the file does not have."""
    return [
        Problem(
            "unknown_column",
            f"There is no column {name!r} in {file}.",
            did_you_mean(name, columns) or f"It has: {shown(', '.join(columns))}.",
            path=setting,
            value=name,
        )
        for name in stated
        if name not in columns
    ]
