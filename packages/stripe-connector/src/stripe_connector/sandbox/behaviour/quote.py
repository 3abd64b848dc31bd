"""The PDF of a quote: one page that names it."""

from collections.abc import Mapping, Sequence

from stripe_connector.sandbox.request import Contents
from stripe_connector.sandbox.turn import Behaviour, Turn
from stripe_connector.sandbox.verbs import Verb


def pdf(turn: Turn) -> Contents:
    """GET /v1/quotes/{quote}/pdf, on Stripe's host for files."""
    quote = turn.find("quote", turn.path["quote"]).body
    lines = [f"Quote {quote['id']}"]
    lines += [f"{name}: {quote[name]}" for name in ("status", "currency", "amount_total")]
    return Contents(page(lines), "application/pdf")


def page(lines: Sequence[str]) -> bytes:
    """A PDF of one page with these lines of plain ASCII."""
    safe = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    shown = " ".join(f"({line}) Tj T*" for line in safe)
    text = f"BT /F1 12 Tf 72 720 Td 16 TL {shown} ET".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places: list[int] = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


BEHAVIOURS: Mapping[str, Behaviour] = {}
ACTIONS: Mapping[str, Verb] = {"quotes.pdf": pdf}
