"""The ops console: the first page, and every list, search and page of a row, beside a page that shows nothing."""

from importlib import import_module
from statistics import median
from time import perf_counter

import requests
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Model
from django.urls import reverse
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.models import User
from config.sql import execute
from messaging.benchmark.figures import Figure
from messaging.benchmark.shop import Refused
from messaging.benchmark.stage import Stage

TIMES = 9
WARM = 2
TIMEOUT = 120
BACKEND = "django.contrib.auth.backends.ModelBackend"
NAME = "ops@benchmark.example"
# What years leave behind beside recipients and their log; each statement says how many for `%(old)s` recipients.
RECEIPTS = """
    INSERT INTO messaging_receipt
           (account_id, dedupe, provider_message_id, status, raw_status, error_class, error_code, received_at,
            next_try_at, tries, applied_at, outcome, raw)
    SELECT 1, 'old:' || n, md5(n::text), 'delivered', 'DELIVRD', '', '', now(), now(), 0, now(), 'applied', ''
      FROM generate_series(1, %(old)s) AS n
"""
AUDIT = """
    INSERT INTO config_auditevent (store_id, actor, action, subject, reason, facts, created_at)
    SELECT 1, 'key:' || n %% 100, 'campaign.launch', 'campaign:' || n, '', '{}', now()
      FROM generate_series(1, %(old)s / 10) AS n
"""
MINUTES = """
    INSERT INTO campaigns_campaignminute (campaign_id, minute, sent, delivered, undelivered, failed, parts, credits)
    SELECT c.id, m.minute, 7, 6, 1, 0, 7, 7
      FROM (SELECT id FROM campaigns_campaign ORDER BY id LIMIT 50) c
     CROSS JOIN generate_series(date_trunc('minute', now() - interval '3 days'), now(), interval '1 minute')
            AS m (minute)
        ON CONFLICT DO NOTHING
"""
TABLES = ("messaging_receipt", "config_auditevent", "campaigns_campaignminute")


def run(stage: Stage, people: int) -> list[Figure]:
    """Each page in turn with the trivial one, so that what disturbs the machine disturbs both."""
    stage.shop(people)
    # Pages name their style sheets by the list of them, which web reads when it first needs it.
    stage.house.manage("collectstatic", "--noinput", "-v0")
    _lay(stage.options.history or people)
    browser = _browser()
    nothing = reverse("admin:password_change")
    figures = []
    for name, path in _pages():
        _milliseconds(browser, path, times=WARM)
        pairs = [(_milliseconds(browser, path), _milliseconds(browser, nothing)) for _ in range(TIMES)]
        figures.append(Figure(name, "ms", median(a for a, _ in pairs), median(b for _, b in pairs), "less"))
    return figures


def _pages() -> list[tuple[str, str]]:
    """The first page, then of every table the list, a search, and the latest row's page."""
    found = [("first page", reverse("admin:index"))]
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append((f"{model._meta.label} list", reverse(f"{name}_changelist")))
        row: Model | None = model._default_manager.order_by("-pk").first()
        if row is not None:
            found.append((f"{model._meta.label} search", f"{reverse(f'{name}_changelist')}?q={row.pk}"))
            found.append((f"{model._meta.label} page", reverse(f"{name}_change", args=[row.pk])))
    return found


def _milliseconds(browser: requests.Session, path: str, *, times: int = 1) -> float:
    for _ in range(times):
        began = perf_counter()
        answer = browser.get(f"{settings.PUBLIC_URL}{path}", timeout=TIMEOUT, allow_redirects=False)
        took = (perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise Refused(f"{path}: {answer.status_code} {answer.headers.get('Location', '')}")
    return took


def _browser() -> requests.Session:
    """A superuser who has shown a code: the session is written as the two doors of the console write it."""
    user = User.objects.filter(email=NAME).first() or User.objects.create_superuser(NAME)
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=True, defaults={"name": "benchmark"})
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    session[HASH_SESSION_KEY], session[DEVICE_ID_SESSION_KEY] = user.get_session_auth_hash(), device.persistent_id
    session.create()
    browser = requests.Session()
    browser.headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    return browser


def _lay(old: int) -> None:
    """What else is old, once: the second repetition finds it."""
    execute("SET statement_timeout = '20min'", {})
    if not execute("SELECT FROM messaging_receipt WHERE account_id = 1 AND dedupe = 'old:1'", {}):
        for statement in (RECEIPTS, AUDIT, MINUTES):
            execute(statement, {"old": old})
        for table in TABLES:
            execute(f"VACUUM ANALYZE {table}", {})
    execute("RESET statement_timeout", {})
