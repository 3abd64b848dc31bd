"""Metadata: Stripe's limits for it, and the marker by which a new object is found again."""

from collections.abc import Mapping

from connector_sdk import JSON, Problem, shown

MARKER = "connector_key"
"""The metadata key under which Create leaves the key of its call."""

KEYS = 50
"""Stripe's limit: https://docs.stripe.com/api/metadata."""


def metadata_fault(metadata: JSON) -> Problem | None:
    """What Stripe would refuse in the names of this metadata, or None; the schema knows how
    many there may be, and how long they and their values are."""
    for key in metadata if isinstance(metadata, dict) else ():
        if not key or "[" in key or "]" in key:
            return Problem(
                "wrong_metadata_key",
                f"{shown(key)!r} can't be a key of metadata: it has to have a character, and no "
                "square brackets.",
                "Choose another key.",
                path=f"metadata.{key}",
            )
    return None


def markable(metadata: JSON) -> bool:
    """Whether there is room for the marker."""
    return not isinstance(metadata, dict) or MARKER in metadata or len(metadata) < KEYS


def marked(params: Mapping[str, JSON], key: str) -> dict[str, JSON]:
    """The same parameters, their metadata with the marker."""
    metadata = params.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return {**params, "metadata": {**known, MARKER: key}}
