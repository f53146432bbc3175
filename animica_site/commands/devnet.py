"""``animica devnet``: a chain of one's own, with a miner and funded test accounts."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click

from animica_site import devnet as devnet_network
from animica_site.commands import running
from animica_site.config import ADMIN_USER, NodeConfig
from animica_site.faults import JsonOutUnwritable
from animica_site.files import write_secrets
from p2p.config import PeersConfig
from p2p.rules.addresses import Address


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the chain is kept.")
@click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    default=8545,
    show_default=True,
    help="RPC, WebSocket, explorer, admin and metrics; 0 picks a free port.",
)
@click.option(
    "--p2p-port",
    type=click.IntRange(0, 65535),
    help="Take part in a network of nodes, which connect here; 0 picks a free port.",
)
@running.connect_option
@click.option(
    "--seed",
    default=devnet_network.DEFAULT_SEED,
    show_default=True,
    help="Text from which the test accounts follow.",
)
@click.option(
    "--accounts",
    "count",
    default=10,
    show_default=True,
    type=click.IntRange(1, devnet_network.MOST_ACCOUNTS),
    help="Funded test accounts.",
)
@click.option(
    "--block-time",
    type=click.FloatRange(0, 3600),
    help="Seconds between blocks; 0 makes a block for each transaction.",
)
@click.option("--no-mine", is_flag=True, help="Run without the miner.")
@click.option("--retarget", is_flag=True, help="Let Θ follow the hash rate; blocks are not paced.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that search nonces.",
)
@running.no_shares_option
@running.prune_options
@click.option("--reload", "reload_", is_flag=True, help="Restart when the code changes.")
@click.option(
    "--json-out",
    type=click.Path(path_type=Path),
    help="Write addresses, URLs and test keys to this file.",
)
@click.option("--json-logs", is_flag=True, help="Log JSON lines.")
@click.option(
    "--log-level",
    default="INFO",
    show_default=True,
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]),
)
def devnet(reload_: bool, **options: Any) -> None:
    """Start a chain of your own: a miner, an explorer, funded test accounts.

    Ctrl-C stops it; starting again continues the chain.
    """
    if reload_:
        _run_reloading()
        return
    _run(**options)


def _run_reloading() -> None:
    """Run the same command without --reload in a child and restart it when code changes."""
    import watchfiles

    arguments = [argument for argument in sys.argv[1:] if argument != "--reload"]
    command = " ".join([sys.executable, "-m", "animica_site", *map(_quoted, arguments)])
    root = Path(__file__).resolve().parents[2]
    filter_ = watchfiles.PythonFilter(ignore_paths=[root / ".venv", root / "var"])
    watchfiles.run_process(root, target=command, target_type="command", watch_filter=filter_)


def _quoted(argument: str) -> str:
    import shlex

    return shlex.quote(argument)


def _run(
    *,
    data_dir: Path | None,
    http_port: int,
    p2p_port: int | None,
    connect: tuple[str, ...],
    seed: str,
    count: int,
    block_time: float | None,
    no_mine: bool,
    retarget: bool,
    workers: int,
    no_shares: bool,
    prune: str | None,
    prune_keep: int | None,
    json_out: Path | None,
    json_logs: bool,
    log_level: str,
) -> None:
    if json_out is not None:
        _check_json_out(json_out)
    funded = devnet_network.accounts(seed, count)
    table = devnet_network.network_table(funded, retarget=retarget)
    directory = running.data_dir(data_dir, "devnet")
    network = running.prepare(table, directory, json_logs=json_logs, level=log_level)
    config = NodeConfig(
        network=network,
        data_dir=directory,
        http_port=http_port,
        mine_to=None if no_mine else funded[0].address,
        block_time_ms=None if block_time is None else round(block_time * 1000),
        workers=workers,
        collect_shares=not no_shares,
        prune=prune,
        prune_keep=prune_keep,
        table=table,
        peers=_peers(p2p_port, running.dialable(connect)),
    )

    from animica_site import runtime

    password = secrets.token_urlsafe(9)

    def ready(node: runtime.Node) -> None:
        facts = _facts(node, funded, password)
        click.echo(_banner(facts, network.name, known=seed == devnet_network.DEFAULT_SEED))
        if json_out is not None:
            _write_facts(json_out, facts)

    runtime.run(config, ready, prepare=lambda: _make_admin(password))
    click.echo("stopped; the same command continues the chain")


def _peers(port: int | None, connect: tuple[Address, ...]) -> PeersConfig | None:
    """A devnet stays alone unless it is told otherwise."""
    if port is None and not connect:
        return None
    return PeersConfig(port=port, connect=connect)


def _make_admin(password: str) -> None:
    """The throw-away administrator: a new password at each start."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    user, _ = users.get_or_create(
        username=ADMIN_USER, defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save()


def _facts(node: Any, funded: list[devnet_network.TestAccount], password: str) -> dict[str, Any]:
    from chain import service as chain

    return {
        "chainId": node.config.network.chain,
        **running.urls(node.config.host, node.port),
        **running.place_among_peers(node),
        "adminLogin": {"user": ADMIN_USER, "password": password},
        "genesisHash": "0x" + chain.genesis_hash().hex(),
        "accounts": [account.view() for account in funded],
    }


def _check_json_out(path: Path) -> None:
    """Before anything is started: most of what can be wrong with the file shows already."""
    place = path if path.exists() else path.parent
    if path.is_dir() or not path.parent.is_dir() or not os.access(place, os.W_OK):
        raise JsonOutUnwritable(f"{path} cannot be written", path=str(path))


def _write_facts(path: Path, facts: dict[str, Any]) -> None:
    try:
        write_secrets(path, json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise JsonOutUnwritable(
            f"{path} cannot be written: {error.strerror}", path=str(path)
        ) from None


def _banner(facts: dict[str, Any], name: str, *, known: bool) -> str:
    login = facts["adminLogin"]
    rows = [
        "",
        f"  Animica {name}, chain {facts['chainId']}, genesis {facts['genesisHash'][:18]}…",
        "",
        f"  explorer   {facts['explorer']}",
        f"  JSON-RPC   {facts['rpc']}",
        f"  WebSocket  {facts['ws']}",
        f"  admin      {facts['admin']}   user {login['user']}, password {login['password']}",
        f"  metrics    {facts['metrics']}",
        *([f"  peers      {facts['p2p']}"] if "p2p" in facts else []),
        "",
        "  TEST ACCOUNTS: everybody knows these keys. Never send them anything of value.",
    ]
    for index, account in enumerate(facts["accounts"]):
        anm = int(account["balance"]) // 10**9
        rows.append(f"  ({index}) {account['address']}  {anm:,} ANM at genesis")
        rows.append(f"      seed {account['seed']}")
    if known:
        rows.append("  The wallet knows them: animica wallet send --from dev:0 …")
    rows.append("")
    rows.append("  Ctrl-C stops the node.")
    return "\n".join(rows)
