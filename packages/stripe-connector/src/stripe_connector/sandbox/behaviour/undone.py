"""What a generic answer would get wrong: refused, rather than faked."""

UNDONE = frozenset(
    {
        "billing.meters.event_summaries.list",
        "credit_notes.preview_lines.list",
        "entitlements.active_entitlements.list",
        "invoices.line_items.update",
    }
)
"""Operation ids. They calculate from other objects, or change what such a calculation made."""
