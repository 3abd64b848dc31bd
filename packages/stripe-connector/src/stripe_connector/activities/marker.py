"""Metadata: Stripe's limits for it, and the marker by which a new object is found again."""

from collections.abc import Mapping

from connector_sdk import JSON, Problem, shown

MARKER = "connector_key"
"""The metadata key under which Create leaves the key of its call."""

KEYS, KEY_CHARACTERS, VALUE_CHARACTERS = 50, 40, 500
"""Stripe's limits: https://docs.stripe.com/api/metadata."""


def metadata_fault(metadata: JSON) -> Problem | None:
    """What Stripe would refuse in this metadata, or None."""
    if not isinstance(metadata, dict):
        return None
    if len(metadata) > KEYS:
        return Problem(
            "too_many_metadata_keys",
            f"The metadata has {len(metadata)} keys; Stripe takes {KEYS}.",
            "Map fewer fields into the metadata.",
            path="metadata",
        )
    for key, value in metadata.items():
        if not key or len(key) > KEY_CHARACTERS or "[" in key or "]" in key:
            return Problem(
                "wrong_metadata_key",
                f"{shown(key)!r} can't be a key of metadata: it has to have 1 to "
                f"{KEY_CHARACTERS} characters, and no square brackets.",
                "Choose another key.",
                path=f"metadata.{key}",
            )
        if isinstance(value, str) and len(value) > VALUE_CHARACTERS:
            return Problem(
                "too_long",
                f"metadata.{key} has {len(value)} characters; {VALUE_CHARACTERS} are allowed.",
                "Shorten it.",
                path=f"metadata.{key}",
                value=shown(value),
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
