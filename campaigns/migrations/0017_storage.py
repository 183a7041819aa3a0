"""Storage of the tables that every batch writes, and one index less (docs/scaling.md)."""

import django.db.models.deletion
from django.db import migrations, models

from config.storage import stored

# A row of each per campaign, minute or lane, written with every batch: room in the page, and a vacuum before it grows.
COUNTER = {"fillfactor": 50, "autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 1000}


class Migration(migrations.Migration):
    dependencies = [("audiences", "0014_retention"), ('campaigns', '0016_house_minutes')]
    operations = [
        # lane_once begins with the store
        migrations.AlterField(
            model_name="storelane",
            name="store",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lanes",
                to="audiences.store",
            ),
        ),
        stored(
            "campaigns_campaignrecipient",
            autovacuum_vacuum_scale_factor=0.02,
            autovacuum_vacuum_insert_scale_factor=0.05,
            autovacuum_analyze_scale_factor=0.02,
        ),
        stored("campaigns_sendbatch", autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02),
        *[
            stored(f"campaigns_{table}", **COUNTER)
            for table in ("campaignprogress", "campaignminute", "reasoncount", "latencycount", "storelane")
        ],
    ]
