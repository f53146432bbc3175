"""Network files: what ships is sound, and a file that contradicts itself is refused by name."""

from __future__ import annotations

import copy
import json
from hashlib import sha3_256
from pathlib import Path

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
    assert network.pins_at(0).params == pin("params", table["params"])
    poies = {**table["poies"], "types": table["proof_types"]}
    assert network.pins_at(0).poies == pin("poies", poies)
    assert network.pins_at(0).alg == pin("alg", {"algs": table["alg"]})
    assert network.pins_at(0).zk == pin("zk", {})
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
            assert network.at(0).poies.gamma_unat == number
        elif entry == "max_reorg":
            assert network.local.max_reorg_blocks == number
        else:
            assert getattr(network.at(0).params, entry) == number, entry


@pytest.mark.parametrize("name", networks.NAMES)
def test_splits_add_up_to_the_whole(name):
    params = networks.load(name).at(0).params
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


def value_at(path: str) -> object:
    value = TABLE
    for name in path.split("__"):
        value = value[name]
    return value


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
    if not isinstance(value_at(path), dict):
        for value in (-1, 2**63, 1.0, "1", [1]):
            assert refused(table(**{path: value})) == dotted


@pytest.mark.parametrize("path", ["params__extra", "poies__extra", "params__tip_split__extra"])
def test_unknown_entries_are_refused(path):
    assert refused(table(**{path: 1})) == path.replace("__", ".")


PARTS = ["name", "chain", "genesis", "params", "poies", "alg", "proof_types", "local"]


@pytest.mark.parametrize("name", PARTS)
def test_each_part_must_be_there(name):
    assert refused(table(**{name: None})) == name


