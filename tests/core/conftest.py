"""What hashes, pages and CBOR give must not depend on the kernel: these tests run on both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core import kernel
from native.library import PATH, NativeKernel

KERNEL_MODULES = ("test_block", "test_cbor", "test_merkle", "test_statetree", "test_tx")
KERNELS = ["portable", "native"] if PATH.exists() else ["portable"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in KERNEL_MODULES:
        metafunc.parametrize("chosen_kernel", KERNELS, indirect=True)


@pytest.fixture(autouse=True)
def chosen_kernel(request: pytest.FixtureRequest) -> Iterator[None]:
    """The kernel that the test runs on; other modules take the one that is installed."""
    if not hasattr(request, "param"):
        yield
        return
    before = kernel.native()
    kernel.install(NativeKernel() if request.param == "native" else None)
    yield
    kernel.install(before)
