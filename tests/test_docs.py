"""Documents held to the code: examples are run, and names, codes and numbers are compared.

Links are checked by ``tests/test_house.py``.
"""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from animica_site import devnet, networks
from animica_site import metrics as node_metrics_module
from consensus.rules import issuance
from consensus.rules.genesis import genesis_block
from core import header, limits, tags, tx
from core.errors import Refused, registered
from core.network import SUPPLY_LIMIT, Network
from rpc.methods import load as load_methods
from rpc.metrics import REGISTRY
from tools import errors_table

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
YEAR_MS = 31_557_600_000  # 365.25 days
CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def spans(text: str) -> list[str]:
    """What stands in backticks outside fenced blocks."""
    return CODE_SPAN.findall(re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))


def rows(text: str) -> list[list[str]]:
    """The cells of every table row, without the rules under the heads."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# --------------------------------------------------------------------------- examples


def examples(page: Path) -> Iterator[tuple[int, str]]:
    """Line number and code of each Python block that says it runs."""
    text = page.read_text("utf-8")
    for block in re.finditer(r"^```python\n(# runs\n.*?)^```$", text, re.S | re.M):
        yield text.count("\n", 0, block.start(1)), block.group(1)


WITH_EXAMPLES = [page for page in PAGES if any(examples(page))]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_run(page):
    names: dict[str, object] = {}
    for line, code in examples(page):
        exec(compile("\n" * line + code, str(page), "exec"), names)  # a page is one session


def test_the_chapters_with_numbers_have_examples():
    wanted = {"conventions", "exact", "addresses", "transactions", "gas", "fees", "state"}
    wanted |= {"blocks", "consensus", "networks", "proofs"}
    assert wanted <= {page.stem for page in WITH_EXAMPLES}


# --------------------------------------------------------------------------- errors


def test_the_page_of_errors_is_current():
    assert read("errors.md") == errors_table.render()


@cache
def codes() -> frozenset[str]:
    errors_table.render()  # imports every error class
    return frozenset(registered())


@cache
def other_names() -> frozenset[str]:
    """Dotted names that look like codes and are not: methods, fields, attributes of modules."""
    fields = {f"tx.{name}" for name in tx._REQUIRED | tx._OPTIONAL}
    fields |= {f"header.{name}" for name in header._HEADER}
    return frozenset(fields | {method.name for method in load_methods().all()})


def is_part_of_the_code(name: str) -> bool:
    """Whether a dotted name is a module, or something in a package."""
    package, _, rest = name.partition(".")
    if (ROOT / package / f"{rest}.py").exists() or (ROOT / package / rest).is_dir():
        return True
    return (ROOT / package).is_dir() and hasattr(importlib.import_module(package), rest)


def unknown_codes(text: str) -> list[str]:
    groups = {code.partition(".")[0] for code in codes()}
    looking_like = [s for s in spans(text) if re.fullmatch(r"[a-z]+\.[a-z0-9_]+", s)]
    return [
        name
        for name in looking_like
        if name.partition(".")[0] in groups
        and not name.endswith((".json", ".toml", ".py"))
        and name not in codes() | other_names()
        and not is_part_of_the_code(name)
    ]


def test_the_search_for_codes_finds_a_wrong_one():
    assert unknown_codes("`tx.signature`, `tx.until`, `chain.service`, `tx.no_such_code`") == [
        "tx.no_such_code"
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_code_that_a_document_names_exists(page):
    assert unknown_codes(page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("chapter", "module", "besides"),
    [
        # a block without a known parent waits; nothing refuses it for that
        ("blocks.md", "consensus.errors", {"block.parent_unknown"}),
        ("transactions.md", "execution.errors", set()),
        ("conventions.md", "core.cbor", set()),
        ("conventions.md", "core.fields", set()),
        ("addresses.md", "core.bech32m", set()),
        ("addresses.md", "pq.addresses", set()),
        ("addresses.md", "pq.algorithms", set()),
        ("p2p.md", "p2p.rules.session.refusals", set()),
    ],
)
def test_a_chapter_names_every_code_of_its_rules(chapter, module, besides):
    own = inspect.getmembers(importlib.import_module(module), inspect.isclass)
    refusals = [e for _, e in own if issubclass(e, Refused) and e.__module__ == module]
    defined = {refusal.code for refusal in refusals if refusal.code}
    assert defined
    assert defined - set(spans(read(f"spec/{chapter}"))) <= besides


# --------------------------------------------------------------------------- tables


def test_every_tag_is_in_the_table():
    listed = {row[-1].strip("`"): row[0].strip("`") for row in rows(read("spec/conventions.md"))}
    found = {
        name: value.rstrip(b"\0").decode()
        for name, value in vars(tags).items()
        if isinstance(value, bytes) and name.isupper() and value.endswith(b"\0")
    }
    found["nullifier(type)"] = tags.nullifier("<type>").rstrip(b"\0").decode()
    found["state(module)"] = tags.state("<module>").rstrip(b"\0").decode()
    assert {name: listed.get(name) for name in found} == found


def test_every_limit_is_in_the_table_with_its_value():
    text = read("spec/limits.md")
    listed = {row[0].strip("`"): row[1] for row in rows(text)}
    found = {name: value for name, value in vars(limits).items() if name.isupper()}
    shown = {name: f"{value:,}" for name, value in found.items()}
    shown["U64_MAX"] = "2^64 − 1"
    assert limits.U64_MAX == 2**64 - 1
    assert {name: listed.get(name) for name in shown} == shown


def test_every_place_that_the_limits_name_exists():
    for row in rows(read("spec/limits.md")):
        path, *names = spans(row[0]) or [""]
        if not path.endswith(".py"):
            continue
        assert names, path
        source = (ROOT / path).read_text("utf-8")
        for name in names:
            assert re.search(rf"\b{re.escape(name)}\b", source), f"{path} has no {name}"


def test_the_table_of_networks_is_what_the_files_say():
    shipped = []
    for name in networks.NAMES:
        table = networks.load_table(name)
        works = {
            f"{work}.{name}": value
            for work, entries in table["poies"].items()
            if isinstance(entries, dict)
            for name, value in entries.items()
        }
        shipped.append({**table["params"], **table["poies"], **works, **table["local"], **table})
    text = read("spec/networks.md").partition("## Shipped networks")[2]
    listed = {row[0].strip("`"): row[1:] for row in rows(text) if len(row) == 5}
    del listed[""]
    for name, cells in listed.items():
        values = [table[name] for table in shipped]
        assert cells == [f"{v:,}" if type(v) is not bool else str(v).lower() for v in values] or (
            name == "chain" and cells == [str(v) for v in values]
        )
    scalars = {key for table in shipped for key, v in table.items() if isinstance(v, int)}
    assert scalars == set(listed)


def test_every_entry_of_a_network_file_is_explained():
    explained = set(spans(read("spec/networks.md").partition("## Shipped networks")[0]))
    for name in networks.NAMES:
        table = tomllib.loads((ROOT / f"animica_site/networks/{name}.toml").read_text("utf-8"))
        entries = {"name", "chain", "alg", "proof_types", *table["params"], *table["local"]}
        for name, value in table["poies"].items():
            entries |= {f"[poies.{name}]", *value} if isinstance(value, dict) else {name}
        entries |= {f"genesis.{key}" for key in table["genesis"]}
        assert entries <= explained


def test_every_gas_entry_is_in_the_table():
    from execution import gas

    listed = {row[-1].strip("`"): row[1] for row in rows(read("spec/gas.md")) if len(row) == 3}
    for name, value in vars(gas).items():
        if name.isupper() and isinstance(value, int):
            assert listed[name] == f"{value:,}"
    for kind, value in gas.KIND_PART.items():
        assert listed[f'KIND_PART["{kind}"]'] == f"{value:,}"


def test_every_event_is_in_the_table_with_its_fields():
    text = read("events.md")
    listed = {spans(row[0])[0]: spans(row[2]) for row in rows(text)[1:]}
    found = {}
    for module in ("consensus.events", "mempool.events"):
        for name, value in vars(importlib.import_module(module)).items():
            if inspect.isclass(value) and value.__module__ == module:
                found[name] = set(value.__dataclass_fields__)
    assert set(listed) == set(found)
    for name, fields in found.items():
        assert fields <= set(listed[name])


def node_metrics(monkeypatch):
    """The node's collector over parts that only answer with zeros."""
    genesis = genesis_block(networks.load("fast")).header
    monkeypatch.setattr(
        node_metrics_module.queries, "head", lambda: SimpleNamespace(header=genesis)
    )
    waiting = SimpleNamespace(waiting=lambda: {"orphans": 0, "early": 0}, alarm=None)
    pool = SimpleNamespace(stats=lambda: SimpleNamespace(ready=0, held=0, bytes=0))
    proofs = SimpleNamespace(stats=lambda: SimpleNamespace(by_type={"share": 0}, bytes=0))
    numbers = ("hashes", "blocks_found", "blocks_refused", "shares_found", "hash_rate")
    searched = SimpleNamespace(**dict.fromkeys(numbers, 0))
    return node_metrics_module.NodeMetrics(
        clock=SimpleNamespace(now_ms=lambda: 0),
        importer=waiting,
        pool=pool,
        proofs=proofs,
        miner=SimpleNamespace(stats=lambda: searched),
        peers=SimpleNamespace(
            net=lambda: SimpleNamespace(inbound=0, outbound=0, bytes_in=0, bytes_out=0, bans=()),
            sync=lambda: SimpleNamespace(target=0),
            handshakes=dict,
            notes=dict,
        ),
        bus=SimpleNamespace(subscribe=lambda *_: None),
    )


