"""Every error of the wallet, with its code. Source: docs/guides/wallet.md."""

from __future__ import annotations

from core.errors import NodeFault, Refused, RequestRefused, TxRefused


class PassphraseWrong(Refused):
    """The passphrase does not open the key file."""

    code = "wallet.passphrase"
    hint = "Try again; if the passphrase is lost, recover the wallet from its recovery words."


class PassphraseWeak(Refused):
    """A new passphrase that is too short."""

    code = "wallet.passphrase_weak"
    hint = "Use at least 8 characters; several unrelated words are easy to remember."


class PassphraseUnreadable(Refused):
    """The passphrase file cannot be read or holds no text."""

    code = "wallet.passphrase_file"
    hint = "Give a UTF-8 text file whose first line is the passphrase."


class KeyFileFormat(Refused):
    """The file is not a key file of a version that this wallet reads."""

    code = "wallet.file_format"
    hint = "Check that this is a key file of `animica wallet`, and that the wallet is up to date."


class KeyFileDamaged(Refused):
    """A key file whose contents do not fit together."""

    code = "wallet.file_damaged"
    hint = "Restore the file from a backup, or recover the wallet from its recovery words."


class KeyFileTooCostly(Refused):
    """A key file that asks for more memory or time than opening a wallet may take."""

    code = "wallet.file_cost"
    hint = "Do not open key files from strangers; restore your own from a backup."


class WalletNotFound(Refused):
    """No wallet of this name."""

    code = "wallet.not_found"
    hint = "See `animica wallet list`, or name another folder with --wallet-dir."


class WalletExists(Refused):
    """A wallet of this name exists; key files are never overwritten."""

    code = "wallet.exists"
    hint = "Choose another name, or move the existing file away yourself."


class WalletName(Refused):
    """A name that cannot be a file name."""

    code = "wallet.name"
    hint = "Use 1 to 64 letters, digits, dots, dashes and underscores, starting with a letter."


class WalletFolder(Refused):
    """The wallet folder or a file in it cannot be read or written."""

    code = "wallet.folder"
    hint = "Check the folder's owner, mode and free space, or name another with --wallet-dir."


class RecoveryRefused(Refused):
    """Recovery words that do not make a key."""

    code = "wallet.recovery"
    hint = "Type the words again as they were shown; each carries a checksum of its own."


class AmountRefused(Refused):
    """Text that is not an amount."""

    code = "wallet.amount"
    hint = "Write a number such as 1.5 with at most 9 decimals, or whole nANM with --nanm."


class DevAccountRefused(Refused):
    """A name such as ``dev:3`` that is no test account, or one used off the development network."""

    code = "wallet.dev_account"
    hint = "Write dev:0 to dev:999, on the development network only: everybody has these keys."


class WrongChain(Refused):
    """The node is on another chain than the user named."""

    code = "wallet.chain"
    hint = "Check --node and --chain: a transaction is valid on the chain it is signed for."


class TransactionUnreadable(Refused):
    """A file that is not a signed transfer in hex."""

    code = "wallet.tx_unreadable"
    hint = "Give the file that `animica wallet sign` wrote."


class MessageUnreadable(Refused):
    """A message to sign that is not what its option says."""

    code = "wallet.message"
    hint = "Give bytes as 0x and hex digits, or text with --text."


class ContractNotFound(Refused):
    """No contract at the address."""

    code = "wallet.no_contract"
    hint = "Check the address, and that the node is on the chain that you deployed to."


class StoredNotFound(Refused):
    """No stored value of that name, or other keys than its map has."""

    code = "wallet.no_stored"
    hint = "`animica contract show ADDRESS` lists what a contract stores."


class CallReverted(Refused):
    """A call that the contract refused, or that ran out of gas."""

    code = "wallet.call_reverted"
    hint = "Read the reason; what it says is told in docs/spec/contracts.md."

    def __init__(self, message: str, hint: str, **facts: object) -> None:
        super().__init__(message, **facts)
        self.__dict__["hint"] = hint


class SourceUnreadable(Refused):
    """A source file that cannot be read."""

    code = "wallet.source_unreadable"
    hint = "Name a file with a contract's source."


class NodeUnreachable(NodeFault):
    """No answer from the node."""

    code = "wallet.node_unreachable"
    hint = "Start a node (`animica devnet`), or name yours with --node URL or ANIMICA_RPC."


class NodeAnswerInvalid(NodeFault):
    """The node answered something that the contract does not allow."""

    code = "wallet.node_answer"
    hint = "Check that --node names the JSON-RPC door of an Animica node of this version."


class RpcRefused(RequestRefused):
    """The node refused a request. ``code``, ``hint`` and ``facts`` are the node's own."""

    code = "wallet.rpc_refused"
    hint = "The node gave no further reason; its log may."

    def __init__(self, message: str, *, rpc_code: int, data: dict[str, object]) -> None:
        super().__init__(_plain(data.get("reason") or message))
        own = {"code", "reason", "hint"}
        self.facts = {_plain(key): value for key, value in data.items() if key not in own}
        self.rpc_code = rpc_code
        # The instance speaks with the node's code and hint, so callers read all errors alike.
        for name in ("code", "hint"):
            if isinstance(data.get(name), str) and data[name]:
                self.__dict__[name] = _plain(data[name])

    @property
    def reason(self) -> str:
        """Why, in the node's words."""
        return self.message


class HeaderUnproven(Refused):
    """A header that does not carry what a proof against it needs."""

    code = "wallet.header_unproven"
    hint = "Ask another node; this one may be on another network or not honest."


class ReceiptTimeout(Refused):
    """The transaction is not in a block yet."""

    code = "wallet.receipt_timeout"
    hint = "It may still be mined: ask `tx.getStatus` for the txid before you send again."


class ChainStandsStill(Refused):
    """The chain's time did not come as far as was waited for."""

    code = "wallet.chain_still"
    hint = "See whether the node makes or follows blocks: `animica status`; then wait again."


class TransactionDropped(TxRefused):
    """The node dropped the transaction instead of mining it."""

    code = "wallet.tx_dropped"
    hint = "Read the reason, then build and send the transaction again."


class TransactionFailed(TxRefused):
    """The transaction is in a block and did not succeed; its fee is paid."""

    code = "wallet.tx_failed"
    hint = "Look the transaction up by its txid; nothing but the fee was moved."

    def __init__(self, message: str, *, next_step: str = "", **facts: object) -> None:
        super().__init__(message, **facts)
        if next_step:
            self.__dict__["hint"] = next_step


def _plain(text: object) -> str:
    """Text of a stranger, safe to print: no control characters, of bounded length."""
    return "".join(c for c in str(text)[:500] if c.isprintable())
