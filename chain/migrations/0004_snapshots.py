"""Ledgers that begin from a snapshot, and the tables in which one is gathered."""

from django.db import migrations, models

import chain.fields


class Migration(migrations.Migration):
    dependencies = [
        ("chain", "0003_room_for_updates"),
    ]

    operations = [
        migrations.CreateModel(
            name="SnapshotHeader",
            fields=[
                ("height", models.BigIntegerField(primary_key=True, serialize=False)),
                ("header", chain.fields.BytesColumn()),
            ],
        ),
        migrations.CreateModel(
            name="SnapshotRecord",
            fields=[
                ("key", chain.fields.BytesColumn(max_length=32, primary_key=True, serialize=False)),
                ("module", models.CharField(max_length=16)),
                ("ident", chain.fields.BytesColumn()),
                ("value", chain.fields.BytesColumn()),
            ],
        ),
        migrations.AddField(
            model_name="meta",
            name="base_height",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="meta",
            name="base_supply",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        # Every chain so far was counted from genesis on.
        migrations.RunSQL(
            "UPDATE chain_meta SET base_supply = genesis_supply", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="block",
            name="size_bytes",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="block",
            name="status",
            field=models.CharField(
                choices=[
                    ("stored", "stored"),
                    ("executed", "executed"),
                    ("header", "header"),
                    ("invalid", "invalid"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="block",
            name="tx_count",
            field=models.IntegerField(null=True),
        ),
        migrations.CreateModel(
            name="SnapshotLoad",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("hash", chain.fields.BytesColumn(max_length=32)),
                ("height", models.BigIntegerField()),
                ("following", chain.fields.BytesColumn(max_length=32, null=True)),
                ("chunks", models.IntegerField()),
                ("records", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "snapshot in the making",
                "verbose_name_plural": "snapshot in the making",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="chain_snapshotload_one_row"
                    )
                ],
            },
        ),
    ]
