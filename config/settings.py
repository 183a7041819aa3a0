"""Settings, all from the environment; every name is described in docs/settings.md and checked at start."""

from pathlib import Path

import environ

from config.alerting import *  # noqa: F403
from config.api_document import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.browsers import CORS_ALLOW_HEADERS as CORS_ALLOW_HEADERS
from config.browsers import CORS_ALLOW_METHODS as CORS_ALLOW_METHODS
from config.browsers import CORS_EXPOSE_HEADERS as CORS_EXPOSE_HEADERS
from config.browsers import content_security_policy
from config.database import databases
from config.doors import *  # noqa: F403
from config.link_keys import parse_link_keys
from config.logging import logging_config
from config.origins import parse_origin

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Public ids and the references on the wire are encrypted with this key: changing it changes every id.
REFERENCE_KEY = env("REFERENCE_KEY", default=SECRET_KEY)
# Phones in the suppression list are kept as keyed hashes: losing this key loses the list.
SUPPRESSION_KEY = env("SUPPRESSION_KEY", default=SECRET_KEY)
# Provider credentials at rest; the first key encrypts, all decrypt.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", default=[SECRET_KEY])
# Links in messages are signed: the first key signs, all verify. A key that is taken away ends the links that it signed.
LINK_KEYS = parse_link_keys(env.list("LINK_KEYS", default=[]), otherwise=SECRET_KEY)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEBUG else [])
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
# Short links of stores without an address of their own begin with this; empty: only stores with one shorten.
LINKS_BASE_URL = parse_origin(env("LINKS_BASE_URL", default=""), name="LINKS_BASE_URL")
STREAM_URL = env("STREAM_URL", default="http://127.0.0.1:8001").rstrip("/")
SIMULATOR_URL = env("SIMULATOR_URL", default="http://127.0.0.1:8025").rstrip("/")
LOCAL_DIR = Path(env("LOCAL_DIR", default=str(BASE_DIR / ".local")))
FILES_DIR = env("FILES_DIR", default="")  # uploads that wait for their import; empty: LOCAL_DIR/files
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "audiences.apps.AudiencesConfig",
    "billing.apps.BillingConfig",
    "campaigns.apps.CampaignsConfig",
    "messaging.apps.MessagingConfig",
    "config.apps.OpsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "corsheaders",
    "django_celery_beat",
    "django_structlog",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]

MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestLog",
    "config.middleware.RequestIdHeader",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "audiences.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Database -----------------------------------------------------------------------------------------------------------
DATABASES = databases(env)

# Redis, Celery ------------------------------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_ACKS_LATE = False  # with Redis, acks_late both loses and doubles tasks under SIGKILL (DECISIONS.md)
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_TASK_TIME_LIMIT = 1800
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
CELERY_TASK_PUBLISH_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False

QUEUE_DISABLED = env.bool("QUEUE_DISABLED", default=False)  # stops all sending: rows stay, nothing is claimed

