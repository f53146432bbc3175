"""``animica peers``: who a node is connected to, and what its operator wishes about them."""

from __future__ import annotations

import getpass
import json
import os
import time
from collections.abc import Sequence
from typing import Any

import click

from animica_site.commands.opened import Place, beside, place_options
from wallet.cli import ReportingGroup
from wallet.client import NodeClient

TAKEN_WITHIN_S = 3.0
"""A running node looks for wishes once a second."""
_LOOK_AGAIN_S = 0.1

_node_option = click.option(
    "--node",
    "url",
    default="http://127.0.0.1:8545",
    envvar="ANIMICA_RPC",
    show_default=True,
    help="The node's base URL.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_why_option = click.option(
    "--why", required=True, metavar="TEXT", help="The reason, in a sentence; the audit keeps it."
)
_peer = click.argument("peer", metavar="PEER")


@click.group("peers", cls=ReportingGroup, invoke_without_command=True)
@_node_option
@_json_option
@click.pass_context
def peers(context: click.Context, url: str, as_json: bool) -> None:
    """Show a node's peers; ban, pin, connect and disconnect them.

    A PEER is named by its id, 64 hex digits as `animica peers list` shows them. What changes
    something works on the data directory, beside the running node, which does it within a second;
    a stopped node does it when it starts.
    """
    if context.invoked_subcommand is None:
        _show(url, as_json)


@peers.command("list")
@_node_option
@_json_option
def list_peers(url: str, as_json: bool) -> None:
    """Show how far a running node is and who its peers are."""
    _show(url, as_json)


@peers.command()
@_peer
@_why_option
@click.option("--hours", type=click.IntRange(1, 365 * 24), default=24, show_default=True)
@place_options
def ban(peer: str, why: str, hours: int, place: Place) -> None:
    """Keep a peer out for a time."""
    _ask("ban", peer, why, place, ban_ms=hours * 3_600_000)


@peers.command()
@_peer
@_why_option
@place_options
def unban(peer: str, why: str, place: Place) -> None:
    """Let a peer in again."""
    _ask("unban", peer, why, place)


@peers.command()
@_peer
@_why_option
@place_options
def pin(peer: str, why: str, place: Place) -> None:
    """Keep the connection to a peer."""
    _ask("pin", peer, why, place)


@peers.command()
@_peer
@_why_option
@place_options
def unpin(peer: str, why: str, place: Place) -> None:
    """Stop keeping the connection to a peer."""
    _ask("unpin", peer, why, place)


@peers.command()
@click.argument("address")
@_why_option
@place_options
def connect(address: str, why: str, place: Place) -> None:
    """Connect to an ADDRESS, such as tcp://192.0.2.1:8546."""
    _ask("connect", address, why, place)


@peers.command()
@_peer
@_why_option
@place_options
def disconnect(peer: str, why: str, place: Place) -> None:
    """Disconnect a peer, which may come back."""
    _ask("disconnect", peer, why, place)


# ------------------------------------------------------------------ asking


def _ask(verb: str, target: str, why: str, place: Place, **more: int) -> None:
    with beside(place):
        from p2p import operators

        action = operators.ACTIONS[verb]
        now_ms = time.time_ns() // 1_000_000
        action.ask(target, who=_who(), why=why, now_ms=now_ms, **more)
        click.echo(action.consequence)
        deadline = time.monotonic() + TAKEN_WITHIN_S
        while (waits := operators.any_waits()) and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_S)
    if waits:
        click.echo("No node has taken this yet; the one of this data does when it runs.")
    else:
        click.echo("The running node has taken it.")


def _who() -> str:
    """The user of the machine, as the audit names whoever types commands."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user without a name; which of the two depends on the version
        name = f"user {os.getuid()}"
    return f"{name} (command line)"


# ------------------------------------------------------------------ showing


def _show(url: str, as_json: bool) -> None:
    with NodeClient(url) as client:
        facts = {
            "sync": client.call("chain.getSyncStatus"),
            "info": client.call("net.info"),
            "peers": client.call("net.peers"),
        }
    click.echo(json.dumps(facts, indent=2) if as_json else _screen(facts))


def _screen(facts: dict[str, Any]) -> str:
    sync, info, listed = facts["sync"], facts["info"], facts["peers"]
    progress = f"{sync['state']}, block {sync['height']:,} of {sync['target']:,}"
    rows = [f"sync       {progress} ({sync['percent']} %){_pace(sync)}"]
    if info["id"] is None:
        return "\n".join([*rows, "network    none: this node asks no others"])
    rows += [
        f"id         {info['id']}",
        f"listens    {', '.join(info['listen']) or 'nowhere'}",
        f"peers      {info['inbound']} came, {info['outbound']} were called; "
        f"{info['knownAddresses']:,} addresses known, {info['bans']} kept out",
    ]
    return "\n".join([*rows, "", _table(listed)] if listed else rows)


def _pace(sync: dict[str, Any]) -> str:
    if sync["etaMs"] is None:
        return ""
    return f", {sync['blocksPerSecond']:g} blocks/s, about {sync['etaMs'] / 1000:,.0f} s to go"


def _table(listed: Sequence[dict[str, Any]]) -> str:
    heads = ("", "network", "height", "behind", "ms", "points", "software", "id")
    lines = [heads, *(_line(peer) for peer in listed)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _plain(agent: str) -> str:
    """What a peer says of itself never steers a terminal."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in agent) or "-"


def _line(peer: dict[str, Any]) -> tuple[str, ...]:
    marks = ("*" if peer["pinned"] else "") + ("m" if peer["inMesh"] else "")
    return (
        f"{'out' if peer['direction'] == 'outbound' else 'in'} {marks}".strip(),
        peer["group"],
        f"{peer['height']:,}",
        f"{peer['lag']:,}" if peer["lag"] else "-",
        "-" if peer["latencyMs"] is None else f"{peer['latencyMs']:,}",
        str(peer["points"]),
        _plain(peer["agent"]),
        peer["id"],
    )
