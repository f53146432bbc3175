"""``animica doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from animica_site import doctor as doctor_checks
from animica_site.commands import running
from animica_site.commands.opened import Place, place_options

_MARKS = {"error": "✗", "warning": "!", "ok": "✓"}


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def doctor(place: Place, as_json: bool) -> None:
    """Check Python, libraries, the kernel, disk and database; exits with 1 if anything is broken.

    Changes nothing, and may run beside the node.
    """
    with TemporaryDirectory(prefix="animica-doctor-") as elsewhere:
        home = place.data_dir if place.data_dir.is_dir() else Path(elsewhere)
        running.prepare(place.table, home, json_logs=False, level="ERROR")
        findings = doctor_checks.examine(place.data_dir)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.level]} {finding.id:<11} {finding.message}")
            if finding.hint:
                click.echo(f"  {'':<11} next: {finding.hint}")
    if any(finding.level == "error" for finding in findings):
        raise SystemExit(1)
