"""A made-up CSV of contacts for demonstrations: people of several languages, and the faults that real files have."""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from audiences.phones import BadPhone, normalise

HEADINGS = ("Mobile", "First name", "Last name", "Email", "Birthday", "Gender", "Language", "Consent", "City", "Points")
BAD, TWICE, OPTED_OUT = 0.01, 0.01, 0.03  # shares of the rows
FAULTS = ("", "69412", "call me", "2101234567", "+999 123456789", "694 123 45 67 89 01")
BORN_FROM = date(1945, 1, 1)
BORN_DAYS = 60 * 365
DECORATIONS = (' "{}"', " 🌸", ", Jr.", "; VIP", " ✨")
NICKNAMES = ("Mimi", "Max", "Lou", "Ρίτσα")


class People(NamedTuple):
    """Names and numbers of one country: `mobile` has an `x` for each digit that is free."""

    country: str
    language: str
    code: str
    mobiles: Sequence[str]
    women: Sequence[str]
    men: Sequence[str]
    families: Sequence[tuple[str, str]]  # as women and as men bear them
    cities: Sequence[str]


def _same(*names: str) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


GREEK = People(
    "GR",
    "el",
    "+30",
    ("690xxxxxxx", "693xxxxxxx", "694xxxxxxx", "697xxxxxxx", "698xxxxxxx"),
    ("Μαρία", "Ελένη", "Αικατερίνη", "Γεωργία", "Σοφία", "Δήμητρα", "Χρυσούλα", "Ιωάννα", "Ευτυχία", "Άννα"),
    ("Γιώργος", "Γιάννης", "Κώστας", "Δημήτρης", "Νίκος", "Παναγιώτης", "Βασίλης", "Χρήστος", "Θανάσης", "Ηλίας"),
    (
        ("Παπαδοπούλου", "Παπαδόπουλος"),
        ("Οικονόμου", "Οικονόμου"),
        ("Γεωργίου", "Γεωργίου"),
        ("Νικολάου", "Νικολάου"),
        ("Αντωνίου", "Αντωνίου"),
        ("Καραγιάννη", "Καραγιάννης"),
        ("Μακρή", "Μακρής"),
        ("Βλάχου", "Βλάχος"),
    ),
    ("Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο", "Λάρισα", "Βόλος", "Ιωάννινα", "Χανιά"),
)
LATIN_GREEK = GREEK._replace(
    women=("Maria", "Eleni", "Katerina", "Georgia", "Sofia", "Dimitra", "Ioanna", "Anna"),
    men=("Giorgos", "Giannis", "Kostas", "Dimitris", "Nikos", "Panos", "Vasilis", "Christos"),
    families=(("Papadopoulou", "Papadopoulos"), ("Georgiou", "Georgiou"), ("Makri", "Makris"), ("Vlachou", "Vlachos")),
    cities=("Athens", "Thessaloniki", "Patras", "Heraklion", "Larissa", "Volos"),
)
OTHERS = (
    People(
        "GB",
        "en",
        "+44",
        ("7400xxxxxx", "7700xxxxxx"),
        ("Olivia", "Amelia", "Grace", "Zoë", "Charlotte"),
        ("Oliver", "Harry", "George", "Noah", "Siôn"),
        _same("Smith", "O'Connor", "Taylor-Brown", "Wilson", "Évans"),
        ("London", "Leeds", "Bristol"),
    ),
    People(
        "DE",
        "de",
        "+49",
        ("151xxxxxxxx", "170xxxxxxx", "176xxxxxxxx"),
        ("Anna", "Jürgen-Maria", "Sabine", "Käthe"),
        ("Jürgen", "Björn", "Lukas", "Günther"),
        _same("Müller", "Schäfer", "Weiß", "Groß", "von der Heide"),
        ("Köln", "München", "Berlin"),
    ),
    People(
        "FR",
        "fr",
        "+33",
        ("61xxxxxxx", "67xxxxxxx"),
        ("Chloé", "Zoé", "Anaïs", "Manon"),
        ("Loïc", "François", "Théo", "Noël"),
        _same("Lefèvre", "Dupont", "D'Arc", "Benoît"),
        ("Paris", "Lyon", "Nîmes"),
    ),
    People(
        "ES",
        "es",
        "+34",
        ("61xxxxxxx", "65xxxxxxx"),
        ("Lucía", "Begoña", "Inés", "Carmen"),
        ("José", "Íñigo", "Raúl", "Ángel"),
        _same("Muñoz", "García", "López Ibáñez", "Núñez"),
        ("Madrid", "Málaga", "A Coruña"),
    ),
    People(
        "IT",
        "it",
        "+39",
        ("347xxxxxxx", "333xxxxxxx"),
        ("Giulia", "Noemi", "Niccolò-Sara", "Chiara"),
        ("Niccolò", "Luca", "Matteo", "Andrea"),
        _same("Rossi", "D'Amico", "Forlì", "Esposito"),
        ("Roma", "Milano", "Forlì"),
    ),
    People(
        "PL",
        "pl",
        "+48",
        ("501xxxxxx", "601xxxxxx", "512xxxxxx"),
        ("Małgorzata", "Łucja", "Agnieszka", "Zofia"),
        ("Łukasz", "Michał", "Stanisław", "Paweł"),
        (("Kowalska", "Kowalski"), ("Wiśniewska", "Wiśniewski"), ("Wójcik", "Wójcik")),
        ("Łódź", "Kraków", "Gdańsk"),
    ),
    GREEK._replace(country="CY", code="+357", mobiles=("99xxxxxx", "96xxxxxx"), cities=("Λευκωσία", "Λεμεσός")),
)
NATIONS = (GREEK, LATIN_GREEK, *OTHERS)
WEIGHTS = (52, 26, *[22 / len(OTHERS)] * len(OTHERS))


