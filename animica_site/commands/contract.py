"""``animica contract``: contracts written, tried, deployed and called."""

from __future__ import annotations

import click

from wallet import cli_contract, cli_contract_reads, cli_contract_time
from wallet.cli import ReportingGroup
from workbench import cli as workbench_cli


@click.group("contract", cls=ReportingGroup)
def contract() -> None:
    """Write contracts: make, check, test and try them; deploy, call and read them."""


for _command in (
    *workbench_cli.COMMANDS,
    *cli_contract.COMMANDS,
    *cli_contract_reads.COMMANDS,
    *cli_contract_time.COMMANDS,
):
    contract.add_command(_command)
