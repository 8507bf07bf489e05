"""What tests/test_deployment_walk.py runs as root in namespaces of its own: a machine on which nothing is set up yet.

/etc is a copy, /srv, /run, /root, /var/lib, /var/log and /var/www are empty, and the network is a loopback alone. Then
the commands of deploy/README.md run as they stand. Stood in for are apt-get (the packages are there), python3 -m venv
and pip (the environment of the test is taken), and systemctl, which runs the units' own commands as their user, with
their environment and socket, but without their confinement.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
RELEASE = Path(f"/srv/innovaatiojulistus-{VERSION}")
POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
HOST = "innovaatiojulistus.example"
UNITS = Path("/etc/systemd/system")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


# --- systemctl ------------------------------------------------------------------------------------------------------
def of_unit(name, key):
    text = (UNITS / name).read_text()
    return re.findall(rf"(?m)^{key}=(.+)$", text)


def start(name):
    """What systemd does for a service of ours, without its confinement."""
    (user,), (group,), (command,) = (of_unit(name, key) for key in ("User", "Group", "ExecStart"))
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    for file in of_unit(name, "EnvironmentFile"):
        for line in Path(file).read_text().splitlines():
            key, _equals, value = line.partition("=")
            environment[key] = "".join(shlex.split(value))
    for folders in of_unit(name, "StateDirectory"):
        for folder in folders.split():
            Path("/var/lib", folder).mkdir(exist_ok=True)
            shutil.chown(Path("/var/lib", folder), user, group)
    (folder,) = of_unit(name, "WorkingDirectory")
    as_user = ["runuser", "--user", user, "--group", group, "--"]
    listener = name.replace(".service", ".socket")
    if not (UNITS / listener).exists():
        started = subprocess.Popen([*as_user, *command.split()], cwd=folder, env=environment)
        return started.wait() if of_unit(name, "Type") == ["oneshot"] else 0
    (path,), (mode,) = of_unit(listener, "ListenStream"), of_unit(listener, "SocketMode")
    held = socket.socket(socket.AF_UNIX)
    held.bind(path)
    shutil.chown(path, *[of_unit(listener, key)[0] for key in ("SocketUser", "SocketGroup")])
    os.chmod(path, int(mode, 8))
    held.listen(2048)
    os.dup2(held.fileno(), 3)
    activate = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
    subprocess.Popen(
        [*as_user, "sh", "-c", activate, "sh", *command.split()], cwd=folder, env=environment, pass_fds=(3,)
    )
    return 0


def systemctl(action, *names):
    names = [name if "." in name else f"{name}.service" for name in names if not name.startswith("--")]
    for name in names:
        if name == "nginx.service":
            added = of_unit("nginx.service.d/innovaatiojulistus.conf", "Environment")
            subprocess.Popen(["nginx"], env=os.environ | dict(line.split("=", 1) for line in added))
        elif name.endswith(".service") and action in ("enable", "start"):
            if start(name):
                return 1
        elif not (UNITS / name).exists():
            return 1
    return 0


# --- The bare machine ----------------------------------------------------------------------------------------------
def lay_out(scratch):
    run("ip", "link", "set", "lo", "up")
    run("cp", "-a", "/etc", scratch / "etc")
    run("mount", "--bind", scratch / "etc", "/etc")
    python = Path(sys.base_prefix)
    if python.is_relative_to("/root"):  # others may not go through it
        (scratch / "python").mkdir()
        run("mount", "--bind", python, scratch / "python")
    for folder in ("/root", "/srv", "/run", "/var/lib", "/var/log", "/var/www"):
        run("mount", "-t", "tmpfs", "-o", "mode=755", "none", folder)
    if python.is_relative_to("/root"):
        python.mkdir(parents=True)
        run("mount", "--bind", scratch / "python", python)
    for folder in ("/var/log/nginx", "/var/lib/nginx", "/run/postgresql", "/var/lib/postgresql"):
        os.mkdir(folder)
    for folder in ("/run/postgresql", "/var/lib/postgresql"):
        shutil.chown(folder, "postgres")
    listed = run("git", "ls-files", "-z", cwd=ROOT, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        (RELEASE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, RELEASE / name)
    RELEASE.chmod(0o755)
    stand_ins(scratch)
    as_postgres = ["runuser", "--user", "postgres", "--"]
    initdb = ["initdb", "--pgdata=/var/lib/postgresql/data", "--auth-local=peer", "--auth-host=scram-sha-256"]
    run(*as_postgres, POSTGRESQL / initdb[0], *initdb[1:], "--no-sync", cwd="/", stdout=subprocess.DEVNULL)
    pg_ctl = [POSTGRESQL / "pg_ctl", "start", "--wait", "--silent", "--pgdata=/var/lib/postgresql/data"]
    run(*as_postgres, *pg_ctl, "--log=/var/lib/postgresql/log", "--options=-c fsync=off", cwd="/")
    certificate = Path("/etc/ssl/innovaatiojulistus")
    certificate.mkdir()
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    make += ["-subj", f"/CN={HOST}", "-keyout", certificate / "privkey.pem", "-out", certificate / "fullchain.pem"]
    run(*make, stderr=subprocess.DEVNULL)


def stand_ins(scratch):
    here = scratch / "stand-ins"
    here.mkdir()
    python = f"""#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then exit 0; fi
