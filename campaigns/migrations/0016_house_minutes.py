from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0015_retention"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="campaignminute",
            index=models.Index(fields=["minute"], name="campaignminute_minute"),
        ),
    ]
