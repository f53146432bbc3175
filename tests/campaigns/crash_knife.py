"""Where each life ends, and what was found after it."""

from __future__ import annotations

import json
import pickle
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from animica_site.config import NETWORK_FILE
from animica_site.progress import Progress
from core.failpoints import POINTS
from tests.campaigns import crash_life, crash_process, crash_story, postgres
from tests.campaigns.crash_books import Books
from tests.campaigns.crash_life import Plan, Undisturbed
from tests.campaigns.crash_story import Step

CHAPTERS = 12
NEAR = 12
"""How many steps ahead of its start a life's end is sought first."""
LONGEST_MOMENT_S = 0.5
FIRST_TURN_SHARE = 0.3
AT_EVERY_START = frozenset({"migrations.done", "file.drafted", "file.replaced"})
ON_POSTGRES = "load."
OLD_NETWORK = '{"kept": "long ago"}'
NEW_NETWORK = json.dumps(crash_life.KEPT_NETWORK, indent=2, sort_keys=True)
SHARE_FATES = {"fresh", "lost", "epoch"}
FATES = {"added", "side", "reorg", "block.state_root"}


def points_of(database_url: str) -> tuple[str, ...]:
    """The fail points that a node on this database can reach."""
    return tuple(name for name in POINTS if database_url or not name.startswith(ON_POSTGRES))


@dataclass
class Campaign:
    """A database under the knife, and the books about it."""

    data_dir: Path
    database_url: str
    rng: random.Random
    story: list[Step]
    twin: Undisturbed
    books: Books = field(default_factory=Books)
    kills: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    ended: int = 0

    def run(self, each: int, moments: int) -> None:
        """Kill ``each`` times or more at every point and ``moments`` times at random moments."""
        wanted = dict.fromkeys(self.points, each) | {"moment": moments}
        total = sum(wanted.values())
        self.reset()
        # Plain lines only: a bar is drawn by a thread, and a process with threads must not fork.
        console = Console(stderr=True, force_terminal=False)
        with Progress("killing", total=total, unit="kills", console=console) as progress:
            while missing := [name for name in wanted if self.kills[name] < wanted[name]]:
                blind = "moment" in missing and self.rng.random() < moments / total
                if blind or missing == ["moment"]:
                    self._life(None)
                elif point := self._next_point([name for name in missing if name != "moment"]):
                    self._life(point)
                else:
                    self.reset()
                progress.at(sum(min(self.kills[name], wanted[name]) for name in wanted))

    @property
    def points(self) -> tuple[str, ...]:
        """Those that this database has."""
        return points_of(self.database_url)

    def reset(self) -> None:
        """An empty database."""
        self.books = Books()
        if self.database_url:
            postgres.make_empty(self.database_url)
        else:
            for path in self.data_dir.glob("node.sqlite3*"):
                path.unlink()

    # ------------------------------------------------------------- where it ends

    def _next_point(self, missing: list[str]) -> str | None:
        """A point ahead that was killed least, near ones first; None when there is none."""
        for reach in (NEAR, len(self.story)):
            near = [name for name in missing if self._hits_ahead(name, reach)]
            if near:
                fewest = min(self.kills[name] for name in near)
                return self.rng.choice([name for name in near if self.kills[name] == fewest])
        return None

    def _hits_ahead(self, name: str, reach: int) -> int:
        """How often a life that starts now comes by ``name`` in its first steps."""
        first = min(self.books.steps)
        hits = sum(step.count(name) for step in self.twin.trace[first : first + reach])
        hits += self.twin.start.count(name) if self.books.empty else name in AT_EVERY_START
        return hits

    def _plan(self, point: str | None) -> Plan:
        turn = 0
        if point is not None:
            # Often the first: only that can fall into a start that ends a reorganisation.
            often = self.rng.random() < FIRST_TURN_SHARE
            turn = 1 if often else self.rng.randint(1, self._hits_ahead(point, NEAR) or 1)
        tiny = self.rng.random() < 0.5
        return Plan(self.books.steps, self.books.pools, point, turn, tiny)

    # ------------------------------------------------------------- one life

    def _life(self, point: str | None) -> None:
        """A child lives and is killed, at ``point`` or at a random moment."""
        plan = self._plan(point)
        moment = None if point else self.rng.uniform(0, LONGEST_MOMENT_S)
        network = self.data_dir / NETWORK_FILE
        network.write_text(OLD_NETWORK)
        self.books.open_life()
        child = crash_process.fork(
            lambda say: crash_life.live(self.data_dir, self.story, self.twin, plan, say)
        )
        phase, last = "start", ""
        for word, value in child.reports(moment):
            self.books.hear(word, value)
            if word in ("killed", "end", "failed"):
                last = f"{word} {value}".strip()
            phase = "story" if word == "found" else phase
        status = child.wait()
        if self.database_url:
            postgres.wait_until_left(self.database_url)
        if last == "end":
            self.ended += 1
            self.reset()
            return
        told = point is None or last == f"killed {point}"
        if status != -signal.SIGKILL or not told:
            raise SystemExit(f"a child ended by itself, status {status}, in its {phase}: {last}")
        if point is None:
            self.books.blur()
        self.kills[point or "moment"] += 1
        self.phases[phase] += 1
        self._check_network()

    def _check_network(self) -> None:
        """The kept file is whole, old or new; drafts that a kill left behind are swept."""
        text = (self.data_dir / NETWORK_FILE).read_text()
        allowed = {False: [OLD_NETWORK], True: [NEW_NETWORK], None: [OLD_NETWORK, NEW_NETWORK]}
        if text not in allowed[self.books.network_new]:
            raise SystemExit(f"the kept network file holds {text!r}")
        for draft in self.data_dir.glob(f".{NETWORK_FILE}.*"):
            draft.unlink()


