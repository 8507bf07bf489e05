"""How gunicorn runs the site, for `make run` and in production alike. Command line options go before these."""

workers = 2
worker_class = "gthread"
threads = 8
timeout = 30  # seconds without a sign of life from a worker
graceful_timeout = 20
control_socket_disable = True
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "website.logs.Json"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"handlers": ["stderr"], "propagate": False}},
}


def post_worker_init(worker):
    # Here, not in the application: threads do not survive a fork.
    from website.press.moving import mover

    mover.start()
