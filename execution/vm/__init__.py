"""The contract engine: checked trees to metered code, and running it. Pure.

outcome   how a call fails: reverted, out of gas
"""
