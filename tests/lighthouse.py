"""`make lighthouse`: Google's Lighthouse on the main pages of a running site, in the three languages.

It needs node, npm and Chromium. Lighthouse is installed into a folder that is thrown away: a check for people
to run now and then, not a dependency.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "12.8.2"
PAGES = ["fi/", "sv/", "en/", "fi/julistus/", "sv/ataganden/3/", "fi/verkosto/liity/", "en/opsi/", "sv/kontakt/"]
LEAST = {"performance": 100, "accessibility": 100, "best-practices": 100, "seo": 100}
#: Largest paint in milliseconds on Lighthouse's slow 4G, and what moves while the page loads.
MOST = {"largest-contentful-paint": 1200, "cumulative-layout-shift": 0}


def scores(program, address, folder):
    report = Path(folder, "report.json")
    command = [
        "node",
        program,
        address,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(LEAST)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
    ]
    environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
    # Chromium loses the beginning of a page now and then (NO_NAVSTART): then it is asked again.
    for last in (False, False, True):
        if subprocess.run(command, check=last, env=environment).returncode == 0:
            break
    found = json.loads(report.read_text(encoding="utf-8"))
    missed = [audit["title"] for audit in found["audits"].values() if audit["score"] == 0]
    measured = {name: round(found["audits"][name]["numericValue"], 3) for name in MOST}
    return {name: round(100 * (found["categories"][name]["score"] or 0)) for name in LEAST} | measured, missed


def main():
    site, low = os.environ["SITE_URL"], False
    with tempfile.TemporaryDirectory() as folder:
        # The tools it lists for other browsers are not fetched; only what runs here is.
        npm = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*npm, f"lighthouse@{VERSION}"], check=True)
        for page in PAGES:
            found, missed = scores(f"{folder}/node_modules/lighthouse/cli/index.js", f"{site}/{page}", folder)
            low |= any(found[name] < least for name, least in LEAST.items())
            low |= any(found[name] > most for name, most in MOST.items())
            print(f"/{page:22}", *(f"{name} {score}" for name, score in found.items()), *missed, sep="  ", flush=True)
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
