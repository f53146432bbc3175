"""Network files: what ships is sound, and a file that contradicts itself is refused by name."""

from __future__ import annotations

import copy
import json
from hashlib import sha3_256

import cbor2
import pytest

from animica_site import networks
from core.errors import NodeFault
from core.network import Network, NetworkInvalid
from pq import addresses

TABLE = networks.load_table("fast")
ADDRESS = addresses.to_text(b"\x10\x03" + bytes(32))
OTHER = addresses.to_text(b"\x10\x02" + bytes(32))


def pin(name: str, policy: dict) -> bytes:
    return sha3_256(
        f"animica/policy-{name}/v1".encode() + b"\x00" + cbor2.dumps(policy, canonical=True)
    ).digest()


@pytest.mark.parametrize("name", networks.NAMES)
def test_what_ships(name):
    table = networks.load_table(name)
    network = networks.load(name)
    assert network.name == name
    assert network.pins.params == pin("params", table["params"])
    assert network.pins.poies == pin("poies", table["poies"])
    assert network.pins.alg == pin("alg", {"algs": table["alg"]})
    assert network.pins.zk == pin("zk", {})
    assert network.genesis.allocations == ()


def test_the_chains_of_the_protocol():
    chains = {name: networks.load(name).chain for name in networks.NAMES}
    assert chains == {"mainnet": 1, "testnet": 2, "devnet": 1337, "fast": 31337}


