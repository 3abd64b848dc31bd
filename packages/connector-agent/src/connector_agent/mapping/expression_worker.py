"""Evaluates JSONata expressions in a process of its own, started as a script.

Someone else's expression may run for ever or ask for all memory, inside a library that can't be
interrupted. So this process has a limit of memory, a timer that ends it, no environment and
nothing of the agent. It ends when its input does. Where the system sets no limits, the parent
watches its memory.

Messages are JSON behind their length in four bytes. First comes `{"seconds", "megabytes",
"expressions"}`, answered by a list with a fault for each expression, or what it reads:
`{"own", "whole"}`, paths of names into the element and into `$record`. Each
`{"runs": [[number, element]], "elements"}` after that, perhaps with the `"record"` that the
elements are parts of, is answered once for each run: `{"value"}`, `{}` for nothing, or a fault
`{"code", "message", "at"}`. Beside a value stand as `"numbers"` those with decimals that were made
text on the way.
"""

import faulthandler
import json
import os
import re
import struct
import sys
from decimal import Decimal
from itertools import takewhile
from math import isfinite
from typing import Any, BinaryIO

import psutil
import re2  # type: ignore[import-untyped]
from jsonata import Jsonata  # type: ignore[import-untyped]
from jsonata.functions import Functions  # type: ignore[import-untyped]
from jsonata.jexception import JException  # type: ignore[import-untyped]
from jsonata.parser import Parser  # type: ignore[import-untyped]
from jsonata.utils import Utils  # type: ignore[import-untyped]

DEEPEST = 200
"""Calls within calls; the library spends some twenty frames of Python on each."""
PATIENCE = 1.5
"""Of the deadlines of a request, after which the process ends itself: its parent may be gone."""
TIMED_OUT, TOO_DEEP = "D1012", "D1011"
MISFIT = "a function or a sign in it was given what it can't work on, such as null"

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""Text that is a number, as JSONata has it; Python takes "1_000" for one, and digits of every
script."""
LONGEST = 400
WITH_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")

SPENT = ("expression_too_big", "expression_too_long")
"""Faults that leave something behind with which it is not worth going on."""


def main() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    nowhere = os.open(os.devnull, os.O_WRONLY)
    given = receive(source)
    if given is None:
        return
    sys.setrecursionlimit(DEEPEST * 40)
    limit_memory(int(given["megabytes"]))
    Jsonata.static_frame.bindings.pop("eval", None)
    noted: list[str] = []
    Functions.Encoder.encode = with_every_digit(Functions.Encoder.encode, noted)
    replaced("number", number_of)
    replaced("toMillis", millis_of)
    replaced("formatNumber", lambda written: formatted(written, noted))
    seconds = float(given["seconds"])
    compiled = [compiled_or_fault(text) for text in given["expressions"]]
    send(sink, [each if isinstance(each, dict) else Reads.of(each.ast) for each in compiled])
    while (request := receive(source)) is not None:
        elements, runs = request["elements"], request["runs"]
        # A timer of C code: it ends the process inside a call that never returns to Python, too.
        faulthandler.dump_traceback_later(seconds * PATIENCE * len(runs), exit=True, file=nowhere)
        for number, index in runs:
            whole = request.get("record", elements[index])
            noted.clear()
            answer = evaluated(compiled[number], elements[index], whole, seconds)
            if noted and "value" in answer:
                answer["numbers"] = list(dict.fromkeys(noted))
            send(sink, answer)
            if answer.get("code") in SPENT:
                return
        faulthandler.cancel_dump_traceback_later()


def compiled_or_fault(text: str) -> Any:
    try:
        expression = Jsonata.jsonata(text, engine)
    except (JException, re2.error, RecursionError, ValueError) as error:
        return fault("expression_syntax", error)
    expression.set_output_convert_nulls(False)
    return expression


class Reads:
    """The fields that an expression names: paths into what it is evaluated on, and into
    `$record`. Names that a function makes while it runs are not seen."""

    OWN, WHOLE = ("", "$"), ("record",)

    def __init__(self) -> None:
        self.own: dict[tuple[str, ...], None] = {}
        self.whole: dict[tuple[str, ...], None] = {}

    @classmethod
    def of(cls, tree: Any) -> dict[str, Any]:
        """What the tree of a compiled expression reads."""
        reads = cls()
        reads.node(tree, top=True)
        return {"own": list(reads.own), "whole": list(reads.whole)}

    def node(self, node: Any, *, top: bool) -> None:
        """Notes what a part reads; names in it are fields of the element only at the `top`."""
        if isinstance(node, (list, tuple)):
            for each in node:
                self.node(each, top=top)
        elif isinstance(node, Parser.Symbol):
            if node.type == "path":
                self.path(node.steps, top=top)
            elif node.type == "function":
                self.looked_up(node)
            for name, part in vars(node).items():
                if name not in ("_outer_instance", "ancestor", "slot", "seeking_parent") and not (
                    node.type == "path" and name == "steps"
                ):
                    self.node(part, top=top and not (node.type == "path" and name == "group"))

    def path(self, steps: Any, *, top: bool) -> None:
        first = steps[0]
        names = [step.value for step in takewhile(lambda step: step.type == "name", steps[1:])]
        if first.type == "name" and top:
            self.own[first.value, *names] = None
        elif first.type == "variable" and names:
            self.of_variable(first.value, names)
        elif first.type not in ("name", "variable"):
            self.node(first, top=top)
        same = first.type == "variable" and first.value in self.OWN
        for index, step in enumerate(steps):
            for part in (step.predicate, step.stages, step.group):
                self.node(part, top=top and same and index == 0)
            if index and step.type != "name":
                self.node(step, top=top and same and index == 1)

    def looked_up(self, call: Any) -> None:
        """`$lookup($, "name")`, as names with odd characters are reached."""
        if getattr(call.procedure, "value", None) != "lookup" or len(call.arguments) != 2:
            return
        of, name = call.arguments
        if of.type == "variable" and name.type == "string":
            self.of_variable(of.value, [name.value])

    def of_variable(self, variable: str, names: list[str]) -> None:
        if variable in self.OWN:
            self.own[tuple(names)] = None
        elif variable in self.WHOLE:
            self.whole[tuple(names)] = None


def evaluated(expression: Any, element: Any, record: Any, seconds: float) -> dict[str, Any]:
    # The library's clock and its count of calls begin where the bounds are set, and never
    # again: each evaluation gets bounds of its own.
    frame = expression.create_frame()
    frame.set_runtime_bounds(int(seconds * 1000), DEEPEST)
    frame.bind("record", record)
    try:
        value = expression.evaluate(element, frame)
        if value is None:
            return {}
        return {"value": plain(Utils.convert_nulls(value))}
    except MemoryError:
        return {"code": "expression_too_big", "message": "it needs too much memory", "at": 0}
    except RecursionError:
        return {"code": "expression_too_long", "message": "it calls itself too deep", "at": 0}
    except JException as error:
        long = error.error in (TIMED_OUT, TOO_DEEP)
        return fault("expression_too_long" if long else "expression_fault", error)
    except (AttributeError, LookupError, TypeError):  # told in words of the library's own code
        return {"code": "expression_fault", "message": MISFIT, "at": 0}
    except Exception as error:
        return fault("expression_fault", error)


def with_every_digit(encode: Any, noted: list[str]) -> Any:
    """JSONata makes text of a number with 15 digits, and so of two long ids the same one. What
    it makes of numbers with decimals goes to `noted`."""

    def encoded(encoder: Any, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        text = str(value) if whole else encode(encoder, value)
        note(value, text, noted)
        return text

    return encoded


def note(value: Any, text: str, noted: list[str]) -> None:
    """Adds the numbers with decimals of a value that became `text`."""
    if isinstance(value, float):
        written = f"{Decimal(text):f}"
        if "." in written:
            noted.append(written)
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            note(part, repr(part), noted)


def replaced(name: str, make: Any) -> None:
    """Puts what `make` gives of a function of the library in its place."""
    native = Jsonata.static_frame.lookup(name)
    native.method = make(native.method)


def number_of(convert: Any) -> Any:
    """$number, strict."""

    def number(given: Any) -> Any:
        if not isinstance(given, str):
            return convert(given)
        if WITH_BASE.fullmatch(given):
            return int(given, 0)
        if not NUMBER.fullmatch(given) or len(given) > LONGEST:
            raise JException("D3030", 0, given)
        found = float(given)
        if not isfinite(found):
            raise JException("D3030", 0, given)
        return int(given) if given.lstrip("-").isdigit() else found

    return number


def millis_of(convert: Any) -> Any:
    """$toMillis, whose faults are JSONata's."""

    def millis(timestamp: Any, picture: Any) -> Any:
        try:
            return convert(timestamp, picture)
        except ValueError:
            raise JException("D3110", 0, timestamp) from None

    return millis


