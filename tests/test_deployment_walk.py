"""A stranger brings the site up with deploy/README.md and nothing else."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.browser import missing
from tests.running import ROOT, environment

pytestmark = pytest.mark.postgres


def test_the_commands_of_the_readme_bring_the_site_up_as_they_stand():
    if os.getuid() or not shutil.which("nginx") or not shutil.which("ip"):
        missing("root, nginx or ip")
    with tempfile.TemporaryDirectory(prefix="stranger-") as scratch:
        Path(scratch).chmod(0o755)
        apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = [*apart, sys.executable, "-m", "tests.deployment_walk", scratch]
        walked = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=600)
    print(walked.stdout, walked.stderr)
    assert walked.returncode == 0
    lines = [line for line in walked.stdout.splitlines() if line.startswith(("yes", "NO"))]
    assert [line for line in lines if line.startswith("NO")] == []
    assert len(lines) == 10