def test_every_metric_is_in_the_table(monkeypatch):
    listed = [name for row in rows(read("metrics.md"))[1:] for name in spans(row[0])]
    families = [*REGISTRY.collect(), *node_metrics(monkeypatch).collect()]
    found = {f"{f.name}_total" if f.type == "counter" else f.name for f in families}
    assert set(listed) == found
    assert len(listed) == len(set(listed))


# --------------------------------------------------------------------------- money over time


def minted(network: Network, blocks: int, *, shares: bool) -> int:
    """What ``blocks`` blocks mint, in nANM; ``shares``: with every hash share claimed."""
    params, total, height = network.at(0).params, 0, 1
    while height <= blocks:
        era_end = blocks
        if params.subsidy_era_blocks:
            era_end = -(-height // params.subsidy_era_blocks) * params.subsidy_era_blocks
        amount = issuance.subsidy(height, params)
        if amount == params.subsidy_tail:
            era_end = blocks
        parts = issuance.split_subsidy(amount, params.subsidy_split)
        each = parts.producer + parts.aicf + parts.treasury + parts.unminted * shares
        total += each * (min(era_end, blocks) - height + 1)
        height = era_end + 1
    return total


def blocks_in(years: int, network: Network) -> int:
    return years * YEAR_MS // network.at(0).params.target_interval_ms


def test_adding_by_eras_is_adding_by_blocks():
    network = networks.load("fast")
    parts = (
        issuance.split_subsidy(
            issuance.subsidy(height, network.at(0).params), network.at(0).params.subsidy_split
        )
        for height in range(1, 1_235)
    )
    by_blocks = sum(part.producer + part.aicf + part.treasury for part in parts)
    assert minted(network, 1_234, shares=False) == by_blocks


@pytest.mark.parametrize("name", networks.NAMES)
def test_the_supply_table_is_what_the_rules_mint(name):
    network = networks.load(name)
    shown = [name]
    for years in (1, 4, 10, 50, 100):
        total = minted(network, blocks_in(years, network), shares=False)
        shown.append(f"{total // 10**9:,}" if total < SUPPLY_LIMIT else "above 2^63 nANM")
    assert shown in rows(read("spec/fees.md"))


@pytest.mark.parametrize("name", ["mainnet", "testnet", "fast"])
def test_supply_fits_for_a_hundred_years(name):
    network = networks.load(name)
    genesis = sum(balance for _, balance in network.genesis.allocations)
    blocks = blocks_in(100, network)
    assert genesis + minted(network, blocks, shares=True) < SUPPLY_LIMIT


def test_the_development_network_fits_for_as_long_as_the_chapter_says():
    funded = devnet.accounts(devnet.DEFAULT_SEED, 10)
    network = networks.parse(devnet.network_table(funded, retarget=False))
    genesis = sum(balance for _, balance in network.genesis.allocations)
    last = 1_151_671_504
    assert f"{last:,} blocks, 73 years" in " ".join(read("spec/fees.md").split())
    assert round(last / blocks_in(1, network)) == 73
    assert genesis + minted(network, last, shares=False) < SUPPLY_LIMIT
    assert genesis + minted(network, last + 1, shares=False) >= SUPPLY_LIMIT
