"""Every problem that the code can report, read from its source: code, message and remedy stand
together where the problem is found, and that is the one place where they are written."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "connector-sdk": "Any connector",
    "connector-agent": "Projects, mappings, files and runs",
    "stripe-connector": "Stripe",
    "connector-database": "Databases",
}

SHARED = frozenset(
    {
        "cell_unfit", "column_twice", "folder_outside", "folder_unwritable", "missing_id",
        "needs_records", "no_such_choice", "not_json", "not_updatable", "source_changed",
        "wrong_path",
    }
)  # fmt: skip
"""Codes with one meaning in several distributions, beside those of the contract."""


class Found(NamedTuple):
    """One problem in the source. `code` is None where it is computed."""

    distribution: str
    file: str
    line: int
    code: str | None
    message: str
    remedy: str


def problems() -> Iterator[Found]:
    """All of them, in the order of the files."""
    trees = {
        (distribution, path): ast.parse(path.read_text(encoding="utf-8"))
        for distribution in PACKAGES
        for path in sorted((ROOT / "packages" / distribution / "src").rglob("*.py"))
    }
    constants = {
        target.id: node.value.value
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for (distribution, path), tree in trees.items():
        file = str(path.relative_to(ROOT / "packages" / distribution / "src"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_problem(node):
                code, message, remedy = _arguments(node)
                known = constants.get(code.id) if isinstance(code, ast.Name) else None
                if isinstance(code, ast.Constant):
                    known = str(code.value)
                if known != "":  # stands for no problem
                    texts = _text(message), _text(remedy)
                    yield Found(distribution, file, node.lineno, known, *texts)


def error_tables() -> Iterator[str]:
    """For each distribution a table of its codes, with what they say and what to do."""
    found = [each for each in problems() if each.code is not None]
    contract = {each.code for each in found if each.distribution == "connector-sdk"}
    for distribution, title in PACKAGES.items():
        yield f"### {title}"
        yield ""
        yield "| code | for example | what to do |"
        yield "|---|---|---|"
        rows: dict[str, Found] = {}
        others = contract if distribution != "connector-sdk" else set()
        for each in found:
            if each.distribution != distribution or not each.code or each.code in others:
                continue
            before = rows.get(each.code)
            if before is None or _said(each) > _said(before):
                rows[each.code] = each
        for code, each in sorted(rows.items()):
            yield f"| `{code}` | {_cell(each.message)} | {_cell(each.remedy)} |"
        yield ""


def _is_problem(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "Problem"


def _arguments(node: ast.Call) -> tuple[ast.expr | None, ast.expr | None, ast.expr | None]:
    named = {each.arg: each.value for each in node.keywords}
    given = dict(zip(("code", "message", "remedy"), node.args, strict=False))
    return tuple(given.get(name) or named.get(name) for name in ("code", "message", "remedy"))  # type: ignore[return-value]


def _text(node: ast.expr | None) -> str:
    """What a text says, "…" for what is known only when it happens."""
    match node:
        case None:
            return ""
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(
                str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values
            )
        case ast.BinOp(op=ast.Add()):
            return _text(node.left) + _text(node.right)
        case ast.IfExp():
            return _text(node.body)
        case ast.BoolOp():
            return _text(node.values[-1])
    return "…"


def _said(found: Found) -> tuple[bool, bool]:
    """Whether the source says the message and the remedy in words."""
    return found.message != "…", found.remedy not in ("", "…")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
