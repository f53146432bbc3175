"""The planted faults fit the tree as it is; ``make test-faults`` shows that the suite sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns import faults

ALL = faults.read_all()


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with faults.copy_of_the_tree() as made:
        yield made


def test_there_are_fourteen_of_them():
    assert [fault.path.name[:2] for fault in ALL] == [f"{number:02}" for number in range(1, 15)]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.path.stem)
def test_a_fault_fits_and_breaks_one_line(fault: faults.Fault, copy: Path):
    assert all((faults.ROOT / target).exists() for target in fault.suite)
    assert not any(target.startswith(faults.ABOUT_PATCHES) for target in fault.suite)
    lines = fault.diff.splitlines()
    for sign in "+-":
        assert len([x for x in lines if x[:1] == sign and x[:3] != sign * 3]) == 1, fault.path.name
    assert not any(x.startswith("+++ b/tests/") for x in lines)
    faults.plant(fault, copy)
    done = faults._git(copy, "apply", "--reverse", "-", text=fault.diff)
    assert done.returncode == 0


def test_a_patch_that_no_longer_fits_says_how_to_mend_it(tmp_path: Path, copy: Path):
    patch = tmp_path / "99-gone.patch"
    diff = ALL[0].diff.replace("\n-", "\n-no such line ")
    patch.write_text("# fault: A fault.\n# suite: tests/chain\n" + diff)
    with pytest.raises(SystemExit, match="no longer applies") as refusal:
        faults.plant(faults.read(patch), copy)
    assert faults.REFRESH in str(refusal.value)


def test_a_patch_says_what_it_breaks(tmp_path: Path):
    patch = tmp_path / "99-mute.patch"
    patch.write_text(ALL[0].diff)
    with pytest.raises(SystemExit, match="must begin with"):
        faults.read(patch)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("# A comment breaks nothing.", "all tests passed"),
        ("import no_such_module", "could not be run"),
    ],
    ids=["harmless", "not importable"],
)
def test_what_no_test_notices_is_told(tmp_path: Path, copy: Path, line: str, why: str):
    broken = copy / "core/bech32m.py"
    whole = broken.read_text()
    broken.write_text(f"{whole}{line}\n")
    diff = faults._git(copy, "diff", "-U1").stdout
    broken.write_text(whole)
    patch = tmp_path / "99-unnoticed.patch"
    patch.write_text(f"# fault: None.\n# suite: tests/core/test_bech32m.py\n{diff}")
    with pytest.raises(SystemExit, match=f"was not noticed, .*{why}"):
        faults.judge(faults.read(patch), named=True)
