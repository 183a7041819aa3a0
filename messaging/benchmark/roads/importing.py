"""Imports: a file of new contacts, from the upload to the last row."""

import csv
from pathlib import Path

from django.conf import settings

from audiences.services.keys import issue_key
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.shop import Shop
from messaging.benchmark.stage import Stage
from messaging.proving import place

FIRST_PHONE = 6_980_000_000
DONE = "SELECT status IN ('done', 'failed') FROM audiences_contactimport WHERE store_id = %s"
CREATED = "SELECT created FROM audiences_contactimport WHERE store_id = %s AND status = 'done'"


def run(stage: Stage, people: int) -> list[Figure]:
    """The same file into an empty store each, by the baseline and by the product."""
    path = place.here() / f"import-{people}.csv"
    if not path.exists():
        _write(path, people)
    with Crew("importing", store=crowd.make_store("Import").pk, path=str(path), chunk=settings.IMPORT_CHUNK) as crew:
        raw, [found] = crew.go()
    shop = _empty_shop()
    meter = stage.meter()
    with path.open("rb") as file:
        upload = shop.ask(
            "POST", "imports", None, files={"file": file}, data={"consent": "opted_in", "consent_source": "benchmark"}
        )
    seconds = stage.wait("the import", DONE, shop.store_id) - upload.at
    cost = meter.read()
    if stage.ask(CREATED, shop.store_id) != people or found["rows"] != people:
        raise RuntimeError("the import did not make every contact")
    return [
        Figure("import", "rows/s", people / seconds, people / raw),
        Figure("upload to answer", "s", upload.seconds, None, "less"),
        *[
            Figure(f"CPU per row, {kind}", "µs", spent * 1e6 / people, None, "less")
            for kind, spent in cost.cpu.items()
            if kind in {"web", "work", "postgres"}
        ],
        Figure("peak memory, work", "MB", cost.peak["work"], None, "less"),
    ]


def _write(path: Path, people: int) -> None:
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["phone", "first name", "last name"])
        for number in range(people):
            name = crowd.NAMES[number % len(crowd.NAMES)]
            lines.writerow([f"+30{FIRST_PHONE + number}", name, f"Family {number % 997}"])


def _empty_shop() -> Shop:
    store = crowd.make_store("Import")
    key = issue_key(store=store, name="benchmark", scopes=["read", "send", "admin"], actor=crowd.ACTOR)
    return Shop(store_id=store.pk, api_key=key.plain, people=0)
