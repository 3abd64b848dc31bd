"""Steps on telephone numbers, e-mail addresses and countries, and the one that hides such data."""

import difflib
import hashlib
import importlib.resources
import re
from functools import cache
from typing import Any

from connector_sdk import JSON, Field, did_you_mean, shown
from connector_sdk.path import format_path, parse_path, read_path

from connector_agent.mapping.declaration import (
    Arguments,
    Run,
    Step,
    StepExample,
    StepFaultError,
    Surroundings,
)
from connector_agent.mapping.list_steps import written
from connector_agent.mapping.text_steps import strip_accents, text_of
from connector_agent.mapping.value import ABSENT, Value, is_blank


def _phone(arguments: Arguments, around: Surroundings) -> Run:
    import phonenumbers

    region: str = arguments.get("region", "").upper()
    place: str = arguments.get("region_from", "")
    path = parse_path(place) if place else None
    if region and place:
        raise StepFaultError(
            "bad_argument",
            "'region' and 'region_from' are both stated.",
            "Keep one of them.",
        )
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise StepFaultError(
            "unknown_region",
            f"{region!r} is no country with telephone numbers.",
            did_you_mean(region, phonenumbers.SUPPORTED_REGIONS)
            or "Write the code of two letters, as in `region: GB`.",
        )

    def run(value: Any, record: dict[str, JSON]) -> str:
        here = region
        if path is not None:
            found = read_path(record, path)
            here = found.strip().upper() if isinstance(found, str) else ""
        text = text_of(value)
        try:
            number = phonenumbers.parse(text, here or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise StepFaultError("not_a_phone_number", *_why(text, here, path is not None))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def _why(text: str, here: str, from_field: bool) -> tuple[str, str]:
        if here or text.lstrip().startswith("+"):
            where = f" in {here}" if here and not text.lstrip().startswith("+") else ""
            return f"{shown(text)!r} is no telephone number{where}.", "Correct the number."
        if from_field:
            field = format_path(path or ())
            return (
                f"{shown(text)!r} doesn't say its country, and neither does {field!r}.",
                "Give the record a country, or the number its +code.",
            )
        return (
            f"{shown(text)!r} doesn't say to which country it belongs.",
            "State `region: GB`, or `region_from:` with the field that tells.",
        )

    return run


def _check_email(arguments: Arguments, around: Surroundings) -> Run:
    from email_validator import EmailNotValidError, validate_email

    def run(value: Any, record: dict[str, JSON]) -> str:
        text = text_of(value).strip()
        if is_blank(text):
            raise StepFaultError(
                "blank_email",
                "The value is blank, not an e-mail address.",
                "Put `skip_when_blank` or `default` before this step.",
            )
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError as error:
            raise StepFaultError(
                "not_an_email",
                f"{shown(value)!r} is no e-mail address: {str(error).rstrip('.')}.",
                "Correct the address.",
            ) from None

    return run


CONTACT_STEPS = (
    Step(
        "phone",
        "Telephone number",
        "Writes a telephone number as E.164 has it: +, the country's code, digits. The number "
        "is checked against the rules of its country.",
        "text",
        "text",
        _phone,
        arguments=(
            Field("region", "string", description="The country of numbers without +, as GB."),
            Field("region_from", "string", description="The field of the source with it."),
        ),
        paths=("region_from",),
        examples=(
            StepExample("020 7946 0018", {"region": "GB"}, "+442079460018"),
            StepExample("+1 (212) 555-2368", {}, "+12125552368"),
            StepExample("030 123456", {"region_from": "land"}, "+4930123456", {"land": "de"}),
            StepExample(442079460018, {"region": "GB"}, "+442079460018"),
            StepExample("020 7946 0018", {}, fault="not_a_phone_number"),
            StepExample("12", {"region": "GB"}, fault="not_a_phone_number"),
            StepExample("1", {"region_from": "x"}, fault="not_a_phone_number"),
            StepExample("1", {"region": "UK"}, fault="unknown_region"),
        ),
    ),
    Step(
        "check_email",
        "Check an e-mail address",
        "Lets only what can be an e-mail address pass, with its domain in small letters. "
        "Whether it exists isn't asked.",
        "text",
        "text",
        _check_email,
        examples=(
            StepExample(" Ann@Example.ORG", {}, "Ann@example.org"),
            StepExample("ann@example", {}, fault="not_an_email"),
            StepExample("ann example.org", {}, fault="not_an_email"),
            StepExample("", {}, fault="blank_email"),
        ),
    ),
)


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


def _hash(arguments: Arguments, around: Surroundings) -> Run:
    salted = hashlib.sha256(arguments.get("salt", "").encode(errors="surrogatepass"))

    def run(value: str, record: object) -> str:
        made = salted.copy()
        made.update(written(value).encode(errors="surrogatepass"))
        return made.hexdigest()

    return run


HASH_STEPS = (
    Step(
        "hash",
        "Hash",
        "Makes the SHA-256 of a value, as 64 hexadecimal digits: the same value gives the same "
        "digits. Short or guessable values need a salt, or they can be found by trying.",
        "any",
        "text",
        _hash,
        arguments=(
            Field(
                "salt",
                "string",
                description="Text to put before the value; keep it out of the mapping with "
                "${var:NAME}.",
            ),
        ),
        examples=(
            StepExample(
                "ann@example.org",
                {},
                "438c4c7afe600cdf1e455c369bec76dc970fc8ca463447c7b387a347f3c79331",
            ),
            StepExample(
                1,
                {"salt": "s"},
                "e8bc163c82eee18733288c7d4ac636db3a6deb013ef2d37b68322be20edc45cc",
            ),
            StepExample([], {}, fault="not_text"),
        ),
    ),
)
