"""Writes the catalogue of Stripe from the source of the pinned official SDK.

    python scripts/build_catalogue.py            writes the data that is shipped
    python scripts/build_catalogue.py --check    exit 1 unless the shipped data is what the
                                                 installed SDK yields; lists the differences

`--data FOLDER` names another folder than the package's own. Nothing of the SDK is imported.
"""

import argparse
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.catalogue_source.content import INDEX, Content, build  # noqa: E402
from scripts.catalogue_source.package import Package, UnresolvedError  # noqa: E402

PINNED = "16.1.0"
DATA = ROOT / "packages/stripe-connector/src/stripe_connector/catalogue/data"
ARCHIVE = "schemas.zip"
SHOWN = 40
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the catalogue of Stripe.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the data")
    options = parser.parse_args()
    try:
        package = Package("stripe")
        if package.version != PINNED:
            return fail(f"stripe {package.version} is installed, but {PINNED} is pinned.")
        content = build(package)
    except UnresolvedError as error:
        return fail(f"The SDK's source is not understood: {error}")
    folder: Path = options.data / content[INDEX]["api_version"]
    if options.check:
        return check(folder, content)
    write(folder, content)
    index = content[INDEX]
    print(f"{len(index['operations'])} operations, {len(index['resources'])} resources: {folder}")
    return 0


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


def write(folder: Path, content: Content) -> None:
    """The same content always gives the same bytes with the same zlib."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).write_text(index_text(content[INDEX]), encoding="utf-8")
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content.keys() - {INDEX}):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            archive.writestr(info, dumps(content[name]))


def check(folder: Path, content: Content) -> int:
    """Compares by content: how well a zlib packs is no difference."""
    try:
        shipped = read(folder)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        return fail(f"The shipped data in {folder} can't be read: {error}")
    found = list(differences(shipped, json.loads(dumps(content)), ""))
    for line in found[:SHOWN]:
        print(line, file=sys.stderr)
    if not found:
        return 0
    return fail(
        f"{len(found)} differences between {folder} and stripe {PINNED}. "
        "Run scripts/build_catalogue.py, look at the change, and commit it."
    )


def read(folder: Path) -> Content:
    content: Content = {INDEX: json.loads((folder / INDEX).read_bytes())}
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        for name in archive.namelist():
            content[name] = json.loads(archive.read(name))
    return content


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


def index_text(index: Any) -> str:
    """The index with one operation a line, so that a change reads well."""
    lines = ",\n".join(dumps(operation) for operation in index["operations"])
    head = {name: part for name, part in index.items() if name != "operations"}
    return f'{dumps(head)[:-1]},"operations":[\n{lines}\n]}}\n'


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
