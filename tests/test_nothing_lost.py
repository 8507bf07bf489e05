"""The forms while everything around them breaks, a short run; `make soak` makes it a long one."""

import pytest

from tests import soak
from tests.browser import missing
from tests.running import POSTGRESQL

pytestmark = pytest.mark.postgres


def test_whatever_breaks_nothing_thanked_for_is_lost_or_doubled():
    if not POSTGRESQL.exists():
        missing("PostgreSQL 15")
    numbers = soak.run_faults(rounds=1)
    print(numbers)
    assert numbers["people thanked"] > 50
    assert numbers["refused"] > 0
    assert numbers["lost"] == numbers["never mailed"] == numbers["doubled rows"] == 0
    assert numbers["doubled mails: other"] == 0
    assert numbers.get("refused without what was typed", 0) == numbers.get("given up", 0) == 0
    assert set(numbers) <= {
        *("posts", "thanked", "refused", "cut off", "people thanked", "stored", "mailed"),
        *("refused by the mail server", "lost", "never mailed", "doubled rows"),
        *("doubled mails: stopped or cut after DATA", "doubled mails: other"),
    }
