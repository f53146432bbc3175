"""Filters and tags that pages show values with; the work is in ``explorer.format``."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from execution.abi.readings import Value
from explorer import format, names
from pq import addresses

register = template.Library()

register.filter("anm", format.anm)
register.filter("grouped", format.grouped)
register.filter("nats", format.nats)
register.filter("millionths", format.millionths)
register.filter("percent", format.percent)
register.filter("hex0x", format.hex0x)
register.filter("short", format.short)
register.filter("size", format.size)
register.filter("duration", format.duration)
register.filter("address_text", addresses.to_text)


@register.filter
def clock(time_ms: int) -> SafeString:
    """A ``time`` element in UTC; the page's script adds the age to it."""
    return format_html(
        '<time datetime="{}">{}</time>', format.utc_iso(time_ms), format.utc_text(time_ms)
    )


@register.filter
def clock_short(time_ms: int) -> SafeString:
    """The same for tables, where the page's script shows the age instead."""
    return format_html(
        '<time datetime="{}" data-age>{}</time>',
        format.utc_iso(time_ms),
        format.utc_text(time_ms),
    )


@register.inclusion_tag("explorer/parts/hash.html")
def block_link(block_hash: bytes) -> dict[str, Any]:
    """A shortened block hash that leads to its block."""
    text = format.hex0x(block_hash)
    return {"url": reverse("explorer:block", args=[text]), "text": text}


@register.inclusion_tag("explorer/parts/hash.html")
def tx_link(txid: bytes) -> dict[str, Any]:
    """A shortened txid that leads to its transaction."""
    text = format.hex0x(txid)
    return {"url": reverse("explorer:tx", args=[text]), "text": text}


@register.inclusion_tag("explorer/parts/hash.html")
def address_link(address: bytes) -> dict[str, Any]:
    """A shortened address, or the name of a system account, that leads to its page."""
    text = addresses.to_text(address)
    url = reverse("explorer:address", args=[text])
    return {"url": url, "text": text, "name": names.of(address)}


@register.inclusion_tag("explorer/parts/full.html")
def full_bytes(data: bytes) -> dict[str, Any]:
    """Bytes as hex in full, wrapping, with a button to copy them where scripts run."""
    return {"text": format.hex0x(data)}


@register.inclusion_tag("explorer/parts/full.html")
def full_address(address: bytes, link: bool = True) -> dict[str, Any]:
    """An address in full, wrapping, with its name if it has one."""
    text = addresses.to_text(address)
    url = reverse("explorer:address", args=[text]) if link else ""
    return {"text": text, "url": url, "name": names.of(address)}


_LONGEST = 2_000


@register.simple_tag
def value_text(value: Value) -> SafeString:
    """A contract's value in a line: an address leads to its page, what is very long is cut."""
    text = value.text
    if value.type.kind == "address" and text.startswith(addresses.PREFIX):
        url = reverse("explorer:address", args=[text])
        return format_html('<a class="hash" href="{}">{}</a>', url, text)
    return format_html("{}", text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
