"""A batch with nobody left to send to keeps its unknown recipients: the trigger learns the new move."""

from django.db import migrations

from campaigns.states import BATCH


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_dead_letters_and_polling")]
    operations = [migrations.RunSQL(BATCH.trigger_sql("campaigns_sendbatch"), migrations.RunSQL.noop)]
