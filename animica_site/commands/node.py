"""``animica node``: run a node of a network."""

from __future__ import annotations

from pathlib import Path

import click

from animica_site import networks
from animica_site.commands import running
from animica_site.config import NodeConfig
from animica_site.faults import MinerAddressInvalid
from pq import addresses


@click.command()
@click.option(
    "--network",
    default="testnet",
    show_default=True,
    help="mainnet, testnet, devnet, fast, or the path of a network file.",
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the chain is kept.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Names that others reach it by go into ANIMICA_ALLOWED_HOSTS.",
)
@click.option("--http-port", type=click.IntRange(0, 65535), default=8545, show_default=True)
@click.option("--mine", "mine_to", metavar="ADDRESS", help="Mine, paid to this address.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that search nonces.",
)
@running.no_shares_option
@running.prune_options
@click.option("--json-logs", is_flag=True, help="Log JSON lines.")
@click.option(
    "--log-level",
    default="INFO",
    show_default=True,
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]),
)
def node(
    network: str,
    data_dir: Path | None,
    host: str,
    http_port: int,
    mine_to: str | None,
    workers: int,
    no_shares: bool,
    prune: str | None,
    prune_keep: int | None,
    json_logs: bool,
    log_level: str,
) -> None:
    """Run a node of a network until it is told to stop."""
    table = networks.load_table(network)
    directory = running.data_dir(data_dir, str(table["name"]))
    config = NodeConfig(
        network=running.prepare(table, directory, json_logs=json_logs, level=log_level),
        data_dir=directory,
        host=host,
        http_port=http_port,
        mine_to=_payable(mine_to) if mine_to else None,
        workers=workers,
        collect_shares=not no_shares,
        prune=prune,
        prune_keep=prune_keep,
        table=table,
    )

    from animica_site import runtime

    def ready(running_node: runtime.Node) -> None:
        for name, url in running.urls(host, running_node.port).items():
            click.echo(f"  {name:<9} {url}")

    runtime.run(config, ready)


def _payable(text: str) -> bytes:
    address = addresses.from_text(text)
    if not addresses.is_key_address(address):
        raise MinerAddressInvalid(f"{text} cannot be paid", field="--mine")
    return address