def run(*, data_dir: Path, database_url: str, seed: int, each: int, moments: int) -> None:
    """The whole campaign; ends with a sentence and status 1 when something is wrong."""
    story = crash_story.tell(seed, CHAPTERS, reload=bool(database_url))
    campaign = Campaign(data_dir, database_url, random.Random(seed), story, Undisturbed())
    campaign.reset()
    campaign.twin = _twin(data_dir, story)
    _check_twin(campaign)
    campaign.run(each, moments)
    _report(campaign)


def _twin(data_dir: Path, story: list[Step]) -> Undisturbed:
    """The twin's life, in a child too, so that no connection is open here."""
    result = data_dir / "twin.pickle"

    def live(say: crash_process.Say) -> None:
        result.write_bytes(pickle.dumps(crash_life.live_undisturbed(data_dir, story)))

    child = crash_process.fork(live)
    told = list(child.reports(None))
    if child.wait() != 0:
        raise SystemExit(f"the twin failed: {told}")
    twin: Undisturbed = pickle.loads(result.read_bytes())
    return twin


def _check_twin(campaign: Campaign) -> None:
    """The story must hold every fate of a block and of a share, and come by every fail point."""
    twin = campaign.twin
    passed = {*twin.start, *(name for step in twin.trace for name in step)}
    missing = [*(FATES - set(twin.outcomes)), *(set(campaign.points) - passed)]
    missing += SHARE_FATES - crash_story.share_fates(campaign.story)
    if missing:
        raise SystemExit(f"the twin's life never comes by {', '.join(sorted(missing))}")


def _report(campaign: Campaign) -> None:
    width = max(map(len, campaign.points))
    for name in (*campaign.points, "moment"):
        print(f"  {name:{width}} {campaign.kills[name]:5}")
    unhurt = [name for name in campaign.points if not campaign.kills[name]]
    if unhurt:
        raise SystemExit(f"fail points that never killed: {', '.join(unhurt)}")
    print(
        f"{campaign.kills.total()} kills on {'PostgreSQL' if campaign.database_url else 'SQLite'} "
        f"without loss: {campaign.phases['start']} in a start, {campaign.phases['story']} after; "
        f"{campaign.ended} lives came to the end of {len(campaign.story)} steps"
    )
