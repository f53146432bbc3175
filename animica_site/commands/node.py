"""``animica node``: run a node of a network."""

from __future__ import annotations

from pathlib import Path

import click

from animica_site import networks
from animica_site.commands import running
from animica_site.config import NodeConfig
from animica_site.faults import MinerAddressInvalid
from p2p.config import SNAPSHOT_EVERY_BLOCKS, PeersConfig
from pq import addresses
from pq.algorithms import ML_DSA_65, SLH_DSA_SHAKE_128S

IDENTITIES = {"ml-dsa": ML_DSA_65, "slh-dsa": SLH_DSA_SHAKE_128S}


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
@click.option(
    "--p2p-port",
    type=click.IntRange(0, 65535),
    default=8546,
    show_default=True,
    help="Where other nodes connect; 0 picks a free port.",
)
@click.option(
    "--p2p-host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on for other nodes.",
)
@running.connect_option
@click.option(
    "--seed",
    "seeds",
    multiple=True,
    metavar="ADDRESS",
    help="A node to begin with while no other is known; may be repeated.",
)
@click.option(
    "--snapshot-sync",
    is_flag=True,
    help="A node without blocks loads the state of a recent one from peers, proven by its header.",
)
@click.option(
    "--snapshot-every",
    type=click.IntRange(min=0),
    default=SNAPSHOT_EVERY_BLOCKS,
    show_default=True,
    metavar="BLOCKS",
    help="Make a snapshot for others every so many blocks; 0 makes none.",
)
@click.option(
    "--p2p-identity",
    type=click.Choice(sorted(IDENTITIES)),
    help="What key the first start makes for peers; slh-dsa signs once a second.",
)
@click.option("--no-p2p", is_flag=True, help="Take no part in the network of peers.")
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
    p2p_port: int,
    p2p_host: str,
    connect: tuple[str, ...],
    seeds: tuple[str, ...],
    snapshot_sync: bool,
    snapshot_every: int,
    p2p_identity: str | None,
    no_p2p: bool,
    mine_to: str | None,
    workers: int,
    no_shares: bool,
    prune: str | None,
    prune_keep: int | None,
    json_logs: bool,
    log_level: str,
) -> None:
    """Run a node of a network until it is told to stop."""
    peers = None
    if not no_p2p:
        peers = PeersConfig(
            host=p2p_host,
            port=p2p_port,
            connect=running.dialable(connect),
            seeds=running.dialable(seeds),
            snapshot_sync=snapshot_sync,
            snapshot_every=snapshot_every,
            identity_alg=IDENTITIES[p2p_identity] if p2p_identity else None,
            ws_port=http_port if http_port and not running.is_near(host) else None,
        )
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
        peers=peers,
    )

    from animica_site import runtime

    def ready(running_node: runtime.Node) -> None:
        rows = running.urls(host, running_node.port) | running.place_among_peers(running_node)
        for name, value in rows.items():
            click.echo(f"  {name:<9} {value}")

    runtime.run(config, ready)


def _payable(text: str) -> bytes:
    address = addresses.from_text(text)
    if not addresses.is_key_address(address):
        raise MinerAddressInvalid(f"{text} cannot be paid", field="--mine")
    return address
