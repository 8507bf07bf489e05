"""The site as it is deployed, behind nginx with TLS and HTTP/2, on loopback; for tools that people run by hand."""

import contextlib
import http.client
import ssl
import subprocess
from pathlib import Path

from tests.running import Nginx, RunningSite, free_port

SUBJECT = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]


class WithTls(Nginx):
    def connection(self):
        trusting = ssl._create_unverified_context()  # noqa: S323  our own certificate, made a moment ago
        return http.client.HTTPSConnection("localhost", self.port, timeout=60, context=trusting)


@contextlib.contextmanager
def site_behind_tls(folder):
    """Yields the site and its two ports, that of plain HTTP and that of HTTPS. Certificate: folder/fullchain.pem."""
    Path(folder).chmod(0o755)
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *SUBJECT]
    certificate += ["-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"]
    subprocess.run(certificate, check=True, capture_output=True)
    plain, secure = free_port(), free_port()
    Path(folder, "var").mkdir()
    site = RunningSite(Path(folder, "var"))
    site.environment |= {"SITE_URL": f"https://localhost:{secure}", "TRUSTED_PROXIES": "1"}
    site.headers = {"Host": f"localhost:{secure}", "X-Forwarded-Proto": "https"}
    site.prepare()
    site.start()

    def changed(text, port):
        text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
        return text.replace("/etc/ssl/innovaatiojulistus", str(folder))

    nginx = WithTls(site, changed=changed, port=secure)
    try:
        yield site, plain, secure
    finally:
        nginx.stop()
        site.stop()
