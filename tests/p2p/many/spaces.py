"""Network namespaces, one a node, each with a TUN device whose other end the harness holds.

A namespace has no name: it lives as long as a process in it, which dies with the harness, so that
nothing is left behind however a run ends. The harness itself runs in a namespace of its own (see
``enter``), with a device of its own, and reaches nodes over the same wire.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass

from tests.p2p.many.wire import HARNESS, address_of

DEVICE = "anm0"
MTU = 1_500
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000
_MARK = "ANIMICA_MANY_ENTERED"
_libc = ctypes.CDLL(None, use_errno=True)


class NotPossible(Exception):
    """This machine does not let the harness make namespaces; the message says what lacks."""


def enter() -> None:
    """Go on in a network namespace of our own: runs this command anew inside one.

    Raises NotPossible. Root is not needed where users may have namespaces of their own.
    """
    if os.environ.get(_MARK):
        return
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise NotPossible("/dev/net/tun cannot be opened")
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    unshare = ["unshare", *user, "--net"]
    try:
        tried = subprocess.run([*unshare, "true"], capture_output=True, text=True)
    except FileNotFoundError:
        raise NotPossible("there is no `unshare` (util-linux)") from None
    if tried.returncode:
        raise NotPossible(f"no network namespace can be made: {tried.stderr.strip()}")
    os.environ[_MARK] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *_this_command()])


def _this_command() -> list[str]:
    """How to run the same again: -m keeps its form."""
    return sys.orig_argv[1:]


@dataclass
class Space:
    """A node's namespace: the process that keeps it, and the descriptor of its device."""

    node: int
    keeper: int
    tun: int

    def command(self, words: list[str]) -> list[str]:
        """The command, to be run in this namespace."""
        return ["nsenter", f"--net=/proc/{self.keeper}/ns/net", "--", *words]

    def close(self) -> None:
        """Give it up; processes that run in it keep it until they end."""
        os.close(self.tun)
        with suppress(ProcessLookupError):
            os.kill(self.keeper, signal.SIGKILL)
        os.waitpid(self.keeper, 0)


def own_device() -> int:
    """The harness' device, in the namespace that ``enter`` has made."""
    return _device(HARNESS)


def make(node: int) -> Space:
    """A namespace with a device."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    keeper = os.fork()
    if not keeper:
        try:
            die_with_parent()
            ours.close()
            if _libc.unshare(_CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "unshare")
            socket.send_fds(theirs, [b"made"], [_device(node)])
            theirs.close()
            os.execvp("sleep", ["sleep", "infinity"])
        finally:
            os._exit(1)
    theirs.close()
    _, fds, _, _ = socket.recv_fds(ours, 16, 1)
    ours.close()
    if not fds:
        os.waitpid(keeper, 0)
        raise NotPossible("a namespace with a TUN device could not be made")
    return Space(node, keeper, fds[0])


def die_with_parent() -> None:
    """A child that calls this is killed when its parent ends, however that ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _device(node: int) -> int:
    """A TUN device with a node's address in the namespace of this process."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    flags = _IFF_TUN | _IFF_NO_PI
    fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), flags))
    for words in (
        ["link", "set", "lo", "up"],
        ["address", "add", f"{address_of(node)}/24", "dev", DEVICE],
        ["link", "set", DEVICE, "mtu", str(MTU), "up"],
    ):
        subprocess.run(["ip", *words], check=True, capture_output=True)
    return fd
