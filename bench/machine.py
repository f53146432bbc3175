"""Limits that this machine sets, measured in the same run as the figure they bound."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha3_256
from pathlib import Path

from core import tags
from pq import signing

_SECONDS = 1.0


def verifies_per_second(threads: int) -> float:
    """ML-DSA-65 verifications a second on ``threads`` threads."""
    key = signing.from_seed(bytes(32))
    message = bytes(32)
    signature = key.sign(message, tags.CONTEXT_TX)

    def work(_: int) -> int:
        done, until = 0, time.perf_counter() + _SECONDS
        while time.perf_counter() < until:
            signing.verify(key.alg, key.public_key, message, signature, tags.CONTEXT_TX)
            done += 1
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads))) / _SECONDS


def hashes_per_second(size: int = 65) -> float:
    """SHA3-256 of ``size`` bytes a second in a plain loop on one core."""
    data, count = bytes(size), 200_000
    start = time.perf_counter()
    for _ in range(count):
        sha3_256(data).digest()
    return count / (time.perf_counter() - start)


def cpu_seconds(pid: int) -> float:
    """Processor time that a process with all its threads has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_memory_bytes() -> int:
    """Memory of this process alone: without files that it maps, which the system may take back."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell RssAnon")
