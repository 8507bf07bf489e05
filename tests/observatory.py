"""`make observatory`: MDN's HTTP Observatory on the site behind nginx with TLS, on loopback.

It needs node, npm, nginx and openssl. MDN's own scanner is installed into a folder that is thrown away, and scans what
`deploy_config` prints for an HTTPS site; only its lists of preloaded hosts are left out, in which we are not.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.behind_tls import site_behind_tls

VERSION = "1.4.8"
LEAST = {
    "/fi/": 130,
    "/sv/ataganden/3/": 130,
    "/en/network/join/": 130,
    "/fi/ei-ole/": 130,
    "/fi/hallinta/login/": 135,
    "/sv/hallinta/login/": 135,
}
#: What the scanner's scan() does, for a path and ports of our choice.
SCAN = """
import { ALL_TESTS } from "./node_modules/@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "./node_modules/@mdn/mdn-http-observatory/src/grader/charts.js";
import { getScoreModifier } from "./node_modules/@mdn/mdn-http-observatory/src/grader/grader.js";
import { retrieve } from "./node_modules/@mdn/mdn-http-observatory/src/retriever/retriever.js";
const [httpPort, httpsPort, path] = process.argv.slice(2);
const found = await retrieve("localhost", { httpPort, httpsPort, path });
const points = {};
for (const test of ALL_TESTS) {
  const output = test(found);
  if (output.result) points[output.result] = getScoreModifier(output.result);
}
const values = Object.values(points);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 100);
const uncurved = sum(values.filter((value) => value < 0));
const score = uncurved >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(values) : uncurved;
console.log(JSON.stringify({ score, status: found.responses.auto.status, points }));
"""


def main():
    low = False
    with tempfile.TemporaryDirectory(prefix="observatory-") as folder:
        npm = ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([*npm, f"@mdn/mdn-http-observatory@{VERSION}"], check=True)
        Path(folder, "node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json").write_text("{}")
        Path(folder, "scan.mjs").write_text(SCAN)
        with site_behind_tls(folder) as (site, plain, secure):
            for path, least in LEAST.items():
                scan = ["node", "scan.mjs", str(plain), str(secure), path]
                environment = site.environment | {"NODE_EXTRA_CA_CERTS": f"{folder}/fullchain.pem"}
                told = subprocess.run(
                    scan, cwd=folder, env=environment, check=True, capture_output=True, text=True
                ).stdout
                found = json.loads(told)
                low |= found["score"] < least
                given = ", ".join(f"{name} {value:+}" for name, value in found["points"].items() if value)
                print(f"{path:24}{found['status']:4}{found['score']:5} (at least {least})  {given}", flush=True)
    return int(low)


if __name__ == "__main__":
    sys.exit(main())
