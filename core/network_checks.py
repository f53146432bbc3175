"""What must hold between the entries of a network file, each refused by its name.

Source: docs/spec/networks.md.
"""

from __future__ import annotations

from core import exact
from core.limits import ADDRESS_BYTES, SHARES_PER_BLOCK_MOST
from core.network import PPM, SUPPLY_LIMIT, Network, Params, ParamSet, Poies, WorkPolicy, require

_NAT = 1_000_000
# A share must be easier than a block that has all the useful work it may have.
_OFFSET_MARGIN_UNAT = 500_000


def check(network: Network) -> None:
    """Raises ``NetworkInvalid`` for the first contradiction."""
    require(network.chain > 0, "chain", "must be positive")
    for one in network.sets:
        _check_params(one.params)
        _check_poies(one.poies)
        _check_between(one)
    _check_sets(network.sets)
    _check_allocations(network)


def _check_sets(sets: tuple[ParamSet, ...]) -> None:
    names = [one.name for one in sets]
    require(all(names) and len(set(names)) == len(names), "upgrades", "need names of their own")
    lengths = {one.params.epoch_blocks for one in sets}
    require(len(lengths) == 1, "params.epoch_blocks", "cannot change: epochs would overlap")


def _check_params(params: Params) -> None:
    splits = {
        "subsidy_split": params.subsidy_split,
        "base_fee_split": params.base_fee_split,
        "tip_split": params.tip_split,
    }
    for name, split in splits.items():
        total = sum(split.to_map().values())
        require(total == PPM, f"params.{name}", f"adds up to {total} ppm, not to one")
    bounds = params.theta_min_unat <= params.theta_start_unat <= params.theta_max_unat
    require(bounds, "params.theta_start_unat", "is outside theta_min_unat … theta_max_unat")
    sealable = params.theta_max_unat < exact.ZERO_TARGET_UNAT
    require(sealable, "params.theta_max_unat", "leaves no draw that could seal a block")
    for name in ("target_interval_ms", "retarget_tau_ms", "da_k_max", "epoch_blocks"):
        require(getattr(params, name) > 0, f"params.{name}", "must be positive")
    require(params.gas_limit > 1, "params.gas_limit", "must be at least 2, its half is the target")
    for name in ("base_fee_floor", "blob_fee_floor"):
        require(getattr(params, name) > 0, f"params.{name}", "must be positive")
    require(params.subsidy_decay_ppm <= PPM, "params.subsidy_decay_ppm", "exceeds one")


def _check_poies(poies: Poies) -> None:
    for name in ("storage_ref_unat", "shares_per_block"):
        require(getattr(poies, name) > 0, f"poies.{name}", "must be positive")
    few = poies.shares_per_block <= SHARES_PER_BLOCK_MOST
    require(few, "poies.shares_per_block", f"is above {SHARES_PER_BLOCK_MOST}")
    least, most = poies.share_offset_min_unat, poies.share_offset_max_unat
    room = least >= poies.gamma_unat + _OFFSET_MARGIN_UNAT
    require(room, "poies.share_offset_min_unat", "must be at least half a nat above gamma_unat")
    inside = least <= poies.share_offset_start_unat <= most
    require(inside, "poies.share_offset_start_unat", "is outside its bounds")
    require(poies.diversity_ppm <= PPM, "poies.diversity_ppm", "exceeds one")
    for name in ("ai", "quantum", "storage"):
        _check_work(poies.work(name), f"poies.{name}")


def _check_work(work: WorkPolicy, where: str) -> None:
    for name in ("unit0", "price0"):
        require(getattr(work, name) > 0, f"{where}.{name}", "must be positive")
    inside = work.alpha_min_ppm <= work.alpha_start_ppm <= work.alpha_max_ppm
    require(inside, f"{where}.alpha_start_ppm", "is outside its bounds")
    require(work.alpha_share_ppm <= PPM, f"{where}.alpha_share_ppm", "exceeds one")


def _check_between(one: ParamSet) -> None:
    room = one.poies.gamma_unat + _NAT <= one.params.theta_min_unat
    require(room, "poies.gamma_unat", "plus one nat exceeds params.theta_min_unat")


def _check_allocations(network: Network) -> None:
    allocations = network.genesis.allocations
    for address, balance in allocations:
        sound = len(address) == ADDRESS_BYTES and 0 < balance < SUPPLY_LIMIT
        require(sound, "genesis.allocations", "has a bad address or balance")
    distinct = len({address for address, _ in allocations}) == len(allocations)
    require(distinct, "genesis.allocations", "names an address twice")
    supply = sum(balance for _, balance in allocations)
    require(supply < SUPPLY_LIMIT, "genesis.allocations", "exceed 2^63 nANM together")
