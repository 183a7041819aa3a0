"""The moves of payments by the database's word, and the packages that there are at first."""

from typing import Any

from django.db import migrations

from billing.states import PAYMENT

CENTS_PER_CREDIT = 4.5


def add(apps: Any, schema_editor: Any) -> None:
    package = apps.get_model("billing", "Package")
    for credits in (1000, 5000, 10_000, 25_000):
        price = int(credits * CENTS_PER_CREDIT)
        package.objects.get_or_create(credits=credits, defaults={"name": f"{credits} credits", "price_cents": price})


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_payments")]
    operations = [
        migrations.RunSQL(PAYMENT.trigger_sql("billing_payment"), PAYMENT.drop_trigger_sql("billing_payment")),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
