"""The only settings file: everything that differs between machines comes from the environment.

Serves promises 06, 14 and 15: a setting that would break a promise stops start-up (see `webanizr.core.checks`).
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from webanizr.environment import database_from_url, env, env_bool, env_int
from webanizr.schedule import schedule

BASE_DIR = Path(__file__).resolve().parent.parent

SERVICES = ("app", "hosting", "staff", "worker", "exporter", "eraser", "migrator")

# --- which service this process is
LOCAL = env_bool("WEBANIZR_LOCAL")
SERVICE = os.environ.get("WEBANIZR_SERVICE", "app")
if SERVICE not in SERVICES:
    raise ImproperlyConfigured(f"WEBANIZR_SERVICE must be one of {', '.join(SERVICES)}, not {SERVICE!r}.")
DEBUG = False
# Shared by app and hosting: signs what only says something about public pages (challenges of forms, addresses of
# pictures in drafts). The hosting service has no other secret: SECRET_KEY opens mails that wait and authenticators.
FRAME_KEY = env("FRAME_KEY", "only-for-commands-that-serve-nobody" if SERVICE not in ("app", "hosting") else None)
SECRET_KEY = (
    f"hosting signs nothing but this: {FRAME_KEY}"
    if SERVICE == "hosting"
    else env("SECRET_KEY", "only-for-commands-that-serve-nobody" if SERVICE == "migrator" else None)
)
# Hashes addresses on the suppression list and makes the pseudonyms of the statistics: it must outlive a change of
# SECRET_KEY, or erased people come back and counted ones are never found.
ADDRESS_KEY = env("ADDRESS_KEY", "") or SECRET_KEY
ROOT_URLCONF = f"webanizr.urls.{SERVICE if SERVICE in ('app', 'hosting', 'staff') else 'app'}"
WSGI_APPLICATION = "webanizr.wsgi.application"
DATA_DIR = Path(env("WEBANIZR_DATA", str(BASE_DIR / "var")))

# --- addresses
APP_URL = env("APP_URL", "http://localhost:8000").rstrip("/")
STAFF_URL = env("STAFF_URL", "http://localhost:8002").rstrip("/")
SITES_DOMAIN = env("SITES_DOMAIN", "localhost")
HOSTING_SCHEME = env("HOSTING_SCHEME", "http" if LOCAL else "https")
HOSTING_PORT = env_int("HOSTING_PORT", 8001 if LOCAL else 443)
HOSTING_ORIGIN_SUFFIX = "" if HOSTING_PORT in (80, 443) else f":{HOSTING_PORT}"
SECURE = APP_URL.startswith("https://")
# Addresses of our own proxies: only what comes from them says for whom it asks (X-Forwarded-For).
PROXIES = frozenset(env("PROXIES", "").split())
ALLOWED_HOSTS = (
    ["*"] if SERVICE == "hosting" else [urlsplit(APP_URL if SERVICE != "staff" else STAFF_URL).hostname or ""]
)
if LOCAL:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1"]

# --- data stores
DATABASES = {"default": database_from_url(env("DATABASE_URL"))}
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "webanizr.core.cache.ResilientRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        "KEY_PREFIX": "webanizr",
    }
}
AWS_REGION = env("AWS_REGION", "eu-west-1")
AWS_S3_ENDPOINT_URL = os.environ.get("AWS_S3_ENDPOINT_URL")
S3_BUCKET = env("S3_BUCKET", "webanizr-files")
# What is written below ledger/ (heads of the access log, erasures) in a bucket of its own, which on AWS lets nobody
# change or delete it for a time (S3 Object Lock, infra/aws/ledger.yaml); other S3 servers may not know that.
LEDGER_BUCKET = env("LEDGER_BUCKET", S3_BUCKET)
LEDGER_LOCK = env_bool("LEDGER_LOCK", not AWS_S3_ENDPOINT_URL)
# Keys of what customers collect (docs/encryption.md): wrapped by KMS_KEY or by a local file, kept in KEY_BUCKET or in a
# local directory. The hosting service gets none of the four.
KMS_KEY = env("KMS_KEY", "")
AWS_KMS_ENDPOINT_URL = os.environ.get("AWS_KMS_ENDPOINT_URL")
WRAPPING_KEY_FILE = env("WRAPPING_KEY_FILE", "")
KEY_BUCKET = env("KEY_BUCKET", "")
KEY_DIR = env("KEY_DIR", str(DATA_DIR / "keys"))
# What signs the certificates of erasures (webanizr.core.vault.signing): eraser; the app shows the public half.
CERTIFICATE_KMS_KEY = env("CERTIFICATE_KMS_KEY", "")
CERTIFICATE_KEY_FILE = env("CERTIFICATE_KEY_FILE", "")

# --- applications; privacy before the apps that declare personal data
INSTALLED_APPS = [
    "webanizr.core",
    "privacy",
    "accounts",
    "billing",
    "newsletters",
    "sites",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "template_partials.apps.SimpleAppConfig",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

SERVICE_MIDDLEWARE = {
    "app": [
        "accounts.middleware.TenantMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "privacy.statistics.StatisticsMiddleware",
    ],
    "staff": [
        "accounts.middleware.StaffMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
}
MIDDLEWARE = (
    [
        "webanizr.core.middleware.SecurityHeadersMiddleware",
        "webanizr.core.middleware.ErrorPageMiddleware",
        "django.middleware.common.CommonMiddleware",
        "allauth.account.middleware.AccountMiddleware",  # allauth insists; it does nothing without its addresses
    ]
    if SERVICE == "hosting"
    else [
        "webanizr.core.middleware.SecurityHeadersMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "webanizr.core.middleware.ErrorPageMiddleware",
        # The tenant's transaction is the outermost thing that touches the database, sessions included.
        "webanizr.core.middleware.TransactionMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        *SERVICE_MIDDLEWARE.get(SERVICE, SERVICE_MIDDLEWARE["app"]),
    ]
)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "webanizr.core.context.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["django.templatetags.i18n", "template_partials.templatetags.partials"],
        },
    }
]
# The hosting service has the tables' applications, but neither sessions nor admin: visitors get no cookie.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"] if SERVICE == "hosting" else []
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- people's language
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "webanizr" / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["webanizr.formats"]

# --- static files
STATIC_URL = "/static/"
STATIC_ROOT = None if LOCAL else BASE_DIR / "static-root"  # local runs serve the sources
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "webanizr.core.storage.NoDefaultStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- sessions and cookies
SESSION_ENGINE = "accounts.sessions" if SERVICE == "staff" else "django.contrib.sessions.backends.db"
COOKIE_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = COOKIE_PREFIX + ("staffsession" if SERVICE == "staff" else "session")
SESSION_COOKIE_AGE = 60 * 60 * (8 if SERVICE == "staff" else 24 * 30)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = COOKIE_PREFIX + ("staffcsrf" if SERVICE == "staff" else "csrf")
CSRF_FAILURE_VIEW = "webanizr.core.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [APP_URL, STAFF_URL]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- signing in: a code by mail or a passkey, never a password (promise 01)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_REQUIRED = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
# staff have no recovery codes: who lost their keys gets new ones from a deployment (`manage.py staff reset`)
MFA_SUPPORTED_TYPES = ["totp", "webauthn"] if SERVICE == "staff" else ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Webanizr"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_ADAPTER = "accounts.adapter.MFAAdapter"

# --- mail
AWS_SES_ENDPOINT_URL = os.environ.get("AWS_SES_ENDPOINT_URL")
if LOCAL:
    EMAIL_BACKEND = "webanizr.local.mailbox.FileBackend"
else:
    EMAIL_BACKEND = "anymail.backends.amazon_ses.EmailBackend"
    ANYMAIL = {
        "AMAZON_SES_CLIENT_PARAMS": {
            "region_name": AWS_REGION,
            "endpoint_url": AWS_SES_ENDPOINT_URL,
            # trying again is the outbox's work: boto3 would send twice what it got no answer to
            "config": {"retries": {"total_max_attempts": 1}, "connect_timeout": 3, "read_timeout": 30},
        },
        # no opens and no clicks are followed: the configuration set publishes deliveries, bounces and complaints only
        "AMAZON_SES_CONFIGURATION_SET_NAME": env("MAIL_CONFIGURATION_SET", "webanizr-account-mail"),
        "WEBHOOK_SECRET": env("MAIL_WEBHOOK_SECRET", ""),  # "name:password", as SNS sends it
    }
MAIL_EVENTS_TOPIC = env("MAIL_EVENTS_TOPIC", "")  # ARN of the SNS topic that tells of bounces and complaints
# After an attempt without an answer: how long SES's report is waited for. Files of local runs tell by themselves.
MAIL_DOUBT_SECONDS = 0 if LOCAL else 120
DEFAULT_FROM_EMAIL = env("MAIL_FROM", "Webanizr <hallo@webanizr.nl>")

# --- the two external systems (promise 07); unset means switched off, and what needs them is blocked, not skipped
MAILING_PLATFORM = env("MAILING_PLATFORM", "")  # brevo, listmonk or mailchimp
MAILING_BASE_URL = env("MAILING_BASE_URL", "").rstrip("/")
MAILING_API_KEY = env("MAILING_API_KEY", "")
MAILING_LIST = env("MAILING_LIST", "")
MAILING_WEBHOOK_SECRET = env("MAILING_WEBHOOK_SECRET", "")
MAILING_FORM_URL = env("MAILING_FORM_URL", "")  # the platform's own form: who was erased there needs it
STATISTICS_BASE_URL = env("STATISTICS_BASE_URL", "").rstrip("/")
STATISTICS_SITE = env("STATISTICS_SITE", "")
STATISTICS_TOKEN = env("STATISTICS_TOKEN", "")  # may track
STATISTICS_ADMIN_TOKEN = env("STATISTICS_ADMIN_TOKEN", "")  # may erase
# Requests a second where the provider allows another number than the usual one (a listmonk of our own).
PROCESSOR_RATES = {
    name: float(env(f"{name.upper()}_RATE", "0")) for name in ("brevo", "listmonk", "mailchimp", "matomo")
}

# --- billing: who sends the invoices, and the account that customers pay to
SELLER = {
    "name": env("SELLER_NAME", "Webanizr B.V."),  # as registered at the bank, which compares it with the IBAN
    "street": env("SELLER_STREET", "Kanaalweg 14"),
    "postcode": env("SELLER_POSTCODE", "3526 KL"),
    "city": env("SELLER_CITY", "Utrecht"),
    "vat_id": env("SELLER_VAT_ID", "NL865432107B01" if LOCAL else ""),
    "kvk": env("SELLER_KVK", "87654321" if LOCAL else ""),
    "iban": env("SELLER_IBAN", "NL91ABNA0417164300" if LOCAL else "").replace(" ", ""),
    "bic": env("SELLER_BIC", "ABNANL2A" if LOCAL else ""),
}
BILLING_OSS = env_bool("BILLING_OSS")  # registered for the One Stop Shop: consumers in the EU pay their own rate

# --- Celery: the broker's message is only a nudge; the outbox holds the truth
CELERY_BROKER_URL = env("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "webanizr.core.mail.*": {"queue": "mail"},
    "webanizr.core.mail_events.*": {"queue": "mail"},
    "sites.export_tasks.*": {"queue": "export"},  # the exporter service's own
    "newsletters.export_tasks.*": {"queue": "export"},
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = schedule(mailing=bool(MAILING_PLATFORM))

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["webanizr.core.permissions.LevelPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["webanizr.core.parsers.BoundedJSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_PAGINATION_CLASS": "webanizr.core.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webanizr.core.errors.api_exception",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Webanizr API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["webanizr.core.permissions.LevelPermission"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- logs carry no personal data: a scrubbing formatter stands between every record and the stream
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"scrubbed": {"()": "webanizr.core.logs.ScrubbingFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "scrubbed"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # these write whole addresses, with what is asked in them: core/net.py and core/storage.py say what matters
        "urllib3": {"handlers": [], "level": "CRITICAL"},
        "botocore": {"handlers": [], "level": "WARNING"},
    },
}