# Sending ------------------------------------------------------------------------------------------------------------
SMS_BATCH_SIZE = env.int("SMS_BATCH_SIZE", default=1000)  # recipients per batch at most; a slow account has fewer
SNAPSHOT_CHUNK = env.int("SNAPSHOT_CHUNK", default=5000)  # recipients per snapshot transaction
SNAPSHOT_INLINE_MAX = env.int("SNAPSHOT_INLINE_MAX", default=500)  # recipients prepared inside the request
QUOTE_INLINE_MAX = env.int("QUOTE_INLINE_MAX", default=20_000)  # recipients quoted inside an enqueue without a quote
QUOTE_VALID_SECONDS = env.int("QUOTE_VALID_SECONDS", default=900)
SEND_SLICE_SECONDS = env.int("SEND_SLICE_SECONDS", default=20)  # how long one ring works before it rings again
SEND_RINGS = env.int("SEND_RINGS", default=16)  # outstanding rings at most: 2 per worker thread
SEND_LEASE_SECONDS = env.int("SEND_LEASE_SECONDS", default=60)
SEND_CALL_SECONDS = env.int("SEND_CALL_SECONDS", default=30)  # total deadline of one provider call
SEND_CALL_STALE_SECONDS = env.int("SEND_CALL_STALE_SECONDS", default=90)  # a call older than this is ambiguous
SEND_ATTEMPTS = env.int("SEND_ATTEMPTS", default=6)  # hand-overs of one batch: the first and five retries
SEND_BACKOFF_SECONDS = env.int("SEND_BACKOFF_SECONDS", default=3)  # 3, 6, 12, 24, 48 with jitter
SEND_CLAIMS = env.int("SEND_CLAIMS", default=10)  # claims of one batch before it is dead (a poison batch)
WATCH_LATE_SECONDS = env.int("WATCH_LATE_SECONDS", default=60)  # what is due for longer is an alert
LIMIT_LOCAL_RATE = env.int("LIMIT_LOCAL_RATE", default=20)  # parts per second of a process while Redis is away
LIMIT_STORE_RATE = env.int("LIMIT_STORE_RATE", default=0)  # parts per second of one store; 0: only the account's limit
LIMIT_WAIT_SECONDS = env.float("LIMIT_WAIT_SECONDS", default=2.0)  # a worker waits so long with a batch in hand
POLL_AFTER_SECONDS = env.int("POLL_AFTER_SECONDS", default=1800)  # silence before the provider is asked
ROUTE_FAULTS = env.int("ROUTE_FAULTS", default=3)  # failed calls in a row before other accounts go first
ROUTE_AWAY_SECONDS = env.int("ROUTE_AWAY_SECONDS", default=60)  # the first time; then twice as long each time
ROUTE_AWAY_MAX_SECONDS = env.int("ROUTE_AWAY_MAX_SECONDS", default=900)
ROUTE_SLOW_AFTER_SECONDS = env.int("ROUTE_SLOW_AFTER_SECONDS", default=600)  # a receipt is late from then on
ROUTE_SLOW_SHARE = env.float("ROUTE_SLOW_SHARE", default=0.8)  # so many late ones, and other accounts go first
RECEIPT_BATCH = env.int("RECEIPT_BATCH", default=1000)
INBOUND_ANSWERS_PER_DAY = env.int("INBOUND_ANSWERS_PER_DAY", default=3)  # to one phone, of all stores together
RETENTION_CONTACT_DAYS = env.int("RETENTION_CONTACT_DAYS", default=730)  # who opted out and is inactive; 0: keep
RETENTION_MESSAGE_DAYS = env.int("RETENTION_MESSAGE_DAYS", default=730)  # phones and texts of messages; 0: keep
RETENTION_RECEIPT_DAYS = env.int("RETENTION_RECEIPT_DAYS", default=30)  # applied receipts; 0: keep
RETENTION_RAW_DAYS = env.int("RETENTION_RAW_DAYS", default=180)  # texts from people, calls, excerpts; 0: keep
INBOUND_UNREADABLE_DAYS = env.int("INBOUND_UNREADABLE_DAYS", default=30)  # calls that nobody could read are kept
TEST_SENDS_PER_HOUR = env.int("TEST_SENDS_PER_HOUR", default=30)  # of one store, of at most five numbers each

# Money --------------------------------------------------------------------------------------------------------------
SUBSCRIPTION_REQUIRED = env.bool("SUBSCRIPTION_REQUIRED", default=False)  # only who has a live plan may send
# Without these two nobody pays by card here: staff grants credits and sets plans.
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.list("STRIPE_WEBHOOK_SECRET", default=[])  # any of them, so that it can be rotated
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")  # of a stand-in, for the demo and tests
STRIPE_TAX_ENABLED = env.bool("STRIPE_TAX_ENABLED", default=False)

# Webhooks -----------------------------------------------------------------------------------------------------------
WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=False)  # development: http, any port and address
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[443, 8443])
WEBHOOK_RETRY_SECONDS = env.list("WEBHOOK_RETRY_SECONDS", cast=int, default=[5, 30, 120, 600, 1800, 3600, 7200])
WEBHOOK_GIVE_UP_SECONDS = env.int("WEBHOOK_GIVE_UP_SECONDS", default=86_400)
WEBHOOK_TIMEOUT_SECONDS = env.int("WEBHOOK_TIMEOUT_SECONDS", default=10)  # total, with DNS and TLS
WEBHOOK_SLOTS = env.int("WEBHOOK_SLOTS", default=32)  # calls at once of one process
WEBHOOK_DISABLE_DAYS = env.int("WEBHOOK_DISABLE_DAYS", default=3)  # of nothing but failures

