"""`make lighthouse`: Google's Lighthouse on the main pages in the three languages, as nginx serves them with HTTP/2.

It needs node, npm, nginx, openssl and Chromium. Lighthouse is installed into a folder that is thrown away: a check for
people to run now and then, not a dependency.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.behind_tls import site_behind_tls

VERSION = "12.8.2"
PAGES = ["fi/", "sv/", "en/", "fi/julistus/", "sv/ataganden/3/", "fi/verkosto/liity/", "en/opsi/", "sv/kontakt/"]
LEAST = {"performance": 100, "accessibility": 100, "best-practices": 100, "seo": 100}
#: Largest paint in milliseconds on Lighthouse's slow 4G, and what moves while the page loads.
MOST = {"largest-contentful-paint": 1200, "cumulative-layout-shift": 0}
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --ignore-certificate-errors"


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
        f"--chrome-flags={CHROME}",
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
    low = False
    with tempfile.TemporaryDirectory() as folder:
        # The tools it lists for other browsers are not fetched; only what runs here is.
        npm = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*npm, f"lighthouse@{VERSION}"], check=True)
        with site_behind_tls(folder) as (_site, _plain, secure):
            program = f"{folder}/node_modules/lighthouse/cli/index.js"
            for page in PAGES:
                found, missed = scores(program, f"https://localhost:{secure}/{page}", folder)
                low |= any(found[name] < least for name, least in LEAST.items())
                low |= any(found[name] > most for name, most in MOST.items())
                said = [f"{name} {score}" for name, score in found.items()]
                print(f"/{page:22}", *said, *missed, sep="  ", flush=True)
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
