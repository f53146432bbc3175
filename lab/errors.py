"""What the laboratory refuses."""

from __future__ import annotations

from core.errors import NodeFault, RequestRefused


class ThetaFixed(RequestRefused):
    """The question is about Θ, and on this network it does not move."""

    code = "lab.theta_fixed"
    hint = "Name a network that retargets, for instance --network mainnet."


class RunTooShort(RequestRefused):
    """So few blocks answer nothing."""

    code = "lab.too_short"
    hint = "Ask for more blocks with --blocks, or leave it out."


class OutUnwritable(NodeFault):
    """The folder for numbers and plots cannot be made or written to."""

    code = "lab.out_unwritable"
    hint = "Name a folder with --out that you may write to, with some free space."
