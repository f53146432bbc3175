"""A node, seen through JSON-RPC 2.0 over HTTP. Synchronous; one client per thread.

``NodeClient.call`` is the whole protocol; the other methods are typed and check what they can.
Source: docs/guides/wallet.md.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import httpx

from core.network import PPM
from core.receipt import Log
from core.statetree import FIRST_KEY, LAST_KEY
from pq import addresses
from wallet.answers import Answer, fault, read_uint
from wallet.contract_reads import ContractReads, block_of, read_logs
from wallet.errors import (
    HeaderUnproven,
    NodeAnswerInvalid,
    NodeUnreachable,
    ReceiptTimeout,
    RpcRefused,
    TransactionDropped,
)
from wallet.proofs import METHOD as GET_PROOF
from wallet.proofs import (
    ProvenAccount,
    ProvenRecord,
    verify_account,
    verify_record,
)
from wallet.ranges import METHOD as GET_RANGE
from wallet.ranges import RECORDS_MOST, ProvenRange, verify_records

DEFAULT_URL = "http://127.0.0.1:8545"
ANSWER_BYTES = 8 * 1024 * 1024
_POLL_S = 0.25


@dataclass(frozen=True)
class Head:
    """The newest block the node follows. ``base_fee`` in nANM per gas, ``time`` in ms."""

    height: int
    hash: bytes
    time: int
    base_fee: int


@dataclass(frozen=True)
class NodeAccount:
    """An account as the node tells it, unproven. Balance in nANM."""

    address: bytes
    nonce: int
    balance: int
    code: bytes | None
    key_stored: bool
    height: int


@dataclass(frozen=True)
class Submission:
    """A transaction that the pool took: its id (32 bytes) and ``ready`` or ``held``."""

    txid: bytes
    state: str


@dataclass(frozen=True)
class TxReceipt:
    """What a mined transaction did and paid, as the node tells it. Fees in nANM."""

    status: int
    gas_used: int
    block_hash: bytes
    height: int
    index: int
    fee_paid: int
    base_fee_paid: int
    tip_paid: int
    logs: tuple[Log, ...] = ()
    ret: bytes = b""


class NodeClient(ContractReads):
    """JSON-RPC calls to one node.

    ``chain`` is the chain the caller expects; without it the node's word is taken once.
    ``genesis`` is the genesis hash the caller trusts, needed to prove anything at height 0.
    Calls raise ``RpcRefused``, ``NodeUnreachable`` or ``NodeAnswerInvalid``.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        timeout_s: float = 10.0,
        chain: int | None = None,
        genesis: bytes | None = None,
    ) -> None:
        self.url = _door(url)
        self._chain = chain
        self._genesis = genesis
        self._last_id = 0
        # A proxy from the environment has no business between us and a node on this machine.
        self._http = httpx.Client(
            timeout=timeout_s, trust_env=not _is_local(self.url), follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method with named parameters."""
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        answer = _parse(self._post(json.dumps(request).encode()), method)
        error = answer.get("error")
        if error is not None:
            raise _refusal(error, method)
        if answer.get("id") != self._last_id or "result" not in answer:
            raise NodeAnswerInvalid(f"the answer to {method} is not to this request")
        return answer["result"]

    def chain_id(self) -> int:
        """The chain: as expected by the caller, else as the node says."""
        if self._chain is None:
            self._chain = self.node_chain_id()
        return self._chain

    def node_chain_id(self) -> int:
        """The chain that the node says it is on."""
        return read_uint(self.call("chain.getChainId"), "chain.getChainId", "result")

    def head(self) -> Head:
        """The node's newest block."""
        answer = Answer(self.call("chain.getHead"), "chain.getHead")
        return Head(
            height=answer.uint("height"),
            hash=answer.data("hash", 32),
            time=answer.uint("time"),
            base_fee=answer.uint("baseFee"),
        )

    def account(self, address: bytes) -> NodeAccount:
        """The account at an address of 34 bytes, unproven."""
        text = addresses.to_text(address)
        answer = Answer(self.call("state.getAccount", address=text), "state.getAccount")
        return NodeAccount(
            address=answer.address("address"),
            nonce=answer.uint("nonce"),
            balance=answer.uint("balance"),
            code=answer.optional_data("code"),
            key_stored=answer.flag("keyStored"),
            height=answer.uint("height"),
        )

    def next_nonce(self, address: bytes) -> int:
        """The next unused nonce, transactions in the pool counted."""
        text = addresses.to_text(address)
        result = self.call("state.getNonce", address=text, pending=True)
        return read_uint(result, "state.getNonce", "result")

    def submit(self, raw: bytes) -> Submission:
        """Hand a signed transaction to the pool."""
        result = self.call("tx.sendRawTransaction", raw="0x" + raw.hex())
        answer = Answer(result, "tx.sendRawTransaction")
        return Submission(answer.data("txid", 32), answer.text("state"))

    def send_raw(self, raw: bytes) -> bytes:
        """Hand a signed transaction to the pool; its txid, 32 bytes."""
        return self.submit(raw).txid

    def receipt(self, txid: bytes) -> TxReceipt | None:
        """The receipt, None while the transaction is in no block of the best chain."""
        method = "tx.getTransactionReceipt"
        result = self.call(method, txid="0x" + txid.hex())
        return None if result is None else _receipt(Answer(result, method))

    def wait_for_receipt(self, txid: bytes, timeout_s: float = 120.0) -> TxReceipt:
        """Ask until there is a receipt. Raises ``ReceiptTimeout`` or ``TransactionDropped``."""
        shown = "0x" + txid.hex()
        deadline = time.monotonic() + timeout_s
        while True:
            receipt = self.receipt(txid)
            if receipt is not None:
                return receipt
            self._require_not_dropped(shown)
            if time.monotonic() >= deadline:
                raise ReceiptTimeout(f"no block has {shown} after {timeout_s:g} s", txid=shown)
            time.sleep(_POLL_S)

    def proven_record(
        self, module: str, record_id: bytes, *, at: int | None = None
    ) -> ProvenRecord:
        """A record, or its absence, verified here against its header.

        ``at`` is the height of the block after which; the newest without it.
        """
        result = self.call(GET_PROOF, module=module, id="0x" + record_id.hex(), **block_of(at))
        return verify_record(
            result, module, record_id, chain=self.chain_id(), genesis=self._genesis, height=at
        )

    def proven_range(
        self, first: bytes = FIRST_KEY, last: bytes = LAST_KEY, *, at: int | None = None
    ) -> ProvenRange:
        """All records from one state key (32 bytes) on, verified here to be all there are.

        The range may end before ``last``; ask on from its ``following``.
        """
        result = self.call(
            GET_RANGE,
            first="0x" + first.hex(),
            last="0x" + last.hex(),
            limit=RECORDS_MOST,
            **block_of(at),
        )
        return verify_records(
            result, first, last, chain=self.chain_id(), genesis=self._genesis, height=at
        )

    def proven_ranges(self, *, at: int | None = None) -> Iterator[ProvenRange]:
        """The whole state, run by run, all of one block; ``at`` is its height.

        Raises ``HeaderUnproven`` when the node changes to another block half way.
        """
        page = self.proven_range(at=at)
        block = page.header.hash
        yield page
        while page.following is not None:
            page = self.proven_range(page.following, at=page.header.height)
            if page.header.hash != block:
                raise HeaderUnproven("the node went on with another block", field="header")
            yield page

    def proven_account(
        self,
        address: bytes,
        *,
        at: int | None = None,
        since: int = 0,
        timeout_s: float = 10.0,
    ) -> ProvenAccount:
        """The account at an address of 34 bytes, verified here against its header.

        ``at`` is the height of the block after which. Without it the header is of height ``since``
        or later: behind one address may be nodes that lag.
        """
        text = addresses.to_text(address)
        deadline = time.monotonic() + timeout_s
        while True:
            result = self.call(GET_PROOF, address=text, **block_of(at))
            account = verify_account(
                result, address, chain=self.chain_id(), genesis=self._genesis, height=at
            )
            if at is not None or account.header.height >= since:
                return account
            if time.monotonic() >= deadline:
                raise NodeAnswerInvalid(
                    f"the newest proof is of block {account.header.height}, before block {since}",
                    required=since,
                )
            time.sleep(_POLL_S)

    def burnt_part(self, base_fee_paid: int) -> int:
        """What of a transaction's base part is burnt, nANM, by the network's split.

        Exact for a transaction alone in its block; the block's sum is split once, so that others
        beside it can move a nANM or two between the parts.
        """
        method = "chain.getParams"
        split = Answer(self.call(method), method).inner("params").inner("baseFeeSplit")
        shares = (split.uint("treasuryPpm"), split.uint("aicfPpm"))
        return base_fee_paid - sum(base_fee_paid * share // PPM for share in shares)

    def _require_not_dropped(self, txid: str) -> None:
        status = self.call("tx.getStatus", txid=txid)
        if type(status) is dict and status.get("state") == "dropped":
            refusal = RpcRefused("no reason given", rpc_code=0, data=status)
            raise TransactionDropped(
                f"the node dropped the transaction: {refusal.message}",
                txid=txid,
                cause=refusal.code,
            )

    def _post(self, body: bytes) -> bytes:
        """Send a body and read the answer, no more of it than an answer may have."""
        headers = {"content-type": "application/json"}
        parts, size = [], 0
        try:
            with self._http.stream("POST", self.url, content=body, headers=headers) as response:
                for part in response.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > ANSWER_BYTES:
                        raise NodeAnswerInvalid("the answer is too long", limit=ANSWER_BYTES)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NodeUnreachable(f"no answer from {self.url}: {reason}", url=self.url) from None
        if response.status_code != httpx.codes.OK:
            raise NodeAnswerInvalid(
                f"{self.url} answered HTTP {response.status_code}", status=response.status_code
            )
        return b"".join(parts)


def _door(url: str) -> str:
    """The address of the JSON-RPC door: ``/rpc`` unless the URL names a path."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise NodeUnreachable(f"{url!r} is not a URL", url=url) from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NodeUnreachable(f"{url!r} is not an http or https URL", url=url)
    return str(parsed.copy_with(path="/rpc") if parsed.path in ("", "/") else parsed)


def _is_local(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parse(data: bytes, method: str) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise NodeAnswerInvalid(f"the answer to {method} is not JSON", method=method) from None
    if type(answer) is not dict:
        raise NodeAnswerInvalid(f"the answer to {method} is not an object", method=method)
    return answer


def _refusal(error: Any, method: str) -> RpcRefused:
    if type(error) is not dict or type(error.get("code")) is not int:
        raise NodeAnswerInvalid(f"the error to {method} is not an error object", method=method)
    data = error.get("data")
    return RpcRefused(
        str(error.get("message")),
        rpc_code=error["code"],
        data=data if type(data) is dict else {},
    )


def _receipt(answer: Answer) -> TxReceipt:
    receipt = TxReceipt(
        status=answer.uint("status"),
        gas_used=answer.uint("gasUsed"),
        block_hash=answer.data("blockHash", 32),
        height=answer.uint("height"),
        index=answer.uint("index"),
        fee_paid=answer.uint("feePaid"),
        base_fee_paid=answer.uint("baseFeePaid"),
        tip_paid=answer.uint("tipPaid"),
        logs=read_logs(answer),
        ret=answer.data("ret"),
    )
    if receipt.fee_paid != receipt.base_fee_paid + receipt.tip_paid:
        raise fault("tx.getTransactionReceipt", "feePaid", "the sum of base part and tip")
    return receipt