exec {sys.executable} "$@"
"""
    venv = f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"
mkdir -p "$3/bin" && cp {here}/python "$3/bin/python"
"""
    texts = {"python": python, "python3": venv, "apt-get": "#!/bin/sh\n"}
    texts["systemctl"] = f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tests.deployment_walk systemctl "$@"\n'
    for name, text in texts.items():
        (here / name).write_text(text)
        (here / name).chmod(0o755)
    os.environ["PATH"] = f"{here}:{os.environ['PATH']}"


# --- The walk ------------------------------------------------------------------------------------------------------
def curl(address, *options):
    command = [
        "curl",
        "--silent",
        "--insecure",
        "--resolve",
        f"{HOST}:443:127.0.0.1",
        "--resolve",
        f"{HOST}:80:127.0.0.1",
    ]
    return subprocess.run([*command, *options, address], capture_output=True, text=True).stdout


def said(condition, sentence):
    print("yes" if condition else "NO", sentence, flush=True)


def walk():
    began = time.monotonic()
    text = (RELEASE / "deploy/README.md").read_text()
    commands = re.search(r"## Once\n.*?```sh\n(.*?)```", text, re.DOTALL)[1]
    run("bash", "-euo", "pipefail", "-c", commands, cwd="/")
    print(f"brought up in {time.monotonic() - began:.0f} s")
    page = curl(f"https://{HOST}/fi/")
    said('<html lang="fi">' in page, "a page is there")
    sheet = re.search(r'href="(/static/css/[^"]+)"', page)[1]
    code = ("--output", "/dev/null", "--write-out", "%{http_code}")
    said(curl(f"https://{HOST}{sheet}", *code) == "200", "and its style sheet")
    said(curl("http://127.0.0.1/", *code) == "000", "an unknown host gets no answer")
    said(curl(f"http://{HOST}/fi/", *code) == "301", "port 80 redirects")
    Path("/var/www/acme/.well-known/acme-challenge").mkdir(parents=True)
    Path("/var/www/acme/.well-known/acme-challenge/token").write_text("answer")
    said(curl(f"http://{HOST}/.well-known/acme-challenge/token") == "answer", "a certificate can be renewed")
    posted = curl(f"https://{HOST}/fi/verkosto/liity/", *code, "--data", "name=Aino")
    said(posted == "422", "a form is checked")
    run("deploy/manage", "shell", "--verbosity=0", cwd=RELEASE, input=PUBLISH, text=True)
    deadline = time.monotonic() + 60
    while "Julkaistu asennuksessa" not in curl(f"https://{HOST}/fi/verkosto/") and time.monotonic() < deadline:
        time.sleep(0.2)
    said(time.monotonic() < deadline, "what is published is seen")
    run("systemctl", "start", "innovaatiojulistus-backup")
    said(len([*Path("/var/lib/innovaatiojulistus-backups").glob("*.dump")]) == 1, "a backup is there")
    strangers = run("find", "/var/lib/innovaatiojulistus", "-user", "root", capture_output=True, text=True).stdout
    said(strangers == "", "nothing in VAR_DIR is root's")
    logs = "".join(log.read_text() for log in Path("/var/log/nginx").glob("*"))
    said("127.0.0.1" not in logs and '+00:00"' in logs, "nginx logs in UTC and no address")


PUBLISH = """
from website.accounts.models import User
from website.pages.models import Page
from website.publishing import versions, workflow
assert not User.objects.get().has_usable_password()
page = Page.objects.get(pk="network")
page.title_fi = "Julkaistu asennuksessa"
workflow.save_draft(page)
workflow.publish([versions.latest_version(page)])
"""

if __name__ == "__main__":
    if sys.argv[1] == "systemctl":
        sys.exit(systemctl(*sys.argv[2:]))
    lay_out(Path(sys.argv[1]))
    walk()
