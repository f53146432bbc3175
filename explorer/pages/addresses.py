"""One account: what it owns, what it sent and received."""

from __future__ import annotations

from typing import Any

from chain import queries
from chain.service import snapshot
from execution.accounts import KEY_MODULE
from explorer import names
from explorer.frame import frame
from explorer.pages import contracts
from mempool import service as mempool
from pq import addresses

TX_ROWS = 25


def context(text: str, cursor: str | None) -> dict[str, Any]:
    """An account by its address text. Raises the ``EncodingRefused`` of bad text."""
    address = addresses.from_text(text)
    with snapshot():
        nonce, balance, code = queries.account(address)
        page = queries.txs_by_address(address, cursor=cursor, limit=TX_ROWS)
        return {
            "frame": frame(),
            "address": address,
            "name": names.of(address),
            "story": names.story(address, contract=code is not None),
            "nonce": nonce,
            "balance": balance,
            "code": code,
            "can_sign": addresses.is_key_address(address),
            "key_stored": queries.record(KEY_MODULE, address) is not None,
            "txs": page.items,
            "more": page.cursor,
            "begins_at": queries.kept().base,
            "first_page": cursor is None,
            "waiting": mempool.current().by_sender(address),
            **({} if code is None else contracts.context(address)),
        }
