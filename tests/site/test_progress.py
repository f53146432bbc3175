"""Rate and remaining time follow the last seconds; what is shown depends on who reads."""

from __future__ import annotations

import io

from rich.console import Console

from animica_site.progress import PLAIN_EVERY_S, Progress, Window


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(terminal: bool) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=100, highlight=False), text


def test_the_rate_forgets_what_is_older_than_the_window():
    window = Window(seconds=30)
    for second in range(100):
        window.add(second, second * 1_000)
    for second in range(100, 200):
        window.add(second, 99_000 + (second - 99) * 10)
    assert abs(window.rate() - 10) < 1
    assert abs(window.remaining_s(99_000 + 1_000 + 500) - 50) < 5


def test_many_points_are_kept_as_few():
    window = Window(seconds=30)
    for tick in range(100_000):
        window.add(tick / 1_000, tick)
    assert len(window._points) <= 66
    assert abs(window.rate() - 1_000) < 1


def test_nothing_is_said_about_a_rate_before_there_is_one():
    window = Window()
    assert window.rate() is None and window.remaining_s(10) is None
    window.add(1, 0)
    window.add(1, 5)
    assert window.rate() is None
    window = Window()
    window.add(1, 5)
    window.add(2, 5)
    assert window.rate() == 0 and window.remaining_s(10) is None


def test_plain_lines_where_nobody_watches():
    console, text = shown(terminal=False)
    clock = Clock()
    with Progress("checking", total=10_000, unit="blocks", console=console, clock=clock) as work:
        for _ in range(100):
            clock.now += 0.125  # exact in binary
            work.advance(50)
    lines = text.getvalue().splitlines()
    assert len(lines) == 3  # two in the course of the work, one at its end
    assert lines[0] == "checking: 2,000 of 10,000 blocks, 400/s, 20 s left"
    assert lines[2].startswith("checking: 5,000 of 10,000 blocks")
    assert "\x1b" not in text.getvalue()


def test_a_bar_on_a_terminal():
    console, text = shown(terminal=True)
    with Progress("copying", total=2_000_000, unit="bytes", console=console) as work:
        work.at(2_000_000)
    assert "copying" in text.getvalue() and "2.0 MB of 2.0 MB" in text.getvalue()
    assert "\x1b" in text.getvalue()


def test_what_was_skipped_is_no_speed():
    console, text = shown(terminal=False)
    clock = Clock()
    with Progress("importing", total=1_000, console=console, clock=clock) as work:
        work.skip(900)
        clock.now += PLAIN_EVERY_S
        work.advance(50)
    assert text.getvalue().splitlines()[0] == "importing: 950 of 1,000 blocks, 10/s, 5 s left"


def test_a_failure_still_says_how_far_it_came():
    console, text = shown(terminal=False)
    try:
        with Progress("importing", total=10, console=console, clock=Clock()) as work:
            work.advance(3)
            raise ValueError
    except ValueError:
        pass
    assert text.getvalue().splitlines() == ["importing: 3 of 10 blocks"]
