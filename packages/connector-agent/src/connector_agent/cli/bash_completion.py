"""Completion in bash for names with blanks and for assignments.

Typer's own takes words as bash splits them: `status=op` becomes three words, a name with a blank
is lost after its first word, and `name=` gets a blank appended.
"""

import os
import re
import shlex
from typing import Any

from typer import _completion_classes as classes
from typer import _completion_shared as shared

_SCRIPT = """\
%(complete_func)s() {
    mapfile -t COMPREPLY < <(
        IFS=$'\\n'
        COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
            %(autocomplete_var)s=complete_bash "$1"
    )
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=.] ]]; then
        compopt -o nospace
    fi
}

complete -o default -F %(complete_func)s %(prog_name)s
"""
_BREAK = re.compile("[=:]+")


def joined(words: list[str], at: int) -> tuple[list[str], str, str]:
    """Words rejoined at the = and : where bash split them: the words before index `at`, that
    word as typed, and how much of it bash counts as separate words."""
    found: list[str] = []
    inside = ""
    glued = False
    for index, word in enumerate(words[: at + 1]):
        is_break = index > 1 and _BREAK.fullmatch(word) is not None
        if is_break or glued:
            inside = found[-1] + word * is_break
            found[-1] += word
        else:
            inside = ""
            found.append(word)
        glued = is_break
    typed = found.pop() if len(words) > at else ""
    return found, typed, inside


def plain(word: str) -> str:
    """A word as the program gets it; its quotation may still be open."""
    for end in ("", '"', "'"):
        try:
            return "".join(shlex.split(word + end))
        except ValueError:
            continue
    return word.rstrip("\\")


def written(value: str, typed: str) -> str:
    """The value, quoted to continue what is typed."""
    match typed[:1]:
        case "'":
            return value
        case '"':
            return re.sub(r'(["\\$`])', r"\\\1", value)
    return re.sub(r"([\s'\"\\()&;|<>*?$`!])", r"\\\1", value)


class BashComplete(classes.BashComplete):
    """Typer's, on whole words."""

    source_template = _SCRIPT
    _typed = ""
    _inside = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        words = os.environ["COMP_WORDS"].split("\n")
        before, typed, inside = joined(words, int(os.environ["COMP_CWORD"]))
        self._typed = typed[len(inside) :]
        self._inside = plain(inside)
        return [plain(word) for word in before[1:]], plain(typed)

    def format_completion(self, item: Any) -> str:
        return written(item.value.removeprefix(self._inside), self._typed)


def use() -> None:
    """Makes it what completes in bash, and what is installed there."""
    classes.add_completion_class(BashComplete, "bash")  # type: ignore[attr-defined]
    shared._completion_scripts["bash"] = _SCRIPT
