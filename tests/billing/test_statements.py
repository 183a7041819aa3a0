from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.models import Store
from billing.models import CreditAccount, LedgerEntry
from billing.services import charge, grant, hold
from billing.statements import Line, Sums, month_of, statement, statement_csv
from config import spreadsheet
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def date_back(key: str, moment: str) -> None:
    """Let an entry be of another time, past the ledger's trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE billing_ledgerentry SET created_at = %s WHERE key = %s", [at(moment), key])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.fixture
def books(with_allowance: CreditAccount, store: Store) -> CreditAccount:
    """August: 100 bought, 30 free. September (Athens): 40 charged, 50 bought. October: 25 bought."""
    reservation = hold(store_id=store.pk, amount=60, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=40, key="batch:1:1", label="=Spring")
    grant(store_id=store.pk, amount=50, key="bought", label="Package", actor=SYSTEM, kind="purchase")
    grant(store_id=store.pk, amount=25, key="october", label="Package", actor=SYSTEM, kind="purchase")
    date_back(f"grant:test:{store.pk}", "2026-08-05T10:00")
    date_back(f"allowance:test:{store.pk}", "2026-08-31T20:59")
    date_back("batch:1:1", "2026-08-31T21:00")
    date_back("bought", "2026-09-30T20:59")
    date_back("october", "2026-09-30T21:00")
    return with_allowance


@pytest.mark.usefixtures("books")
def test_a_month_is_opening_lines_and_closing(store: Store) -> None:
    shown = statement(store, "2026-09")

    assert shown.opening == Sums(100, 30)
    assert shown.lines == [Line("charge", 1, -10, -30), Line("purchase", 1, 50, 0)]
    assert shown.closing == Sums(140, 0)


@pytest.mark.usefixtures("books")
def test_months_follow_each_other(store: Store) -> None:
    months = [statement(store, month) for month in ("2026-07", "2026-08", "2026-09", "2026-10", "2026-11")]

    assert [month.opening for month in months[1:]] == [month.closing for month in months[:-1]]
    assert months[0].opening == Sums(0, 0)
    assert (months[-1].closing, months[-1].lines) == (Sums(165, 0), [])


def test_who_never_bought_has_an_empty_statement(store: Store) -> None:
    shown = statement(store, "2026-09")

    assert (shown.opening, shown.lines, shown.closing) == (Sums(0, 0), [], Sums(0, 0))


@pytest.mark.usefixtures("books")
def test_the_file_has_the_entries_of_the_month(store: Store) -> None:
    lines = list(statement_csv(store=store, month="2026-09", actor=SYSTEM))

    assert lines == [
        "at,kind,credits,allowance,balance_after,label,key\r\n",
        "2026-08-31T21:00:00Z,charge,-10,-30,90,'=Spring,batch:1:1\r\n",
        "2026-09-30T20:59:00Z,purchase,50,0,140,Package,bought\r\n",
    ]


@pytest.mark.usefixtures("books")
def test_the_file_of_a_month_without_entries_is_its_heading(store: Store, other_store: Store) -> None:
    assert len(list(statement_csv(store=store, month="2026-07", actor=SYSTEM))) == 1
    assert len(list(statement_csv(store=other_store, month="2026-09", actor=SYSTEM))) == 1


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "september", "1999-01", "2026-09 "])
def test_what_is_no_month_is_refused(store: Store, text: str) -> None:
    with pytest.raises(InvalidFields):
        month_of(text, now=at("2026-09-30T22:00"), store=store)


def test_without_a_month_it_is_the_stores_current_one(store: Store) -> None:
    assert month_of(None, now=at("2026-09-30T22:00"), store=store) == "2026-10"


@pytest.mark.usefixtures("books")
def test_an_entry_beside_the_read_cannot_make_it_disagree(store: Store, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        shown = statement(store, "2026-09")

    assert shown.closing.credits == shown.opening.credits + sum(line.credits for line in shown.lines)
    assert LedgerEntry.objects.count() == 5


def test_a_long_file_is_read_in_chunks(account: CreditAccount, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "CHUNK", 3)
    for number in range(10):
        grant(store_id=store.pk, amount=1, key=f"g{number}", label="Gift", actor=SYSTEM)
    month = month_of(None, now=timezone.now(), store=store)

    lines = list(statement_csv(store=store, month=month, actor=SYSTEM))

    balances = [line.split(",")[4] for line in lines[1:]]
    assert balances == [str(100 + number) for number in range(11)]


def test_the_export_is_audited(account: CreditAccount, store: Store) -> None:
    list(statement_csv(store=store, month="2026-09", actor=SYSTEM))

    assert AuditEvent.objects.get(action="statement.export").facts == {"month": "2026-09"}


def test_a_store_elsewhere_has_other_months(books: CreditAccount, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(time_zone="Pacific/Auckland")
    store.refresh_from_db()

    assert statement(store, "2026-09").lines == [Line("allowance", 1, 0, 30), Line("charge", 1, -10, -30)]
    assert statement(store, "2026-10").lines == [Line("purchase", 2, 75, 0)]