CONTRADICTIONS = {
    "a split above the whole": ("params__tip_split__aicf_ppm", 100_001, "params.tip_split"),
    "a split below the whole": ("params__tip_split__aicf_ppm", 99_999, "params.tip_split"),
    "another split": ("params__base_fee_split__burn_ppm", 500_001, "params.base_fee_split"),
    "chain 0": ("chain", 0, "chain"),
    "start below the least": ("params__theta_min_unat", 2_000_001, "params.theta_start_unat"),
    "start above the most": ("params__theta_max_unat", 1_999_999, "params.theta_start_unat"),
    "work worth too much": ("poies__gamma_unat", 1_000_001, "poies.share_offset_min_unat"),
    "work worth as much as a block": ("params__theta_min_unat", 1_999_999, "poies.gamma_unat"),
    "no storage reference": ("poies__storage_ref_unat", 0, "poies.storage_ref_unat"),
    "no shares": ("poies__shares_per_block", 0, "poies.shares_per_block"),
    "shares without end": ("poies__shares_per_block", 65, "poies.shares_per_block"),
    "shares harder than blocks": (
        "poies__share_offset_min_unat",
        1_499_999,
        "poies.share_offset_min_unat",
    ),
    "s above its most": (
        "poies__share_offset_max_unat",
        1_499_999,
        "poies.share_offset_start_unat",
    ),
    "diversity above one": ("poies__diversity_ppm", 1_000_001, "poies.diversity_ppm"),
    "work for nothing": ("poies__ai__price0", 0, "poies.ai.price0"),
    "no unit": ("poies__storage__unit0", 0, "poies.storage.unit0"),
    "alpha below its least": (
        "poies__quantum__alpha_start_ppm",
        499_999,
        "poies.quantum.alpha_start_ppm",
    ),
    "a share above one": ("poies__ai__alpha_share_ppm", 1_000_001, "poies.ai.alpha_share_ppm"),
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


@pytest.mark.parametrize("path", [p for p in SECTIONED if not isinstance(value_at(p), dict)])
def test_every_parameter_changes_what_headers_pin(path):
    part = path.split("__")[0]
    roomy = {  # away from every bound, so that each can move
        "poies__gamma_unat": 500_000,
        "poies__share_offset_start_unat": 2_000_000,
        **{f"poies__{work}__alpha_start_ppm": 700_000 for work in ("ai", "quantum", "storage")},
    }
    value = roomy.get(path, value_at(path))
    upwards = value == 1 or path.endswith(("theta_max_unat", "theta_start_unat"))
    other = (not value) if isinstance(value, bool) else value + 1 if upwards else value - 1
    changes = {**roomy, path: other}
    if "_split__" in path:  # what one part loses another must get
        split = TABLE["params"][path.split("__")[1]]
        taker = next(name for name in split if not path.endswith(f"__{name}"))
        changes[f"{path.rpartition('__')[0]}__{taker}"] = split[taker] + 1
    pins = networks.parse(table(**roomy)).pins_at(0)
    changed = networks.parse(table(**changes)).pins_at(0)
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
    assert network.pins_at(0).alg != networks.parse(TABLE).pins_at(0).alg


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


@pytest.mark.parametrize("rows", [[{"type": 1}], [{"from": 0}], [{"type": 1, "from": -1}], 5])
def test_bad_proof_types(rows):
    assert str(refused(table(proof_types=rows))).startswith("proof_types")


def test_a_proof_type_counts_from_its_height():
    network = networks.parse(table(proof_types=[{"type": 1, "from": 7}]))
    assert not network.proves_at(1, 6)
    assert network.proves_at(1, 7)
    assert not network.proves_at(2, 7)


# ------------------------------------------------------------------ parameter sets


def upgraded(*upgrades: dict) -> dict:
    return table(upgrades=list(upgrades))


FEWER = {"name": "fewer", "height": 10, "params": {"gas_limit": 50_000_000}}
OTHER_SPLIT = {
    "name": "other split",
    "height": 20,
    "params": {"tip_split": {"producer_ppm": 800_000, "aicf_ppm": 200_000}},
    "poies": {"gamma_unat": 900_000, "ai": {"cap_unat": 5}},
}


def test_an_upgrade_replaces_what_it_names_from_its_height_on():
    network = networks.parse(upgraded(FEWER, OTHER_SPLIT))
    before = networks.load("fast")
    assert [network.at(h).name for h in (0, 9, 10, 19, 20, 10**9)] == [
        *("genesis", "genesis", "fewer", "fewer", "other split", "other split")
    ]
    assert network.at(9).params == before.at(0).params
    assert network.at(10).params.gas_limit == network.at(20).params.gas_limit == 50_000_000
    assert network.at(10).poies == before.at(0).poies
    assert network.at(20).params.tip_split.aicf_ppm == 200_000
    assert network.at(20).params.base_fee_split == before.at(0).params.base_fee_split
    assert network.at(20).poies.ai.cap_unat == 5
    assert network.at(20).poies.ai.unit0 == before.at(0).poies.ai.unit0


def test_an_upgrade_changes_the_pins_of_its_heights_only():
    network = networks.parse(upgraded(FEWER, OTHER_SPLIT))
    first, second, third = (network.pins_at(height) for height in (9, 10, 20))
    assert first == networks.load("fast").pins_at(0)
    assert first.params != second.params != third.params
    assert first.poies == second.poies != third.poies


def test_what_begins_with_an_upgrade_is_pinned_from_its_height_on():
    """So a type of proof, or an algorithm, can be planned without another genesis."""
    planned = upgraded({"name": "ai", "height": 10})
    planned["proof_types"] = [*planned["proof_types"], {"type": 2, "from": 10}]
    planned["alg"] = [{"alg": 0x1003, "from": 0}, {"alg": 0x1002, "from": 10}]
    network, before = networks.parse(planned), networks.parse(table(alg=planned["alg"][:1]))
    assert network.pins_at(9) == before.pins_at(9)
    assert network.pins_at(10).poies != network.pins_at(9).poies
    assert network.pins_at(10).alg != network.pins_at(9).alg
    assert (network.proves_at(2, 9), network.proves_at(2, 10)) == (False, True)
    # Without a set of its own it is in the pins of the set in which it begins.
    early = networks.parse({**planned, "upgrades": [{"name": "ai", "height": 11}]})
    assert early.pins_at(9) != before.pins_at(9)


@pytest.mark.parametrize(
    ("upgrade", "field"),
    [
        ({**FEWER, "height": 0}, "upgrades[0].height"),
        ({**FEWER, "height": "5"}, "upgrades[0].height"),
        ({**FEWER, "name": "genesis"}, "upgrades"),
        ({**FEWER, "name": ""}, "upgrades"),
        ({**FEWER, "local": {}}, "upgrades[0]"),
        ({"height": 5}, "upgrades[0]"),
        (5, "upgrades[0]"),
        ({**FEWER, "params": 5}, "upgrades[0].params"),
        ({**FEWER, "params": {"extra": 1}}, "upgrades[0].params.extra"),
        ({**FEWER, "params": {"tip_split": 1}}, "upgrades[0].params.tip_split"),
        ({**FEWER, "params": {"epoch_blocks": 11}}, "params.epoch_blocks"),
        ({**FEWER, "poies": {"gamma_unat": 1_000_001}}, "poies.share_offset_min_unat"),
    ],
)
def test_bad_upgrades(upgrade, field):
    assert refused(upgraded(upgrade)) == field


def test_upgrades_rise():
    assert refused(upgraded(FEWER, {**OTHER_SPLIT, "height": 10})) == "upgrades[1].height"
    assert refused(table(upgrades=5)) == "upgrades"


def test_a_file_is_read_as_it_is(tmp_path):
    """A carriage return alone ends no line in TOML; reading as text would make it one."""
    file = tmp_path / "network.toml"
    shipped = (Path(networks.__file__).parent / "fast.toml").read_bytes()
    file.write_bytes(shipped)
    assert networks.load(str(file)) == networks.load("fast")
    file.write_bytes(shipped.replace(b"\n", b"\r\n"))
    assert networks.load(str(file)) == networks.load("fast")
    file.write_bytes(shipped.replace(b"\ngas_limit", b"\rgas_limit"))
    with pytest.raises(NetworkInvalid):
        networks.load(str(file))
