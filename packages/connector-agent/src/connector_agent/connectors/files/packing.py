"""Packs a whole file."""

import bz2
import gzip
import lzma
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from connector_agent.connectors.files.opening import Packing

GZIP_LEVEL = 6


@contextmanager
def packed(out: BinaryIO, packing: Packing, member: str) -> Iterator[BinaryIO]:
    """Takes bytes, and gives them to `out` as `packing` says; in a zip archive as `member`."""
    match packing:
        case "gzip":
            with gzip.GzipFile("", "wb", GZIP_LEVEL, out, mtime=0) as packer:
                yield cast(BinaryIO, packer)
        case "bz2":
            with bz2.open(out, "wb") as packer:
                yield cast(BinaryIO, packer)
        case "xz":
            with lzma.open(out, "wb") as packer:
                yield cast(BinaryIO, packer)
        case "zip":
            with (
                zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
                archive.open(member, "w", force_zip64=True) as packer,
            ):
                yield cast(BinaryIO, packer)
        case _:
            yield out


def pack(part: BinaryIO, out: BinaryIO, packing: Packing, member: str) -> None:
    """Packs all of `part` into `out`."""
    with packed(out, packing, member) as packer:
        shutil.copyfileobj(part, packer, 1 << 20)
