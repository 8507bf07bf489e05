"""`make bench`: what an edition costs, on the first content and a database in memory.

Milliseconds depend on the machine; the ratio to a page that needs no edition does not. The three are
measured in turns, so that a busy moment of the machine falls on all of them.
"""

import io
import os
import statistics
import time

import django

ROUNDS = 200


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.core.management import call_command
    from django.template.loader import render_to_string
    from django.test import Client
    from django.test.utils import setup_databases, setup_test_environment

    from website.publishing.edition import Edition

    setup_test_environment()
    setup_databases(verbosity=0, interactive=False)
    call_command("seed", stdout=io.StringIO())
    client = Client()

    measured = {
        "a page without an edition (503)": lambda: render_to_string("503.html"),
        "loading the edition": Edition.load,
        "the front page, edition included": lambda: client.get("/fi/"),
    }
    times = {name: [] for name in measured}
    for number in range(ROUNDS + 5):
        for name, step in measured.items():
            start = time.perf_counter()
            step()
            if number >= 5:  # the first rounds fill caches
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    plain = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:34} {median * 1000:7.2f} ms  {median / plain:6.2f} x")


if __name__ == "__main__":
    main()
