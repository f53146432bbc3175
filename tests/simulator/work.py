"""The transfers that wallets submit, signed beforehand.

Signatures are hedged, and a world must run the same way whenever it is made: ``transfers.bin``
keeps them. ``python -m tests.simulator.work`` signs anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core import tags
from core.tx import SignedTx, UnsignedTx, Witness
from pq.algorithms import ML_DSA_65, SIGNATURE_ALGORITHMS
from tests.support import key

FILE = Path(__file__).with_name("transfers.bin")
CHAIN = 31337
SENDERS = 6
NONCES = 8
RIVALS = 6
"""So many senders sign a second transfer with a nonce that they have used, at twice the fee."""
RIVAL_NONCE = 5
_SIGNATURE_BYTES = SIGNATURE_ALGORITHMS[ML_DSA_65].signature_bytes


@dataclass(frozen=True)
class Transfer:
    """A signed transfer of a test account."""

    sender: int
    nonce: int
    rival: bool
    tx: SignedTx

    @property
    def raw(self) -> bytes:
        """Its encoding with the sender's key, as wallets send it."""
        return self.tx.raw


def _unsigned(sender: int, nonce: int, rival: bool) -> UnsignedTx:
    return UnsignedTx(
        chain=CHAIN,
        kind="transfer",
        sender=key(sender).address,
        nonce=nonce,
        gas=200_000,
        max_fee=200 if rival else 100,
        max_tip=8 if rival else 1 + (sender + nonce) % 3,
        body={"to": key((sender + nonce + 1) % 9).address, "value": 1_000 + nonce},
        keep=sender % 2 == 0 and nonce == 0,
    )


def _all() -> list[tuple[int, int, bool]]:
    plain = [(sender, nonce, False) for sender in range(SENDERS) for nonce in range(NONCES)]
    return plain + [(sender, RIVAL_NONCE, True) for sender in range(RIVALS)]


@cache
def transfers() -> dict[tuple[int, int, bool], Transfer]:
    """Every transfer by sender, nonce and whether it is the rival of an earlier one."""
    data = FILE.read_bytes()
    out = {}
    for at, (sender, nonce, rival) in enumerate(_all()):
        signature = data[at * _SIGNATURE_BYTES : (at + 1) * _SIGNATURE_BYTES]
        owner = key(sender)
        witness = Witness(owner.alg, signature, owner.public_key)
        tx = SignedTx(_unsigned(sender, nonce, rival), witness)
        out[sender, nonce, rival] = Transfer(sender, nonce, rival, tx)
    return out


def sign() -> None:
    """Write the file anew."""
    signatures = (
        key(sender).sign(_unsigned(sender, nonce, rival).txid, tags.CONTEXT_TX)
        for sender, nonce, rival in _all()
    )
    FILE.write_bytes(b"".join(signatures))


if __name__ == "__main__":
    sign()
