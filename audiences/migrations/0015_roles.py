"""The groups by whose names the ops console knows the roles of staff; what each may do is said in code."""

from django.db import migrations

ROLES = ("support", "finance", "operator")


def make(apps, editor):
    groups = apps.get_model("auth", "Group")
    for name in ROLES:
        groups.objects.get_or_create(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ("audiences", "0014_retention"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
