"""The two plans there are: 40 EUR a month and 240 EUR a year. Their free credits are staff's to agree on."""

from typing import Any

from django.db import migrations

PLANS = (
    {"code": "starter", "name": "Starter", "price_cents": 4000, "interval": "month", "allowance": 300},
    {"code": "pro", "name": "Pro", "price_cents": 24000, "interval": "year", "allowance": 1500},
)


def add(apps: Any, schema_editor: Any) -> None:
    for plan in PLANS:
        apps.get_model("billing", "Plan").objects.get_or_create(code=plan["code"], defaults=plan)


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_plans_and_caps")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
