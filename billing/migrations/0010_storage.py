"""Storage of the rows that every bill writes, and two indexes less (docs/scaling.md)."""

import django.db.models.deletion
from django.db import migrations, models

from config.storage import stored

# Written with every batch of their store: room in the page, and a vacuum before it grows.
COUNTER = {"fillfactor": 50, "autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 1000}


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_payment_moves")]
    operations = [
        # reservation_account and reservation_made begin with the account
        migrations.AlterField(
            model_name="creditreservation",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reservations",
                to="billing.creditaccount",
            ),
        ),
        # the same constraint without a second index for prefixes
        migrations.AlterField(
            model_name="creditaccount", name="stripe_customer", field=models.CharField(max_length=80, null=True)
        ),
        migrations.AddConstraint(
            model_name="creditaccount",
            constraint=models.UniqueConstraint(fields=("stripe_customer",), name="account_stripe_customer_once"),
        ),
        stored("billing_creditaccount", **COUNTER),
        stored("billing_creditreservation", **COUNTER),
    ]