# Import -------------------------------------------------------------------------------------------------------------
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=512 * 1024 * 1024)
IMPORT_XLSX_CELLS = env.int("IMPORT_XLSX_CELLS", default=2_000_000)
IMPORT_CHUNK = env.int("IMPORT_CHUNK", default=5000)
IMPORT_WRITERS = env.int("IMPORT_WRITERS", default=2)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("DATA_UPLOAD_MAX_MEMORY_SIZE", default=4 * 1024 * 1024)

# API ----------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["audiences.auth.ApiKeyAuthentication", "audiences.auth.ConsoleAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["audiences.auth.StoreScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.wire.JsonBody"],
    "DEFAULT_PAGINATION_CLASS": "audiences.pagination.IdCursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "audiences.openapi.Schema",
    "EXCEPTION_HANDLER": "config.problems.problem_response",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests of one store in any minute (imports: any five); 0: no limit.
API_RATE_GENERAL = env.int("API_RATE_GENERAL", default=100)
API_RATE_SEND = env.int("API_RATE_SEND", default=5)
API_RATE_IMPORT = env.int("API_RATE_IMPORT", default=3)
LINKS_RATE = env.int("LINKS_RATE", default=300)  # short links that one address of the internet follows in a minute
# Public pages: requests of one address in any minute; sign-ups of one address in ten minutes, at one store in an hour.
PUBLIC_RATE = env.int("PUBLIC_RATE", default=60)
JOIN_RATE_ADDRESS = env.int("JOIN_RATE_ADDRESS", default=20)
JOIN_RATE_STORE = env.int("JOIN_RATE_STORE", default=300)
JOIN_TEXTS_PER_DAY = env.int("JOIN_TEXTS_PER_DAY", default=3)  # confirmations to one phone, of all stores together
JOIN_CONFIRM_HOURS = env.int("JOIN_CONFIRM_HOURS", default=48)
SEGMENT_COUNT_SECONDS = env.int("SEGMENT_COUNT_SECONDS", default=5)  # a live count that takes longer is given up
API_RATE_EVENTS = env.int("API_RATE_EVENTS", default=600)  # requests of up to 1000 customer events each
# Pages of other origins whose scripts may call the API, with a key and never with the console's cookie.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_CREDENTIALS = False

# Security, static files, language -----------------------------------------------------------------------------------
_secure = not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_secure)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _secure else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # our own proxy sets X-Forwarded-Proto and -For
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# A client that is redirected has already sent its key in the clear: it is told so instead.
# A probe asks the process itself, behind whatever ends the TLS.
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$", r"^metrics$"]
API_KEYS_NEED_TLS = env.bool("API_KEYS_NEED_TLS", default=_secure)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = content_security_policy(stream_url=STREAM_URL)
OPS_TOTP_REQUIRED = env.bool(
    "OPS_TOTP_REQUIRED", default=_secure
)  # staff shows a code of an app to see the ops console
LOGIN_URL = "console:sign_in"
LOGIN_REDIRECT_URL = "console:dashboard"
PASSWORD_RESET_TIMEOUT = 86_400  # seconds
SESSION_COOKIE_AGE = 14 * 86_400

# Mail ---------------------------------------------------------------------------------------------------------------
_mail = env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://127.0.0.1:25")
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="Heliograph <no-reply@localhost>")

STATIC_URL = "static/"
STATIC_ROOT = LOCAL_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": FILES_DIR or LOCAL_DIR / "files"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("el", "Greek")]
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "audiences" / "locale", BASE_DIR / "messaging" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# Where a process is to die, for the crash drill (config/failpoints.py).
FAILPOINT = env("FAILPOINT", default="") if DEBUG else ""

LOG_LEVEL = env("LOG_LEVEL", default="INFO")
LOGGING = logging_config(level=LOG_LEVEL)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_USER_ID_FIELD = None  # who acts is bound by audiences.auth; asking here would query on every request
