"""The database's own guards: moves that are not in the state tables are refused, whoever writes them."""

from django.db import migrations

from campaigns.states import BATCH, CAMPAIGN

GUARDED = [(CAMPAIGN, "campaigns_campaign"), (BATCH, "campaigns_sendbatch")]


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [
        *[migrations.RunSQL(machine.trigger_sql(table), machine.drop_trigger_sql(table)) for machine, table in GUARDED],
        # An outcome and a receipt update each row once: with room in the page they stay beside the row (HOT).
        migrations.RunSQL(
            "ALTER TABLE campaigns_campaignrecipient SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE campaigns_campaignrecipient RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
