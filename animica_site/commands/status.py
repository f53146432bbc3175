"""``animica status``: one screen about a node, also when parts of it are down."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from wallet.client import NodeClient
from wallet.errors import NodeAnswerInvalid, NodeUnreachable, RpcRefused


@click.command()
@click.option(
    "--node",
    "url",
    default="http://127.0.0.1:8545",
    envvar="ANIMICA_RPC",
    show_default=True,
    help="The node's base URL.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--watch", is_flag=True, help="Refresh every two seconds.")
def status(url: str, as_json: bool, watch: bool) -> None:
    """Show what a node is doing and what it needs."""
    while True:
        facts = _ask(url)
        if watch:
            click.clear()
        click.echo(json.dumps(facts, indent=2) if as_json else _screen(facts))
        if not watch:
            break
        time.sleep(2)
    if "url" in facts:
        raise SystemExit(2)


def _ask(url: str) -> dict[str, Any]:
    try:
        with NodeClient(url) as client:
            return dict(client.call("node.status"))
    except (NodeUnreachable, NodeAnswerInvalid, RpcRefused) as error:
        # The first says that nobody is there, the others that somebody is, who cannot tell.
        state = "not answering" if isinstance(error, NodeUnreachable) else "cannot tell"
        warning = {"code": error.code, "reason": error.message, "hint": error.hint}
        return {"state": state, "url": url, "warnings": [warning]}


def _screen(facts: dict[str, Any]) -> str:
    rows = [f"state      {facts['state']}"]
    if "network" in facts:
        rows.append(f"network    {facts['network']} (chain {facts['chainId']})")
    if head := facts.get("head"):
        age_s = head["ageMs"] / 1000
        rows.append(f"head       {head['height']}  {head['hash'][:18]}…  {age_s:.0f} s old")
    if history := facts.get("history"):
        rows.append(f"history    {_history_words(history)}")
    if "mempool" in facts:
        pool, proofs, disk = facts["mempool"], facts["proofs"], facts["disk"]
        rows += [
            f"mempool    {pool['count']} ({pool['ready']} ready, {pool['held']} held)",
            f"proofs     {proofs['count']} waiting, {proofs['byType']['share']} of them shares",
            f"miner      {_miner_words(facts['miner'])}",
            f"peers      {_peers_words(facts['peers'])}",
            f"disk       {disk['databaseBytes'] / 1e6:.1f} MB used, "
            f"{disk['freeBytes'] / 1e9:.0f} GB free",
        ]
    if (sync := facts.get("sync")) and sync["state"] not in ("following", "starting"):
        rows.append(f"sync       {_sync_words(sync)}")
    for warning in facts["warnings"]:
        rows.append(f"warning    {warning['reason']} [{warning['code']}]")
        rows.append(f"           next: {warning['hint']}")
    return "\n".join(rows)


def _history_words(history: dict[str, int]) -> str:
    """What is pruned, from which block on it is here."""
    parts = (("witnesses", "witnessesFrom"), ("bodies", "bodiesFrom"), ("state", "stateFrom"))
    kept = [f"{word} from block {history[name]:,}" for word, name in parts if history.get(name)]
    if begun := history.get("snapshotAt"):
        kept.append(f"began from a snapshot of block {begun:,}")
    return ", ".join(kept) or "all of it"


def _miner_words(miner: dict[str, Any] | None) -> str:
    if miner is None:
        return "none"
    found = f"{miner['blocksFound']} blocks, {miner['sharesFound']} shares"
    words = f"{miner['state']}, {found}, {miner['hashesPerSecond']:,} H/s"
    return f"{words}; {miner['reason']}" if miner["reason"] else words


def _peers_words(peers: dict[str, Any] | None) -> str:
    if peers is None:
        return "none: the node keeps to itself"
    words = f"{peers['inbound'] + peers['outbound']} ({peers['outbound']} outbound)"
    return f"{words}, listening at {', '.join(peers['listen'])}" if peers["listen"] else words


def _sync_words(sync: dict[str, Any]) -> str:
    """How far it is, how fast, and how long it may take."""
    if sync["state"] == "loading a snapshot":
        return f"{sync['records']:,} records of a snapshot"
    words = f"block {sync['height']:,} of {sync['target']:,} ({sync['percent']} %)"
    words += f", {sync['blocksPerSecond']:,.0f} blocks/s"
    if sync["etaMs"] is not None:
        words += f", {sync['etaMs'] / 1000:,.0f} s left"
    return words
