"""One settings file for every deployment, driven by the environment, safe by default.

Secrets are generated at first start into ``<data>/secrets.env`` (mode 600) and never committed.
``DATA_DIR`` holds everything that changes: databases, secrets, reports, collected statics.
"""

import os
import secrets as _secrets
import sqlite3
import sys
from pathlib import Path

import environ

# Before NumPy is loaded: on a machine shared by sites and worker the threads of its linear algebra
# wait for each other by spinning, and freezing took four times the processor time it takes alone.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
DATA_DIR = Path(env.str("NEEDS_DATA", default=str(BASE_DIR / "var")))


def _secrets_file() -> Path:
    """Create the private secrets file on first use; an existing one is never rewritten."""
    path = DATA_DIR / "secrets.env"
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = ("SECRET_KEY", "MASTER_KEY", "RECEIPT_KEY", "PSEUDONYM_KEY")
    lines = "".join(f"{name}={_secrets.token_hex(32)}\n" for name in names)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(handle, "w") as out:
        out.write(lines)
        out.flush()
        os.fsync(out.fileno())
    return path


environ.Env.read_env(str(_secrets_file()))

SECRET_KEY = env.str("SECRET_KEY")
# 32-byte hex keys: wrap record keys, sign receipts, derive pseudonyms
MASTER_KEY = env.str("MASTER_KEY")
RECEIPT_KEY = env.str("RECEIPT_KEY")
PSEUDONYM_KEY = env.str("PSEUDONYM_KEY")

TESTING = "pytest" in sys.modules
# "local": one machine, plain HTTP, two ports. "production": TLS in front, real host names.
MODE = env.str("NEEDS_MODE", default="local")
PRODUCTION = MODE == "production"
DEBUG = False
# Every page and document of the demonstration county says so; the mark stays with its data.
DEMO = env.bool("NEEDS_DEMO", default=(DATA_DIR / "demo").exists())

# Respondents and staff are two sites: a host, a process, a URLconf and cookie names each.
SITE = env.str("NEEDS_SITE", default="staff")
RESPONDENT_HOST = env.str("RESPONDENT_HOST", default="localhost:8000")
STAFF_HOST = env.str("STAFF_HOST", default="localhost:8001")
SCHEME = "https" if PRODUCTION else "http"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=[RESPONDENT_HOST.rsplit(":", 1)[0], STAFF_HOST.rsplit(":", 1)[0], "127.0.0.1", "[::1]"]
    + ([] if PRODUCTION else ["*"]),
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "formtools",
    "axes",
    "django_htmx",
    "surveys",
    "fieldwork",
    "analysis",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.middleware.said_method",
]

TEST_RUNNER = "config.testing.PytestRunner"
ROOT_URLCONF = f"config.urls_{SITE}"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    }
]

# SQLite before 3.51.3 can corrupt a write-ahead log on reset: older ones keep the rollback journal.
_JOURNAL = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "DELETE"
_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        f"PRAGMA journal_mode={_JOURNAL}; PRAGMA synchronous=FULL;"
        " PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
    ),
}


def _database(name: str) -> dict[str, object]:
    """`default` from DATABASE_URL, the others from VAULT_/KEYS_DATABASE_URL, else SQLite files."""
    variable = "DATABASE_URL" if name == "default" else f"{name.upper()}_DATABASE_URL"
    url = env.str(variable, default="")
    if not url:
        path = DATA_DIR / f"{name}.sqlite3"
        base: dict[str, object] = {"ENGINE": "django.db.backends.sqlite3", "NAME": path}
        return base | {"OPTIONS": dict(_SQLITE), "ATOMIC_REQUESTS": False}
    found = dict(environ.Env.db_url_config(url))
    if "sqlite" in str(found["ENGINE"]):
        found["OPTIONS"] = dict(_SQLITE)
    elif not TESTING:
        # on demand: many processes with idle connections each would use up the server's
        pool = {"min_size": 0, "max_size": 8, "timeout": 10}
        found["OPTIONS"] = {**found.get("OPTIONS", {}), "pool": pool}
    return found | {"ATOMIC_REQUESTS": False}


# Parquet snapshots of approved responses, one folder per source; L4 columns lie sealed beside
SNAPSHOT_DIR = DATA_DIR / "snapshots"

DATABASES = {name: _database(name) for name in ("default", "vault", "keys")}
DATABASE_ROUTERS = ["surveys.routers.ThreeStores"]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "fieldwork.access.AreaBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _VALIDATION + "UserAttributeSimilarityValidator"},
    {"NAME": _VALIDATION + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _VALIDATION + "CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username"]]
# Locking by user name alone is meant: addresses are not kept, and a changed browser does not help.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
AXES_LOCKOUT_TEMPLATE = "staff/locked.html"
# No address or browser of anybody is kept beyond what lock-out needs.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING

SESSION_COOKIE_NAME = f"{SITE[0]}_id"
CSRF_COOKIE_NAME = f"{SITE[0]}_token"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None  # a session cookie: nothing stays in her browser
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
# "no-referrer" would make browsers send "Origin: null", which CSRF protection must refuse.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 200

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_bodies": {"()": "config.logs.NoBodies"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["no_bodies"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
