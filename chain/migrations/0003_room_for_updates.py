"""Room in the pages of the tables that every block rewrites, so that PostgreSQL updates in place."""

from django.db import migrations

TABLES = ("chain_statepage", "chain_staterecord")


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = 60)")


def take_back(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("chain", "0002_pruning")]
    operations = [migrations.RunPython(leave_room, take_back)]