def write_sample(path: Path, *, rows: int = 10_000, seed: int = 1) -> None:
    """Write a CSV (UTF-8 with mark, semicolons) of `rows` rows; the same seed gives the same file, byte by byte.

    Exactly 1 % of the rows have no usable phone, 1 % have the phone of an earlier row; about 3 % opted out.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows(_rows(rows, random.Random(seed)))


def _rows(rows: int, dice: random.Random) -> Iterator[list[str]]:
    bad, twice = round(rows * BAD), round(rows * TWICE)
    later = range(rows // 2, rows)
    special = dice.sample(later, min(bad + twice, len(later)))
    faulty, repeated = set(special[:bad]), set(special[bad:])
    seen: set[str] = set()
    early: list[str] = []  # phones of the first half, to be repeated in the second
    for number in range(rows):
        people = dice.choices(NATIONS, WEIGHTS)[0]
        if number in faulty:
            phone = dice.choice(FAULTS)
        elif number in repeated and early:
            phone = dice.choice(early)
        else:
            phone = _new_phone(people, dice, seen)
            if len(early) < rows // 2:
                early.append(phone)
        yield [_written(phone, people, dice), *_person(people, dice, number)]


def _new_phone(people: People, dice: random.Random, seen: set[str]) -> str:
    """A valid mobile number that the file does not have yet."""
    while True:
        digits = "".join(dice.choice("0123456789") if sign == "x" else sign for sign in dice.choice(people.mobiles))
        phone = people.code + digits
        if phone not in seen and _is_mobile(phone, people.country):
            seen.add(phone)
            return phone


def _is_mobile(phone: str, country: str) -> bool:
    try:
        return normalise(phone, country=country).country == country
    except BadPhone:
        return False


def _written(phone: str, people: People, dice: random.Random) -> str:
    """The number as somebody might have typed it; only Greeks leave the country out, since the store is Greek."""
    way = dice.random()
    if not phone.startswith(people.code) or way < 0.5:
        return phone
    digits = phone.removeprefix(people.code)
    if people.country == "GR" and way < 0.8:
        return digits if way < 0.65 else f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    return f"00{phone[1:]}" if way < 0.9 else f"{people.code} {digits[:3]}-{digits[3:]}"


def _person(people: People, dice: random.Random, number: int) -> list[str]:
    woman = dice.random() < 0.55
    first = dice.choice(people.women if woman else people.men)
    last = dice.choice(people.families)[0 if woman else 1]
    if dice.random() < 0.01:
        last += dice.choice(DECORATIONS).format(dice.choice(NICKNAMES))
    born = BORN_FROM + timedelta(days=dice.randrange(BORN_DAYS))
    return [
        first if dice.random() > 0.02 else "",
        last,
        f"person{number}@example.org" if dice.random() < 0.8 else "",
        (born.isoformat() if dice.random() < 0.5 else f"{born:%d/%m/%Y}") if dice.random() < 0.7 else "",
        dice.choice(("female", "f", "γυναίκα") if woman else ("male", "m", "άνδρας")) if dice.random() < 0.9 else "",
        people.language,
        "no" if dice.random() < OPTED_OUT else dice.choice(("yes", "")),
        dice.choice(people.cities),
        str(dice.randrange(0, 2000, 5)),
    ]
