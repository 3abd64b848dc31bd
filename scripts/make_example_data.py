"""Makes examples/billing-import/data/customers.csv: a thousand customers, as untidy as real ones.

    python scripts/make_example_data.py [FILE]

The file is the same each time. Nobody in it is real: the domains are those that RFC 2606 keeps
for examples, the phone numbers those that Ofcom (020 7946 0xxx) and the North American plan
(555-01xx) keep for fiction; customers elsewhere have none.

Two rows are broken and one comes twice: BAD_BALANCE, RAGGED and TWIN say which.
"""

import csv
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

ROWS = 1000
BAD_BALANCE = 384
"""The customer, from 1, whose balance has the letter O for a zero."""
RAGGED = 731
"""The customer whose street has a comma, and no quotes around it."""
TWIN = (972, 118)
"""A customer whose crm_id is the one of an earlier customer."""

HEADER = (
    "crm_id",
    "full_name",
    "email",
    "phone",
    "street",
    "city",
    "postal_code",
    "country",
    "language",
    "currency",
    "balance",
    "signed_up",
    "note",
)
FILE = Path(__file__).parent.parent / "examples" / "billing-import" / "data" / "customers.csv"


class Region(NamedTuple):
    """Where customers come from; `names` are (written, in plain letters), `cities` are
    (city, postal code), where each # is a digit."""

    weight: int
    country: str
    language: str
    currency: str
    first: tuple[tuple[str, str], ...]
    last: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    family_first: bool = False


def plain(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name.lower().replace("'", "")) for name in names)


