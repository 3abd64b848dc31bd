"""Text from elsewhere on a terminal: what would act there, or mislead, becomes visible.

Records, answers and file names may hold escape sequences, which move the cursor and change what
was printed before, and marks that turn the order of the characters around.
"""

import re

_BEYOND = (
    "\u200b\u200e\u200f\u061c"  # no width; marks of direction
    "\u2028-\u202e"  # line and paragraph separators; embeddings and overrides of direction
    "\u2060-\u206f"  # isolates of direction, and others that nobody sees
    "\ufeff\ufff9-\ufffb"
    "\ud800-\udfff"  # halves of a character, which no terminal can be sent
)
_ACTING = re.compile(f"[\0-\x08\x0b-\x1f\x7f-\x9f{_BEYOND}]")
_ACTING_ON_LINE = re.compile(f"[\0-\x1f\x7f-\x9f{_BEYOND}]")
_PICTURES = 0x2400
_DELETE = 0x7F
_DELETE_PICTURE = "\u2421"
_UNKNOWN = "\ufffd"


def visible(text: str, *, one_line: bool = False) -> str:
    """The text with a visible character for each that a terminal would act on, or not show:
    "␛" for an escape, "\N{REPLACEMENT CHARACTER}" where there is no picture. Tabs and line ends
    stay; with `one_line` they are made visible as well. What is left has as many characters as
    before, and comes out the same again."""
    pattern = _ACTING_ON_LINE if one_line else _ACTING
    return pattern.sub(_picture, text) if pattern.search(text) else text


def visible_json(text: str) -> str:
    """JSON that says the same, with escapes for the characters that a terminal would act on."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return _DELETE_PICTURE if code == _DELETE else _UNKNOWN
