from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("config", "0002_audit_filters"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(condition=models.Q(actor__startswith="staff:"), fields=["-id"], name="audit_staff"),
        ),
    ]
