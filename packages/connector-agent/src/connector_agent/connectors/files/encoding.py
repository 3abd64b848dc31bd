"""How the text of a file is encoded: its mark, UTF-8 proved over the whole file, or a guess."""

import codecs
import logging
from typing import NamedTuple

from connector_sdk import Problem, SettingError

from connector_agent.connectors.files.opening import Stored, reading

LOGGER = "connector_agent.connectors.files"
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In the order in which equally likely ones are taken; most files that are not UTF-8 come from
# a spreadsheet in Western Europe or America.
_LIKELY = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "euc_jp",
    "big5",
    "euc_kr",
)
_INSIDE_WORDS = "’‘“”„‚«»–—…·ªº®™©°´`'"


class Encoding(NamedTuple):
    """`name` as Python knows it; `assumed` when it is no more than the likeliest."""

    name: str
    assumed: bool = False


class _Bad(NamedTuple):
    """The first byte that does not fit: its offset from 0 and the line of the file, from 1."""

    offset: int
    line: int
    byte: int


def find_encoding(stored: Stored, stated: str) -> Encoding:
    """The encoding of a file, proved on all of it, so that nothing stops half-way. Raises
    SettingError when the stated one does not fit, or none does."""
    with reading(stored) as file:
        start = file.read(_SAMPLE)
    if stated:
        name = "utf-8-sig" if codecs.lookup(stated).name == "utf-8" else stated
        for mark, marked in _MARKS:
            # utf-16-le and the like would take the mark for the beginning of the first name.
            if start.startswith(mark) and codecs.lookup(stated).name.startswith(f"{marked}-"):
                name = marked
        bad = _first_bad(stored, name)
        if bad is not None:
            raise SettingError(_does_not_fit(stored, stated, bad))
        return Encoding(name)
    for mark, name in _MARKS:
        if start.startswith(mark):
            bad = _first_bad(stored, name)
            if bad is not None:
                raise SettingError(_does_not_fit(stored, f"{name}, as its first bytes say", bad))
            return Encoding(name)
    if unmarked := _unmarked_utf_16(start):
        return Encoding(unmarked, assumed=True)
    bad = _first_bad(stored, "utf-8")
    if bad is None:
        return Encoding("utf-8-sig")
    name = _likeliest(stored, bad.offset)
    if not name or _first_bad(stored, name) is not None:
        raise SettingError(_does_not_fit(stored, "utf-8", bad))
    logging.getLogger(LOGGER).warning(
        "%s is not UTF-8 (byte %d, line %d); it is read as %s, which is the likeliest. "
        "State `encoding` to be sure.",
        stored.path.name,
        bad.offset,
        bad.line,
        name,
    )
    return Encoding(name, assumed=True)


def _first_bad(stored: Stored, name: str) -> _Bad | None:
    decoder = codecs.getincrementaldecoder(name)("strict")
    read = 0
    line = 1
    with reading(stored) as file:
        while True:
            chunk = file.read(_CHUNK)
            read += len(chunk)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as error:
                # The decoder may have held back bytes of the chunk before.
                offset = read - len(error.object) + error.start
                line += error.object[: error.start].count(b"\n")
                return _Bad(offset, line, error.object[error.start])
            except UnicodeError:
                return _Bad(read - len(chunk), line, chunk[0] if chunk else 0)
            if not chunk:
                return None


def _unmarked_utf_16(start: bytes) -> str:
    """UTF-16 of mostly Latin text without a mark: every other byte is zero."""
    pairs = len(start) // 2
    if pairs < 2 or start.count(0) * 3 < pairs:
        return ""
    if start[1::2].count(0) > 10 * start[0::2].count(0):
        return "utf-16-le"
    if start[0::2].count(0) > 10 * start[1::2].count(0):
        return "utf-16-be"
    return ""


def _likeliest(stored: Stored, offset: int) -> str:
    """The likeliest encoding of the lines that are not ASCII, from the first of them on."""
    from charset_normalizer import from_bytes

    with reading(stored) as file:
        before = max(0, offset - 1024)
        while before and (passed := file.read(min(before, _CHUNK))):
            before -= len(passed)
        lines = file.read(_SAMPLE * 4).splitlines()
    sample = b"\n".join(line for line in lines if not line.isascii())[:_SAMPLE]
    matches = list(from_bytes(sample, cp_isolation=list(_LIKELY), preemptive_behaviour=False))
    if not matches:
        return "cp1252"
    least = min(match.chaos for match in matches)
    tied = {
        name
        for match in matches
        if match.chaos == least
        for name in (match.encoding, *match.could_be_from_charset)
    }
    for name in _LIKELY:
        if name in tied and _reads_like_words(sample.decode(name, "replace")):
            return name
    return matches[0].encoding


def _reads_like_words(text: str) -> bool:
    """Whether no odd sign stands beside a letter, as in "Wa³êsa" for "Wałęsa"."""
    padded = f" {text} "
    return not any(
        not char.isascii()
        and not char.isalpha()
        and char not in _INSIDE_WORDS
        and (padded[index - 1].isalpha() or padded[index + 1].isalpha())
        for index, char in enumerate(padded[1:-1], start=1)
    )


def _does_not_fit(stored: Stored, name: str, bad: _Bad) -> Problem:
    return Problem(
        "wrong_encoding",
        f"{stored.path.name} is not {name}: byte {bad.offset} (0x{bad.byte:02x}), "
        f"in line {bad.line}, does not fit.",
        "State the file's real `encoding`, for example cp1252, or save it as UTF-8.",
        path="encoding",
        at=f"{stored.path.name} line {bad.line}",
    )