# The numbers of the protocol's table of networks, one column each.
PUBLISHED = {
    "mainnet": {
        "target_interval_ms": 12_000,
        "theta_start_unat": 24_000_000,
        "theta_min_unat": 20_000_000,
        "theta_max_unat": 64_000_000,
        "retarget": True,
        "retarget_tau_ms": 12 * 60_000,
        "retarget_step_unat": 250_000,
        "gas_limit": 40_000_000,
        "block_bytes": 4_000_000,
        "base_fee_floor": 1,
        "epoch_blocks": 7_200,
        "subsidy_start": 10**9,
        "subsidy_era_blocks": 2_628_000,
        "subsidy_decay_ppm": 125_000,
        "subsidy_tail": 10**7,
        "da_k_max": 32,
        "gamma": 2_300_000,
        "max_reorg": 7_200,
    },
    "testnet": {
        "target_interval_ms": 6_000,
        "theta_start_unat": 18_000_000,
        "theta_min_unat": 14_000_000,
        "theta_max_unat": 64_000_000,
        "retarget": True,
        "retarget_tau_ms": 6 * 60_000,
        "retarget_step_unat": 250_000,
        "gas_limit": 60_000_000,
        "block_bytes": 4_000_000,
        "base_fee_floor": 1,
        "epoch_blocks": 14_400,
        "subsidy_start": 10**9,
        "subsidy_era_blocks": 1_000_000,
        "subsidy_decay_ppm": 125_000,
        "subsidy_tail": 10**7,
        "da_k_max": 64,
        "gamma": 3_000_000,
        "max_reorg": 14_400,
    },
    "devnet": {
        "target_interval_ms": 2_000,
        "theta_start_unat": 12_000_000,
        "theta_min_unat": 6_000_000,
        "theta_max_unat": 64_000_000,
        "retarget": False,
        "retarget_tau_ms": 60_000,
        "retarget_step_unat": 500_000,
        "gas_limit": 100_000_000,
        "block_bytes": 8_000_000,
        "base_fee_floor": 1,
        "epoch_blocks": 100,
        "subsidy_start": 10**10,
        "subsidy_decay_ppm": 0,
        "da_k_max": 64,
        "gamma": 3_500_000,
        "max_reorg": 1_000,
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name):
    network = networks.load(name)
    for entry, number in PUBLISHED[name].items():
        if entry == "gamma":
            assert network.poies.gamma_unat == number
        elif entry == "max_reorg":
            assert network.local.max_reorg_blocks == number
        else:
            assert getattr(network.params, entry) == number, entry


@pytest.mark.parametrize("name", networks.NAMES)
def test_splits_add_up_to_the_whole(name):
    params = networks.load(name).params
    for split in (params.subsidy_split, params.base_fee_split, params.tip_split):
        assert sum(split.to_map().values()) == 1_000_000


def table(**changes: object) -> dict:
    """The fast network's table with entries replaced, by dotted path."""
    out = copy.deepcopy(TABLE)
    for path, value in changes.items():
        place = out
        *above, last = path.split("__")
        for name in above:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return out


def refused(changed: dict) -> object:
    with pytest.raises(NodeFault) as caught:
        networks.parse(changed)
    assert isinstance(caught.value, NetworkInvalid)
    return caught.value.facts["field"]


def entries(section: dict, above: str) -> list[str]:
    out = []
    for name, value in section.items():
        out.append(f"{above}__{name}")
        if isinstance(value, dict):
            out += entries(value, f"{above}__{name}")
    return out


SECTIONED = [path for part in ("params", "poies", "local") for path in entries(TABLE[part], part)]


@pytest.mark.parametrize("path", SECTIONED)
def test_each_entry_must_be_there_and_be_sound(path):
    dotted = path.replace("__", ".")
    assert refused(table(**{path: None})) == dotted
    if not path.endswith("_split"):
        for value in (-1, 2**63, 1.0, "1", [1]):
            assert refused(table(**{path: value})) == dotted


@pytest.mark.parametrize("path", ["params__extra", "poies__extra", "params__tip_split__extra"])
def test_unknown_entries_are_refused(path):
    assert refused(table(**{path: 1})) == path.replace("__", ".")


@pytest.mark.parametrize("name", ["name", "chain", "genesis", "params", "poies", "alg", "local"])
def test_each_part_must_be_there(name):
    assert refused(table(**{name: None})) == name


CONTRADICTIONS = {
    "a split above the whole": ("params__tip_split__aicf_ppm", 100_001, "params.tip_split"),
    "a split below the whole": ("params__tip_split__aicf_ppm", 99_999, "params.tip_split"),
    "another split": ("params__base_fee_split__burn_ppm", 500_001, "params.base_fee_split"),
    "chain 0": ("chain", 0, "chain"),
    "start below the least": ("params__theta_min_unat", 2_000_001, "params.theta_start_unat"),
    "start above the most": ("params__theta_max_unat", 1_999_999, "params.theta_start_unat"),
    "work worth too much": ("poies__gamma_unat", 1_000_001, "poies.gamma_unat"),
    "no interval": ("params__target_interval_ms", 0, "params.target_interval_ms"),
    "no tau": ("params__retarget_tau_ms", 0, "params.retarget_tau_ms"),
    "no gas": ("params__gas_limit", 0, "params.gas_limit"),
    "no square": ("params__da_k_max", 0, "params.da_k_max"),
    "no epoch": ("params__epoch_blocks", 0, "params.epoch_blocks"),
    "free gas": ("params__base_fee_floor", 0, "params.base_fee_floor"),
    "free blobs": ("params__blob_fee_floor", 0, "params.blob_fee_floor"),
    "decay above one": ("params__subsidy_decay_ppm", 1_000_001, "params.subsidy_decay_ppm"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions(name):
    path, value, field = CONTRADICTIONS[name]
    assert refused(table(**{path: value})) == field


def test_gas_limit_of_one_leaves_no_target():
    """The fee rule divides by half the limit, so the limit must be at least 2."""
    assert refused(table(params__gas_limit=1)) == "params.gas_limit"


@pytest.mark.parametrize(
    "rows",
    [
        [{"address": ADDRESS, "balance": 0}],
        [{"address": ADDRESS, "balance": 2**63}],
        [{"address": ADDRESS, "balance": "5"}],
        [{"address": ADDRESS, "balance": 1.5}],
        [{"address": ADDRESS, "balance": True}],
        [{"address": ADDRESS}],
        [{"balance": 1}],
        [{"address": 5, "balance": 1}],
        [{"address": "anim1nonsense", "balance": 1}],
        [{"address": ADDRESS, "balance": 1}, {"address": ADDRESS, "balance": 1}],
        [{"address": ADDRESS, "balance": 2**62}, {"address": OTHER, "balance": 2**62}],
        ["row"],
        5,
    ],
)
def test_bad_allocations(rows):
    assert str(refused(table(genesis__allocations=rows))).startswith("genesis.allocations")


@pytest.mark.parametrize(
    "rows",
    [
        [{"alg": 0x1003}],
        [{"from": 0}],
        [{"alg": "0x1003", "from": 0}],
        [{"alg": 0x1003, "from": -1}],
        [{"alg": 0x1003, "from": 0, "to": 5}],
        [{"alg": 0x1003, "from": 1.5}],
        [{"alg": 0x2001, "from": 0}],
        [{"alg": 0x9999, "from": 0}],
        [{"alg": 0x1003, "from": 0}, {"alg": 0x1003, "from": 5}],
        [],
        5,
    ],
)
def test_bad_algorithms(rows):
    assert str(refused(table(alg=rows))).startswith("alg")


@pytest.mark.parametrize("part", ["genesis", "params", "poies", "local"])
def test_a_part_that_is_no_table(part):
    assert str(refused(table(**{part: 5}))).startswith(part)


def test_allocations_in_order():
    rows = [{"address": OTHER, "balance": 7}, {"address": ADDRESS, "balance": 2**62}]
    network = networks.parse(table(genesis__allocations=rows))
    assert network.genesis.allocations == (
        (b"\x10\x02" + bytes(32), 7),
        (b"\x10\x03" + bytes(32), 2**62),
    )


@pytest.mark.parametrize("path", [p for p in SECTIONED if not p.endswith("_split")])
def test_every_parameter_changes_what_headers_pin(path):
    part = path.split("__")[0]
    roomy = {"poies__gamma_unat": 500_000}  # below what the least Θ allows, so that both can move
    value = TABLE
    for name in path.split("__"):
        value = value[name]
    upwards = value == 1 or path.endswith(("theta_max_unat", "theta_start_unat"))
    other = (not value) if isinstance(value, bool) else value + 1 if upwards else value - 1
    changes = {**roomy, path: other}
    if "_split__" in path:  # what one part loses another must get
        split = TABLE["params"][path.split("__")[1]]
        taker = next(name for name in split if not path.endswith(f"__{name}"))
        changes[f"{path.rpartition('__')[0]}__{taker}"] = split[taker] + 1
    pins = networks.parse(table(**roomy)).pins
    changed = networks.parse(table(**changes)).pins
    assert {
        "params": changed.params != pins.params,
        "poies": changed.poies != pins.poies,
        "local": changed == pins,
    }[part]


def test_which_algorithms_sign_from_which_height():
    rows = [{"alg": 0x1003, "from": 0}, {"alg": 0x1002, "from": 5}]
    network = networks.parse(table(alg=rows))
    assert [network.signs_at(0x1002, height) for height in (4, 5, 6)] == [False, True, True]
    assert network.signs_at(0x1003, 0)
    assert not network.signs_at(0x2001, 100)
    assert network.pins.alg != networks.parse(TABLE).pins.alg


def test_files(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(TABLE))
    assert networks.load(str(path)) == networks.load("fast")
    with pytest.raises(networks.NetworkUnknown):
        networks.load("nonsense")
    for name, text in (("bad.json", "{"), ("bad.toml", "= 5"), ("list.json", "[]")):
        broken = tmp_path / name
        broken.write_text(text)
        with pytest.raises(NodeFault) as caught:
            networks.load(str(broken))
        assert isinstance(caught.value, NetworkInvalid)


def test_a_network_is_a_value():
    assert networks.load("fast") == networks.load("fast")
    assert isinstance(networks.load("devnet"), Network)


@pytest.mark.parametrize(
    ("name", "text"), [("n.json", "[" * 3_000), ("n.toml", "a=" + "[" * 3_000)]
)
def test_a_file_nested_too_deep_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(NetworkInvalid):
        networks.load(str(tmp_path / name))