REGIONS = (
    Region(
        30,
        "GB",
        "en-GB",
        "gbp",
        plain("Olivia", "Amelia", "George", "Harry", "Niamh", "Callum", "Priya", "Kwame"),
        plain("Smith", "Jones", "O'Neill", "Patel", "Hughes", "Clarke", "Mensah", "Wood"),
        ("12 High Street", "Flat 3, 41 Mill Lane", "The Old Bakery\n7 Church Road", "88 Park Way"),
        (("London", "SW1A #AB"), ("Leeds", "LS# 4QP"), ("Cardiff", "CF1# 3NP")),
    ),
    Region(
        24,
        "US",
        "en-US",
        "usd",
        plain("Emma", "Liam", "Noah", "Ava", "Mason", "Sofia", "Jayden", "Grace"),
        plain("Johnson", "Brown", "Garcia", "Miller", "Davis", "Wilson", "Nguyen", "Lee"),
        ("500 Main St", "1209 Oak Ave, Apt 4B", "77 Sunset Blvd", "PO Box 119"),
        (("Austin", "787##"), ("Portland", "972##"), ("Boston", "021##")),
    ),
    Region(
        12,
        "DE",
        "de",
        "eur",
        (("Jürgen", "juergen"), ("Anna", "anna"), ("Käthe", "kaethe"), ("Lukas", "lukas")),
        (("Müller", "mueller"), ("Weiß", "weiss"), ("Schröder", "schroeder"), ("Koch", "koch")),
        ("Hauptstraße 5", "Am Mühlbach 12a", "Goetheplatz 1, Hinterhaus"),
        (("Köln", "506##"), ("München", "803##"), ("Leipzig", "041##")),
    ),
    Region(
        10,
        "FR",
        "fr",
        "eur",
        (("Zoé", "zoe"), ("François", "francois"), ("Hélène", "helene"), ("Noël", "noel")),
        (("Lefèvre", "lefevre"), ("Dupont", "dupont"), ("Gonçalves", "goncalves")),
        ("3 rue de l'Église", "15 bis, avenue Foch", "Résidence Les Lilas\n2 place d'Armes"),
        (("Paris", "750##"), ("Nîmes", "300##"), ("Orléans", "450##")),
    ),
    Region(
        6,
        "PL",
        "pl",
        "pln",
        (("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Zofia", "zofia")),
        (("Wójcik", "wojcik"), ("Żak", "zak"), ("Nowak", "nowak")),
        ("ul. Długa 8/2", "al. Jana Pawła II 30"),
        (("Kraków", "31-0##"), ("Łódź", "90-3##")),
    ),
    Region(
        8,
        "JP",
        "ja",
        "jpy",
        (("花子", "hanako"), ("太郎", "taro"), ("美咲", "misaki"), ("健", "ken")),
        (("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("渡辺", "watanabe")),
        ("神宮前1-2-3", "本町4丁目5-6"),
        (("東京都渋谷区", "150-00##"), ("大阪市中央区", "541-00##")),
        family_first=True,
    ),
    Region(
        4,
        "KW",
        "ar",
        "kwd",
        (("فاطمة", "fatima"), ("يوسف", "yousef"), ("نورة", "noura")),
        (("العلي", "alali"), ("الصباغ", "alsabbagh")),
        ("Block 4, Street 12", "Salem Al Mubarak Street 9"),
        (("Kuwait City", "13###"), ("Salmiya", "22###")),
    ),
    Region(
        3,
        "GR",
        "el",
        "eur",
        (("Ελένη", "eleni"), ("Γιώργος", "giorgos")),
        (("Παπαδόπουλος", "papadopoulos"), ("Νικολάου", "nikolaou")),
        ("Ερμού 14", "Λεωφόρος Αθηνών 200"),
        (("Αθήνα", "105 ##"), ("Πάτρα", "262 ##")),
    ),
    Region(
        3,
        "BR",
        "pt-BR",
        "brl",
        (("João", "joao"), ("Conceição", "conceicao"), ("Antônio", "antonio")),
        (("Araújo", "araujo"), ("Simões", "simoes"), ("Silva", "silva")),
        ("Rua da Consolação, 55", "Av. Paulista, 1000 - apto 12"),
        (("São Paulo", "013##-000"), ("Brasília", "700##-000")),
    ),
)
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "shop.example.org")
NOTES = (
    "",
    "",
    "",
    "",
    "",
    "VIP",
    "prefers e-mail, not phone",
    'asked for the "annual" plan',
    "moved house in spring; old address\nstays valid for parcels",
    "— wrote in twice —",
)


def customers(random: Random) -> list[list[str]]:
    """The rows in order, whole and sound, but for blanks and letter case."""
    weights = [region.weight for region in REGIONS]
    rows = []
    for number in range(1, ROWS + 1):
        region = random.choices(REGIONS, weights)[0]
        first, first_plain = random.choice(region.first)
        last, last_plain = random.choice(region.last)
        name = f"{last} {first}" if region.family_first else f"{first} {last}"
        city, code = random.choice(region.cities)
        rows.append(
            [
                f"C-{10000 + number}",
                untidy(random, name),
                address(random, first_plain, last_plain, number),
                phone(random, region.country, number),
                untidy(random, random.choice(region.streets)),
                untidy(random, city),
                "".join(random.choice("0123456789") if c == "#" else c for c in code),
                random.choice((region.country, region.country, region.country.lower())),
                random.choice((region.language, region.language, "")),
                random.choice((region.currency, region.currency.upper())),
                balance(random, region.currency),
                str(date(2017, 3, 1) + timedelta(days=random.randrange(3400))),
                random.choice(NOTES),
            ]
        )
    return rows


def untidy(random: Random, text: str) -> str:
    return random.choice((text,) * 6 + (f" {text}", f"{text} ", f"  {text}  "))


def address(random: Random, first: str, last: str, number: int) -> str:
    local = random.choice((f"{first}.{last}", f"{first}{last}", f"{first[0]}.{last}"))
    email = f"{local}{number}@{random.choice(DOMAINS)}"
    return untidy(random, random.choice((email, email, email.upper(), email.title())))


def phone(random: Random, country: str, number: int) -> str:
    end = f"{number % 1000:03}"
    forms: tuple[str, ...] = ("", "", " ")
    if country == "GB":
        forms = (f"+44 20 7946 0{end}", f"020 7946 0{end}", f"+442079460{end}", "", " ")
    elif country == "US":
        forms = (f"+1 512 555 01{end[1:]}", f"(512) 555-01{end[1:]}", f"512-555-01{end[1:]}", "")
    return random.choice(forms)


def balance(random: Random, currency: str) -> str:
    """Mostly nothing owed; negative is credit, as at Stripe."""
    if random.random() < 0.5:
        return random.choice(("0", "0", "0.00" if currency != "jpy" else "0", ""))
    amount = random.choice((random.randrange(100, 9000), random.randrange(100, 400000)))
    sign = random.choice(("", "", "-"))
    places = {"jpy": 0, "kwd": 3}.get(currency, 2)
    text = f"{amount / 10**places:,.{places}f}" if places else f"{amount}"
    if places and random.random() < 0.2:
        text = text.partition(".")[0]
    return random.choice((f"{sign}{text}", f"{sign}{text}".replace(",", ""), f" {sign}{text}"))


def written(rows: list[list[str]], file: Path) -> None:
    rows[BAD_BALANCE - 1][10] = "12,5O"
    twin, first = TWIN
    rows[twin - 1] = [rows[first - 1][0], rows[first - 1][1].upper(), *rows[first - 1][2:]]
    ragged = rows[RAGGED - 1]
    ragged[1:5] = ["Harry Wood", "harry.wood@example.com", "", "Flat 9, 2 Canal Street"]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        for number, row in enumerate(rows, start=1):
            if number == RAGGED:
                out.write(",".join(cell.replace("\n", " ") for cell in row) + "\n")
            else:
                writer.writerow(row)


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    written(customers(Random(20170301)), file)
    print(f"{file.name}: {ROWS} customers")


if __name__ == "__main__":
    main()
