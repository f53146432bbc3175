"""Which kernel this process computes with: the native one where it was built, or the portable."""

from __future__ import annotations

from animica_site.faults import KernelChoiceUnknown, KernelMissing
from core import kernel
from native.library import PATH, NativeKernel

CHOICES = ("auto", "native", "portable")


def choose(choice: str) -> None:
    """Install what ``ANIMICA_KERNEL`` asks for.

    ``auto`` takes the native kernel if it was built, ``native`` insists on it. A kernel that is
    there but does not work is never passed over: raises ``KernelBroken``.
    """
    if choice not in CHOICES:
        raise KernelChoiceUnknown(f"ANIMICA_KERNEL is {choice!r}", known=list(CHOICES))
    built = PATH.exists()
    if choice == "native" and not built:
        raise KernelMissing("the native kernel was not built on this machine")
    kernel.install(NativeKernel() if built and choice != "portable" else None)


def name() -> str:
    """The kernel in use, for people."""
    native = kernel.native()
    return "portable" if native is None else native.name
