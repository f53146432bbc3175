"""What every test shares: how many examples hypothesis tries, chosen by HYPOTHESIS_PROFILE.

default   quick, for working at the desk
ci        more examples, always the same ones, so that a red run can be repeated
campaign  as many as an afternoon allows
"""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("campaign", parent=settings.get_profile("default"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Started in the background of a script, this process ignores Ctrl-C, and so would every node that
# the tests start and stop with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