def formatted(write: Any, noted: list[str]) -> Any:
    """$formatNumber, which notes what it wrote."""

    def written(value: Any, picture: Any, options: Any) -> Any:
        text = write(value, picture, options)
        if isinstance(value, float):
            note(value, repr(value), noted)
            plain = str(text).replace(",", "")
            if not options and NUMBER.fullmatch(plain) and "." in plain:
                noted.append(plain)
        return text

    return written


def plain(value: Any) -> Any:
    """The value as JSON; the library has lists of its own."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        return json.loads(text.encode())
    except (TypeError, ValueError):
        raise ValueError("it gives something that is no JSON value") from None


def fault(code: str, error: Exception) -> dict[str, Any]:
    at = getattr(error, "location", 0)
    return {
        "code": code,
        "message": " ".join(str(error).split()).rstrip(".").encode(errors="replace").decode(),
        "at": at if isinstance(at, int) and at > 0 else 0,
    }


def engine(pattern: str, flags: Any) -> Any:
    """RE2 in place of Python's `re`: its time grows with the text only."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not flags.case_insensitive
    prefix = "(?m)" if flags.multiline else ""
    return re2.compile(prefix + pattern, options=options)


def limit_memory(megabytes: int) -> None:
    """So much on top of what the process has now, where the system can see to it."""
    process = psutil.Process()
    if not hasattr(process, "rlimit"):
        return
    ceiling = process.memory_info().vms + megabytes * 1024 * 1024
    process.rlimit(psutil.RLIMIT_AS, (ceiling, ceiling))
    process.rlimit(psutil.RLIMIT_CORE, (0, 0))


def receive(source: BinaryIO) -> Any:
    """The next message, None at the end."""
    head = source.read(4)
    if len(head) < 4:
        return None
    return json.loads(source.read(struct.unpack(">I", head)[0]))


def send(sink: BinaryIO, value: Any) -> None:
    data = json.dumps(value).encode()
    sink.write(struct.pack(">I", len(data)) + data)
    sink.flush()


if __name__ == "__main__":
    main()
