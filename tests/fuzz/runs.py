"""One run of one target as its parent sees it: started, read line by line, reported."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import catalogue

FOLDER = Path("var/fuzz")
TIMEOUT_S = 10
MEMORY_MIB = 2_048
_WINDOW_S = 20
_STATUS = re.compile(r"^#(\d+)\s.*cov: (\d+)")
_FINAL = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_SLOWEST = re.compile(r"^slowest: (\d+) (\d+)")


@dataclass(frozen=True)
class Limits:
    """Seconds or inputs, whichever is first, and libFuzzer's seed."""

    seconds: int
    runs: int
    seed: int


@dataclass
class Run:
    """Counts grow while ``follow`` reads the child's lines."""

    name: str
    limits: Limits
    running: bool = False
    failed: bool = False
    inputs: int = 0
    edges: int = 0
    slowest: tuple[int, int] = (0, 0)
    started: float = 0.0
    took: float = 0.0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=60))
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_WINDOW_S))

    @property
    def new(self) -> Path:
        """Where the run writes the inputs that reached something new."""
        return FOLDER / self.name / "new"

    def follow(self) -> None:
        """Start the child and read it to its end."""
        shutil.rmtree(FOLDER / self.name, ignore_errors=True)
        self.new.mkdir(parents=True)
        self.started, self.running = time.monotonic(), True
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(self._command(), **pipes, text=True, errors="replace") as process:
            assert process.stdout is not None
            for line in process.stdout:
                self._read(line)
        self.took = time.monotonic() - self.started
        self.running, self.failed = False, process.returncode != 0

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "tests.fuzz.engine", self.name),
            *(str(self.new), str(catalogue.CORPUS / self.name)),
            f"-max_total_time={self.limits.seconds}",
            f"-runs={self.limits.runs}",
            f"-seed={self.limits.seed}",
            "-print_final_stats=1",
            f"-timeout={TIMEOUT_S}",
            f"-rss_limit_mb={MEMORY_MIB}",
            f"-artifact_prefix={FOLDER / self.name}/",
        ]

    def _read(self, line: str) -> None:
        if match := _STATUS.match(line):
            self.inputs, self.edges = int(match[1]), max(self.edges, int(match[2]))
            return
        self.tail.append(line)
        if match := _FINAL.match(line):
            self.inputs = int(match[1])
        elif match := _SLOWEST.match(line):
            self.slowest = (int(match[1]), int(match[2]))

    def progress(self) -> str:
        """Inputs, edges, the rate of the last 20 s, and the time left by whichever limit."""
        now = time.monotonic()
        self._samples.append((now, self.inputs))
        since, before = self._samples[0]
        rate = (self.inputs - before) / max(1.0, now - since)
        left = max(0.0, self.limits.seconds - (now - self.started))
        if rate:
            left = min(left, (self.limits.runs - self.inputs) / rate)
        counts = f"{self.name} {self.inputs:,} inputs, {self.edges} edges"
        return f"{counts}, {rate:,.0f}/s, {left:.0f} s left"

    def report(self) -> str:
        """One line for the end."""
        new = sum(1 for _ in self.new.iterdir())
        took, size = self.slowest
        return (
            f"{self.name:9} {self.inputs:>10,} inputs  {self.edges:>5} edges  {new:>4} new  "
            f"{self.took:>6.0f} s  slowest {took} ms ({size:,} bytes)  seed {self.limits.seed}"
            f"{'  FAILED' if self.failed else ''}"
        )

    def finding(self) -> str:
        """What happened, the input that did it, and how to see it again."""
        found = [str(path) for path in (FOLDER / self.name).iterdir() if path.is_file()]
        again = f"python -m tests.fuzz {self.name} --input {' '.join(found)}"
        step = (
            f"See it again with: {again}"
            if found
            else "No input was saved: the fuzzer itself ended; its lines say why."
        )
        return f"\n{self.name} failed:\n{''.join(self.tail)}\n{step}"
