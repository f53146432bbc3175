"""The ledger in the admin: for reading only, whoever is logged in.

Rows follow from blocks; a changed row would be a lie that the next check finds. So nobody has
the permission to add, change or delete, and there are no actions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from chain.models import Block, Log, Meta, StateRecord, Tx
from chain.store.keys import key_of
from core.errors import Refused
from execution.accounts import MODULE as ACCOUNT
from pq import addresses


def _hex(value: bytes | memoryview | None) -> str:
    return "" if value is None else "0x" + bytes(value).hex()


def _address(value: bytes | memoryview | None) -> str:
    return "" if value is None else addresses.to_text(bytes(value))


def _anm(value: int | None) -> str:
    """Nano-ANM as ANM, all nine decimals."""
    return "" if value is None else f"{value // 10**9:,}.{value % 10**9:09d}"


def _searched(term: str) -> tuple[bytes | None, int | None]:
    """The bytes of hex text or of an address, and the number, that a search names."""
    number = int(term) if term.isascii() and term.isdigit() and len(term) < 19 else None
    try:
        return bytes.fromhex(term.removeprefix("0x")), number
    except ValueError:
        pass
    try:
        return addresses.from_text(term), number
    except Refused:
        return None, number


class ReadOnlyAdmin(admin.ModelAdmin):
    """Lists and shows rows; ``found_by`` names the columns that a search compares whole."""

    actions = None
    show_full_result_count = False
    list_per_page = 50
    # Django shows the search box only where this is set; the search itself is below.
    search_fields: ClassVar[Any] = ("pk",)
    search_help_text = "Whole hash or key in hex, an address, or a height"
    found_by: ClassVar[tuple[str, ...]] = ()
    found_by_number: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Every field that is shown."""
        return self.fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows whose column equals what was typed; no table is scanned."""
        term = search_term.strip()
        if not term:
            return queryset, False
        data, number = _searched(term)
        wanted = Q(pk__in=[])
        for column in self.found_by if data is not None else ():
            wanted |= Q(**{column: data})
        for column in self.found_by_number if number is not None else ():
            wanted |= Q(**{column: number})
        return queryset.filter(wanted), False


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    """Blocks of every branch, in order of arrival."""

    list_display = ("height", "hash_text", "canonical", "status", "tx_count", "size_bytes", "time")
    list_filter = ("canonical", "status")
    ordering = ("-id",)
    found_by = ("hash", "parent_hash")
    found_by_number = ("height",)
    fields = (
        *("id", "hash_text", "height", "parent_text", "time", "time_ms", "coinbase_text"),
        *("total_work_text", "status", "invalid_code", "canonical", "size_bytes", "tx_count"),
        *("gas_used", "minted_anm", "burnt_anm", "supply_anm", "header_text"),
    )

    @admin.display(description="hash")
    def hash_text(self, row: Block) -> str:
        """In hex."""
        return _hex(row.hash)

    @admin.display(description="parent")
    def parent_text(self, row: Block) -> str:
        """In hex."""
        return _hex(row.parent_hash)

    @admin.display(description="coinbase")
    def coinbase_text(self, row: Block) -> str:
        """In bech32m."""
        return _address(row.coinbase)

    @admin.display(description="total work")
    def total_work_text(self, row: Block) -> str:
        """As a number."""
        return f"{int.from_bytes(row.total_work, 'big'):,}"

    @admin.display(description="time (UTC)")
    def time(self, row: Block) -> str:
        """To the millisecond."""
        moment = datetime.fromtimestamp(row.time_ms // 1000, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{row.time_ms % 1000:03d}"

    @admin.display(description="minted (ANM)")
    def minted_anm(self, row: Block) -> str:
        """Empty beside the best chain."""
        return _anm(row.minted)

    @admin.display(description="burnt (ANM)")
    def burnt_anm(self, row: Block) -> str:
        """Empty beside the best chain."""
        return _anm(row.burnt)

    @admin.display(description="supply after it (ANM)")
    def supply_anm(self, row: Block) -> str:
        """Empty beside the best chain."""
        return _anm(row.supply)

    @admin.display(description="header (CBOR)")
    def header_text(self, row: Block) -> str:
        """In hex."""
        return _hex(row.header)


@admin.register(Tx)
class TxAdmin(ReadOnlyAdmin):
    """Transactions of the best chain."""

    list_display = ("txid_text", "height", "index", "kind", "sender_text", "recipient_text", "anm")
    ordering = ("-height", "-index")
    found_by = ("txid", "sender", "recipient")
    found_by_number = ("height",)
    fields = (
        *("txid_text", "block", "height", "index", "kind", "sender_text", "recipient_text", "anm"),
        *("nonce", "status", "gas_used", "price", "base_fee_paid", "tip_paid"),
    )

    @admin.display(description="id")
    def txid_text(self, row: Tx) -> str:
        """In hex."""
        return _hex(row.txid)

    @admin.display(description="from")
    def sender_text(self, row: Tx) -> str:
        """In bech32m."""
        return _address(row.sender)

    @admin.display(description="to")
    def recipient_text(self, row: Tx) -> str:
        """In bech32m."""
        return _address(row.recipient)

    @admin.display(description="value (ANM)")
    def anm(self, row: Tx) -> str:
        """What is moved."""
        return _anm(row.value)


@admin.register(Log)
class LogAdmin(ReadOnlyAdmin):
    """Events of the best chain."""

    list_display = ("height", "log_index", "tx_index", "address_text", "topic0_text")
    ordering = ("-height", "-log_index")
    found_by = ("address", "topic0")
    found_by_number = ("height",)
    fields = (
        *("height", "tx_index", "log_index", "address_text"),
        *("topic0_text", "topic1", "topic2", "topic3", "data"),
    )

    @admin.display(description="address")
    def address_text(self, row: Log) -> str:
        """In bech32m."""
        return _address(row.address)

    @admin.display(description="topic 0")
    def topic0_text(self, row: Log) -> str:
        """In hex."""
        return _hex(row.topic0)


@admin.register(StateRecord)
class StateRecordAdmin(ReadOnlyAdmin):
    """Records of the state behind the head."""

    list_display = ("key_text", "module", "ident_text", "size")
    ordering = ("key",)
    found_by = ("key",)
    fields = ("key_text", "module", "ident_text", "size", "value")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By key, or by the address that an account record belongs to."""
        try:
            address = addresses.from_text(search_term.strip())
        except Refused:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(key=key_of(ACCOUNT, address)), False

    @admin.display(description="key")
    def key_text(self, row: StateRecord) -> str:
        """In hex."""
        return _hex(row.key)

    @admin.display(description="id")
    def ident_text(self, row: StateRecord) -> str:
        """In bech32m where it is an account's, else in hex."""
        return _address(row.ident) if row.module == ACCOUNT else _hex(row.ident)

    @admin.display(description="bytes")
    def size(self, row: StateRecord) -> int:
        """Of the value."""
        return len(row.value)


@admin.register(Meta)
class MetaAdmin(ReadOnlyAdmin):
    """Which chain is stored, and its money."""

    list_display = ("chain_id", "head_hash", "genesis_supply", "minted", "burnt")
    fields = (
        *("chain_id", "genesis_hash", "head_hash", "genesis_supply", "base_height", "base_supply"),
        *("minted", "burnt", "layout"),
    )
    search_fields = ()
