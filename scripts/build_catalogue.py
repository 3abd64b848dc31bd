"""Writes the catalogues of Stripe from the sources of the pinned releases of the official SDK.

    python scripts/build_catalogue.py                builds all of them, and writes the data
    python scripts/build_catalogue.py --check        exit 1 unless the newest one is what the
                                                     installed SDK yields, and the data were
                                                     built by these scripts and not edited since
    python scripts/build_catalogue.py --check --all  builds all of them again, and compares
    python scripts/build_catalogue.py --source FOLDER --data FOLDER
                                                     builds the catalogue of another release,
                                                     unpacked in a folder, to compare it by
                                                     `connector catalogue diff`
    python scripts/build_catalogue.py --rules        how many fields each rule knows something of
    python scripts/build_catalogue.py --rule NAME    what one rule says of which field

Releases that aren't installed are downloaded by pip into `--cache`, and have to have the pinned
hashes. `--data FOLDER` names another folder than the package's own. Nothing of an SDK is
imported.
"""

import argparse
import hashlib
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.catalogue_source.archive import digest, dumps, pack, read, unpack, write  # noqa: E402
from scripts.catalogue_source.content import INDEX, Content, build  # noqa: E402
from scripts.catalogue_source.facts import Hit  # noqa: E402
from scripts.catalogue_source.package import Package, UnresolvedError  # noqa: E402
from scripts.catalogue_source.sdks import DownloadError, content_of, pinned  # noqa: E402

SOURCE = ROOT / "scripts/catalogue_source"
DATA = ROOT / "packages/stripe-connector/src/stripe_connector/catalogue/data"
CACHE = ROOT / "build/stripe-sdks"
_VERSION = re.compile(r'^VERSION = "(.+)"', re.MULTILINE)
PROCESSES = 2
SHOWN = 40


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the catalogues of Stripe.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--all", action="store_true", help="compare every version")
    parser.add_argument("--source", type=Path, help="the folder that holds stripe/")
    parser.add_argument("--rules", action="store_true", help="count what each rule says")
    parser.add_argument("--rule", help="list what this rule says")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the data")
    parser.add_argument("--cache", type=Path, default=CACHE, help="the folder of the SDKs")
    options = parser.parse_args()
    try:
        if options.rules or options.rule:
            return show_rules(options.rule)
        if options.check and not options.all:
            return check(options.data, build(installed()))
        if options.source and options.data == DATA:
            return fail("Name another folder by --data: the shipped data are those of the pins.")
        contents = [build(unpacked(options.source))] if options.source else build_all(options.cache)
    except (UnresolvedError, DownloadError) as error:
        return fail(f"The source of the SDK is not to be had or not understood: {error}")
    if options.check:
        return check(options.data, *contents)
    data = pack(contents, fingerprint())
    write(options.data, data)
    for content in contents:
        index = content[INDEX]
        counts = f"{len(index['operations'])} operations, {len(index['resources'])} resources"
        print(f"{index['api_version']}  stripe {index['sdk']}  {counts}")
    return 0


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


def installed() -> Package:
    """The installed SDK, which has to be the newest of the pinned ones."""
    package = Package.installed("stripe")
    wanted = pinned()[-1].version
    if package.version != wanted:
        raise UnresolvedError(f"stripe {package.version} is installed, but {wanted} is pinned.")
    return package


def unpacked(folder: Path) -> Package:
    """A release that isn't pinned, unpacked in a folder."""
    file = folder / "stripe" / "_version.py"
    found = _VERSION.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    if found is None:
        raise UnresolvedError(f"{folder} holds no unpacked release of stripe.")
    return Package("stripe", found.group(1), folder / "stripe")


def build_all(cache: Path) -> list[Content]:
    """The content of every pinned release, the oldest first."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        return list(pool.map(partial(content_of, cache=cache), pinned()))


def fingerprint() -> str:
    """What the data depend on beside the SDKs: these scripts, and the list of what was pinned."""
    files = sorted(each for each in SOURCE.iterdir() if each.suffix in (".py", ".json", ".txt"))
    together = b"".join(each.name.encode() + each.read_bytes() for each in files)
    return hashlib.sha256(together).hexdigest()


def check(folder: Path, *contents: Content) -> int:
    """Compares by content: how well a zlib packs is no difference."""
    try:
        data = read(folder)
        shipped = {
            entry["api_version"]: partial(unpack, data, entry["api_version"])
            for entry in data[INDEX]["versions"]
        }
        edited = digest(data) != data[INDEX]["digest"]
        foreign = data[INDEX]["built_by"] != fingerprint()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        return fail(f"The shipped data in {folder} can't be read: {error!r}")
    found: list[str] = []
    for content in contents:
        version = content[INDEX]["api_version"]
        if version not in shipped:
            found.append(f"{version}: in the SDK, but not shipped")
        else:
            found += differences(shipped[version](), content, version)
    if edited:
        found.append("the data were edited since they were built")
    if foreign:
        found.append("scripts/catalogue_source changed since the data were built")
    for line in found[:SHOWN]:
        print(line, file=sys.stderr)
    if not found:
        return 0
    return fail(
        f"{len(found)} differences between {folder} and the pinned SDKs. "
        "Run scripts/build_catalogue.py, look at the change, and commit it."
    )


def differences(shipped: Any, wanted: Any, path: str) -> Iterator[str]:
    if isinstance(shipped, dict) and isinstance(wanted, dict):
        for name in sorted(shipped.keys() | wanted.keys()):
            where = f"{path}/{name}"
            if name not in wanted:
                yield f"{where}: shipped, but not in the SDK"
            elif name not in shipped:
                yield f"{where}: in the SDK, but not shipped"
            else:
                yield from differences(shipped[name], wanted[name], where)
    elif isinstance(shipped, list) and isinstance(wanted, list) and len(shipped) == len(wanted):
        for place, (left, right) in enumerate(zip(shipped, wanted, strict=True)):
            yield from differences(left, right, f"{path}[{place}]")
    elif shipped != wanted or type(shipped) is not type(wanted):
        yield f"{path}: shipped {short(shipped)}, the SDK says {short(wanted)}"


def short(value: Any) -> str:
    text = dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"


def show_rules(name: str | None) -> int:
    """What the rules say of the newest version, to be read by the one who changes a rule."""
    hits: list[Hit] = []
    build(installed(), hits)
    if name is None:
        for rule, count in Counter(hit.rule for hit in hits).most_common():
            print(f"{count:6,}  {rule}")
        return 0
    seen = Counter(
        (hit.seen.name, str(hit.facts), short(hit.seen.text)) for hit in hits if hit.rule == name
    )
    for (field, facts, text), count in sorted(seen.items()):
        print(f"{count:5}  {field}  {facts}  {text}")
    return 0 if seen else fail(f"No rule is called {name!r}, or it says nothing.")


if __name__ == "__main__":
    sys.exit(main())
