"""Django settings, all from the environment; the embedded default needs no service.

Consensus never reads any of this: its numbers come from the network file.
"""

from __future__ import annotations

import secrets
import warnings
from pathlib import Path

import environ

from animica_site.files import keep_first

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env("ANIMICA_DATA_DIR", default=str(BASE_DIR / "var" / "default")))
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
ANIMICA_NETWORK = env("ANIMICA_NETWORK", default="devnet")
# auto, native or portable: the same results, at another speed.
ANIMICA_KERNEL = env("ANIMICA_KERNEL", default="auto")


def _secret_key() -> str:
    """The environment's key, or one made once and kept beside the data."""
    if given := env("SECRET_KEY", default=""):
        return str(given)
    return keep_first(DATA_DIR / "secret_key", lambda: secrets.token_urlsafe(50))


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = env.list("ANIMICA_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
ROOT_URLCONF = "animica_site.urls"
ASGI_APPLICATION = "animica_site.asgi.application"
WSGI_APPLICATION = None

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "audit",
    "chain",
    "mempool",
    "p2p",
    "rpc",
    "explorer",
    "animica_site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "animica_site.security_headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

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
            ],
        },
    },
]

DATABASE_URL = env("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'node.sqlite3'}")
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # One commit per block makes full durability cheap; a large cache holds the tree's top.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
            "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA wal_autocheckpoint=8192;"
        ),
    }
else:
    # Server connections are kept by the threads that own them.
    DATABASES["default"]["CONN_MAX_AGE"] = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# Its files are small, and Django reads them on a thread: nothing that an operator could mend.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

# Requests a second and address; 0 sets no limit.
RPC_RATE = env.int("ANIMICA_RPC_RATE", default=2_000)

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "explorer.views.csrf_refused"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

CORS_ALLOWED_ORIGINS = env.list("ANIMICA_CORS_ORIGINS", default=[])
LOGGING_CONFIG = None
