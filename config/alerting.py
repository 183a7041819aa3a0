"""Settings of who watches the house: `config/settings.py` takes them over, docs/settings.md describes them."""

import environ

__all__ = ["ALERT_MAIL_TO", "ALERT_WEBHOOK_SECRET", "ALERT_WEBHOOK_URL", "METRICS_TOKEN", "SPOOL_FREE_MEGABYTES"]

env = environ.Env()

METRICS_TOKEN = env("METRICS_TOKEN", default="")  # of who reads /metrics from another machine
ALERT_WEBHOOK_URL = env("ALERT_WEBHOOK_URL", default="")  # the operator's own: it may be private
ALERT_WEBHOOK_SECRET = env("ALERT_WEBHOOK_SECRET", default="")  # signs as our webhooks are signed
ALERT_MAIL_TO = env.list("ALERT_MAIL_TO", default=[])
SPOOL_FREE_MEGABYTES = env.int("SPOOL_FREE_MEGABYTES", default=100)  # less, and this machine is not ready
