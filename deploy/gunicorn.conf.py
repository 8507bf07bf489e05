"""How gunicorn runs the site, for `make run` and in production alike. Command line options go before these."""

import os

workers = 2
worker_class = "gthread"
threads = 8
timeout = 30  # seconds without a sign of life from a worker
graceful_timeout = 20
# The sign of life is given in a file: where there is one in memory, a full disk stops no worker from starting.
in_memory = "/dev/shm"  # noqa: S108  gunicorn makes the file with mkstemp
worker_tmp_dir = in_memory if os.path.isdir(in_memory) else None
control_socket_disable = True
accesslog = None
# Long queries and the cookies of a parent domain get the page, not gunicorn's bare refusal; nginx ends what is longer.
limit_request_line = 8190
limit_request_field_size = 16384
forwarder_headers = ""  # no SCRIPT_NAME and no PATH_INFO from outside: gunicorn answers 500 to those that do not fit


def on_starting(server):
    # Not by logconfig_dict: with it gunicorn makes a line of access log for every request and throws it away.
    from website.logs.formatting import Json

    for handler in server.log.error_log.handlers:
        handler.setFormatter(Json())


on_reload = on_starting
