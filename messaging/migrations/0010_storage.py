"""Storage of the tables of evidence (docs/scaling.md)."""

from django.db import migrations

from config.storage import stored


class Migration(migrations.Migration):
    dependencies = [('messaging', '0009_alert_notices')]
    operations = [
        # append-only: frozen and marked visible in small pieces, instead of all at once after 200 million transactions
        stored(
            "messaging_messagelog", autovacuum_vacuum_insert_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02
        ),
        # the drain reads the waiting ones in order: what was applied must not lie in its way
        stored(
            "messaging_receipt",
            autovacuum_vacuum_scale_factor=0.01,
            autovacuum_vacuum_threshold=5000,
            autovacuum_vacuum_insert_scale_factor=0.05,
            autovacuum_analyze_scale_factor=0.02,
        ),
    ]
