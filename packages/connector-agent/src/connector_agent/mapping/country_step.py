"""The step that makes the two-letter code of a country of its name or code."""

import difflib
import importlib.resources
import re
from functools import cache
from typing import Any

from connector_sdk import JSON, Field, shown

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.state import ABSENT, Value
from connector_agent.mapping.text_steps import strip_accents, text_of

_SIGNS = re.compile(r"[^\w ]+")
_ALSO = {
    "UK": "GB", "United Kingdom": "GB", "Great Britain": "GB", "Britain": "GB", "England": "GB",
    "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB", "America": "US",
    "South Korea": "KR", "Republic of Korea": "KR", "North Korea": "KP", "Holland": "NL",
    "Ivory Coast": "CI", "Burma": "MM", "Myanmar": "MM", "Swaziland": "SZ", "Macedonia": "MK",
    "Republic of Ireland": "IE", "Republic of Moldova": "MD", "DR Congo": "CD",
    "Democratic Republic of the Congo": "CD", "Republic of the Congo": "CG",
    "Congo Brazzaville": "CG", "Congo Kinshasa": "CD", "UAE": "AE", "PRC": "CN",
    "People's Republic of China": "CN", "Republic of China": "TW", "Kosovo": "XK",
    "British Virgin Islands": "VG", "US Virgin Islands": "VI", "Samoa": "WS",
}  # fmt: skip


def _country(arguments: Arguments, around: Surroundings) -> Run:
    names = _names()
    skip = arguments.get("missing") == "skip"

    def run(value: Any, record: dict[str, JSON]) -> Value:
        text = text_of(value)
        plain = _plain(text) if len(text) < 200 else ""
        code = names.get(plain)
        if code is not None:
            return code
        if skip:
            return ABSENT
        raise StepFaultError(
            "unknown_country",
            f"{shown(value)!r} is no country.",
            _near(plain, names) or "Write its English name, or its code of two or three letters.",
        )

    return run


def _near(plain: str, names: dict[str, str]) -> str:
    """Countries have names that are alike; only a slip of a letter or two is near."""
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.8)
    return f"Did you mean {near[0].title()!r}?" if near else ""


@cache
def _names() -> dict[str, str]:
    """Codes and names, without case and signs. Official names and codes are those of ISO
    3166-1; everyday ones come with the time zone database, and the rest is ours."""
    from iso3166 import countries

    table = importlib.resources.files("tzdata") / "zoneinfo" / "iso3166.tab"
    everyday = [
        (name, code)
        for row in table.read_text(encoding="utf-8").splitlines()
        if not row.startswith("#")
        for code, _, name in [row.partition("\t")]
        if "(" not in name
    ]
    official = [
        (name, each.alpha2)
        for each in countries
        for name in (each.alpha2, each.alpha3, each.name, each.apolitical_name)
    ]
    found = {_plain(name): code for name, code in (*_ALSO.items(), *everyday, *official)}
    for name, code in tuple(found.items()):
        if name.startswith("st "):
            found.setdefault(f"saint {name[3:]}", code)
    return found


def _plain(name: str) -> str:
    spread = strip_accents(name).replace("&", " and ").replace(".", "").casefold()
    words = _SIGNS.sub(" ", spread).split()
    return " ".join(words[1:] if words[:1] == ["the"] else words)


COUNTRY_STEPS = (
    Step(
        "country",
        "Country code",
        "Makes the ISO code of two letters of a country: of its English name, or of its code of "
        "two or three letters.",
        "text",
        "text",
        _country,
        arguments=(
            Field(
                "missing",
                "string",
                choices=("problem", "skip"),
                description="What a text that is no country is: a problem, or nothing to write.",
            ),
        ),
        examples=(
            StepExample("United Kingdom", {}, "GB"),
            StepExample("deu", {}, "DE"),
            StepExample("fr", {}, "FR"),
            StepExample("The Netherlands", {}, "NL"),
            StepExample("U.S.A.", {}, "US"),
            StepExample("Côte d'Ivoire", {}, "CI"),
            StepExample("Gemany", {}, fault="unknown_country"),
            StepExample("n/a", {"missing": "skip"}, ABSENT),
        ),
    ),
)
