"""``animica simulate consensus``: every scenario ends in tables, and plots are an extra."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from animica_site import networks
from animica_site.cli import cli
from lab import plots, studies
from lab.studies.bench import Bench
from lab.tables import Plot, Result, Series, Table


def simulate(*args: str):
    return CliRunner().invoke(cli, ["simulate", "consensus", *args])


@pytest.mark.parametrize("name", studies.STUDIES)
def test_every_scenario_runs_small(name):
    least = studies.STUDIES[name].least
    told: list[tuple[int, int]] = []
    bench = Bench(
        networks.load("fast"),
        3,
        least,
        runs=2,
        tell=lambda done, total: told.append((done, total)),
    )
    result = studies.run(name, bench)
    assert result.tables and all(
        len(row) == len(table.head) for table in result.tables for row in table.rows
    )
    assert all(len(s.x) == len(s.y) for plot in result.plots for s in plot.series)
    assert told[-1][0] == told[-1][1] > 0
    json.dumps(result.to_map(), allow_nan=False)


def test_text_and_json_hold_the_same_and_repeat():
    first, again = (simulate("partition", "--blocks", "700", "--seed", "5") for _ in range(2))
    assert first.exit_code == 0 and first.stdout == again.stdout
    answer = json.loads(simulate("partition", "--blocks", "700", "--seed", "5", "--json").stdout)
    assert (answer["study"], answer["seed"], answer["blocks"]) == ("partition", 5, 700)
    for table in answer["tables"]:
        assert table["title"] in first.stdout
        assert all(cell in first.stdout for row in table["rows"] for cell in row)
    assert "partition: 700 of 700 blocks" in first.stderr


def test_numbers_and_plots_are_written(tmp_path):
    pytest.importorskip("matplotlib")
    done = simulate("partition", "--blocks", "700", "--out", str(tmp_path / "new"))
    assert done.exit_code == 0, done.output
    numbers = json.loads((tmp_path / "new/consensus-partition.json").read_text("utf-8"))
    assert numbers["plots"][0]["series"][0]["x"]
    drawn = (tmp_path / "new/consensus-partition.svg").read_text("utf-8")
    assert "chain that lost" in drawn and len(drawn) < 100_000


def test_without_matplotlib_the_numbers_come_and_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    done = simulate("partition", "--blocks", "700", "--out", str(tmp_path))
    assert done.exit_code == 0
    assert "pip install 'matplotlib>=3.10,<4'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["consensus-partition.json"]


def test_what_cannot_be_answered_is_refused_with_the_next_step():
    fixed = simulate("steps", "--network", "devnet", "--blocks", "100")
    assert fixed.exit_code == 1
    assert "[lab.theta_fixed]" in fixed.stderr and "--network mainnet" in fixed.stderr
    short = simulate("partition", "--blocks", "20")
    assert short.exit_code == 1 and "[lab.too_short]" in short.stderr
    assert simulate("no-such").exit_code == 2


def test_a_folder_that_cannot_be_made_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    done = simulate("partition", "--out", str(tmp_path / "file" / "below"))
    assert done.exit_code == 1 and "[lab.out_unwritable]" in done.stderr
    assert "blocks" not in done.stderr


def test_files_of_other_networks_are_told_apart():
    def made(network):
        return Result("study", network, 1, 10, []).file_name("study")

    assert (made("mainnet"), made("fast")) == ("consensus-study", "consensus-study-fast")


def test_the_same_plot_is_the_same_file(tmp_path):
    pytest.importorskip("matplotlib")
    lines = [Series("a", [0, 1], [1, 2]), Series("b", [0, 1], [2, 2], "dashed")]
    result = Result("s", "mainnet", 1, 1, [], [Plot("p", "t", "x", "y", lines)])
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files.append(plots.draw(result, tmp_path / name)[0].read_bytes())
    assert files[0] == files[1]


def test_tables_are_aligned_and_become_markdown():
    table = Table("Title", ["", "n"], [["a", "1"], ["long", "22"]])
    assert table.text() == "Title\n         n\n  a      1\n  long  22"
    assert table.markdown() == "|  | n |\n| --- | ---: |\n| a | 1 |\n| long | 22 |"
