from django.conf import settings
from django.core.management.base import BaseCommand
from django.template import Context, Engine

from website.http.headers import HEADERS
from website.publishing.rendering import PUBLIC
from website.publishing.texts import LANGUAGES


class Command(BaseCommand):
    help = "Prints a file of deploy/ filled in from the settings, so that nginx and Django say the same headers."

    def add_arguments(self, parser):
        parser.add_argument("file", choices=["nginx"])
        parser.add_argument("--upstream", default="unix:/run/innovaatiojulistus.sock")
        parser.add_argument("--listen", default="443" if settings.HTTPS else "80")
        parser.add_argument("--certificate", default="/etc/ssl/innovaatiojulistus")
        parser.add_argument("--log", default="/var/log/nginx")

    def handle(self, file, **options):
        port_alone = options["listen"].isdecimal()

        def addresses(port):
            """The addresses to listen on: for a port alone IPv4 and IPv6."""
            return [port, f"[::]:{port}"] if port_alone else [port]

        context = options | {
            # For all responses of nginx itself.
            "headers": "\n".join(f'    add_header {name} "{value}" always;' for name, value in HEADERS.items()),
            "addresses": addresses(options["listen"]),
            "plain": addresses("80"),
            "monitoring_paths": ["healthz", "readyz", "statusz"],
            "languages": LANGUAGES,
            "public": PUBLIC,
            "settings": settings,
        }
        template = (settings.BASE_DIR / "deploy" / f"{file}.conf").read_text(encoding="utf-8")
        self.stdout.write(Engine().from_string(template).render(Context(context)))
