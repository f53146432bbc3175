"""What the targets share: calling what may refuse, and the one encoding of an accepted value."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from core import kernel
from core.errors import AnimicaError, EncodingRefused
from native import library
from tests.fuzz import oracle

T = TypeVar("T")


def attempt(
    call: Callable[..., T],
    *arguments: Any,
    refusals: type[AnimicaError] | tuple[type[AnimicaError], ...] = EncodingRefused,
    **named: Any,
) -> T | None:
    """The result, or None where it was refused. Any other exception is a finding and goes on."""
    try:
        return call(*arguments, **named)
    except refusals as refusal:
        assert refusal.code and refusal.hint and refusal.message
        refusal.view()
        return None


@cache
def _native() -> library.NativeKernel:
    return library.NativeKernel()


def on_both_kernels(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """The result of the portable code, and of the native kernel where one was built."""
    before = kernel.native()
    kernel.install(None)
    portable = call(*arguments, **named)
    if library.PATH.exists():
        kernel.install(_native())
        assert call(*arguments, **named) == portable, "the native kernel gives another result"
    kernel.install(before)
    return portable


def one_form(data: bytes, value: Any) -> None:
    """``data``, which was accepted as ``value``, is the only encoding that stands for it."""
    assert oracle.encode(value) == data, "an accepted encoding is not the canonical one"
