"""Which tests share a process when several run them: those of a file that is marked with an xdist_group.

pytest-xdist 3.8 hands a group on at the end of a test's id, and pytest 9.2 does not let it write there: its own
--dist=loadgroup then passes over every mark in silence (issue 1386 of pytest-xdist). So the marks are read here.
"""

import functools
import re

from xdist.scheduler import LoadScopeScheduling

from tests.running import ROOT


@functools.cache
def group_of(file):
    """The name that its mark gives, or None."""
    found = re.search(r'mark\.xdist_group\("(\w+)"\)', (ROOT / file).read_text())
    return found and found[1]


class Together(LoadScopeScheduling):
    """The largest group begins first; what is in none goes to whoever is free."""

    def _split_scope(self, nodeid):
        return group_of(nodeid.partition("::")[0]) or nodeid
