from django.db import migrations, models


def give_back(apps, schema_editor):
    """Who opted out while another reason stood had no row of his own: deletion and re-import would have lost it."""
    schema_editor.execute("""
        INSERT INTO audiences_suppression (store_id, phone_hash, reason, source, created_at)
        SELECT c.store_id, c.phone_hash, 'opt_out', c.consent_source, COALESCE(c.consent_at, c.updated_at)
          FROM audiences_contact c
         WHERE c.consent = 'opted_out'
           AND c.phone_hash IS NOT NULL
            ON CONFLICT DO NOTHING
    """)


def keep_one(apps, schema_editor):
    """One row per phone and store again: the oldest."""
    schema_editor.execute("""
        DELETE FROM audiences_suppression s
         USING audiences_suppression o
         WHERE o.phone_hash = s.phone_hash
           AND o.store_id IS NOT DISTINCT FROM s.store_id
           AND o.id < s.id
    """)


class Migration(migrations.Migration):

    dependencies = [
        ('audiences', '0007_plans'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='suppression',
            name='suppression_once',
        ),
        migrations.RunPython(migrations.RunPython.noop, keep_one),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(fields=('phone_hash', 'store', 'reason'), name='suppression_once', nulls_distinct=False),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='reason',
            field=models.CharField(help_text='opt_out, no_marketing, erased, complaint, staff, provider', max_length=20),
        ),
        migrations.RunPython(give_back, migrations.RunPython.noop),
    ]
