"""The ledger is append-only, and a closed reservation stays closed, by the database's word."""

from django.db import migrations

from billing.states import RESERVATION

APPEND_ONLY = """
    CREATE OR REPLACE FUNCTION billing_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'check_violation';
    END $$;
    DROP TRIGGER IF EXISTS billing_ledgerentry_append_only ON billing_ledgerentry;
    CREATE TRIGGER billing_ledgerentry_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
        FOR EACH ROW EXECUTE FUNCTION billing_append_only();
"""
DROP = """
    DROP TRIGGER IF EXISTS billing_ledgerentry_append_only ON billing_ledgerentry;
    DROP FUNCTION IF EXISTS billing_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, DROP),
        migrations.RunSQL(
            RESERVATION.trigger_sql("billing_creditreservation"),
            RESERVATION.drop_trigger_sql("billing_creditreservation"),
        ),
    ]
