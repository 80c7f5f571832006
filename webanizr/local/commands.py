"""What `manage.py` does inside the virtual environment: our own commands, and every command of Django's.

A Django command finds its servers by itself: a running `up`'s, or its own for as long as it takes.
"""

from __future__ import annotations

import importlib
import os

from webanizr.local.place import Place, Problem, say

# Our own commands: module with `main(arguments) -> exit code`.
OWN = {
    "up": "webanizr.local.up",
    "test": "webanizr.local.tests",
    "lint": "webanizr.local.lint",
    "bench": "webanizr.local.bench",
    "vendor": "webanizr.local.vendor",
}
# They look at code and settings only.
WITHOUT_SERVERS = {"help", "version", "collectstatic", "compilemessages", "makemessages", "diffsettings", "findstatic"}
# They erase, as the only login that may.
AS_ERASER = {"erase", "replay_erasures"}
# They change or show the schema, as the role that owns it.
AS_MIGRATOR = {
    "announce_processor",
    "staff",
    "migrate",
    "makemigrations",
    "sqlmigrate",
    "showmigrations",
    "optimizemigration",
    "squashmigrations",
}
# They go from account to account, which only the worker's login may.
AS_WORKER = {"rotate_site_keys", "verify_log"}


def run(argv: list[str]) -> int:
    """Run the command in `argv`; return the exit code."""
    command = argv[1].lstrip("-") if len(argv) > 1 else "help"
    try:
        return _run(command, argv)
    except Problem as problem:
        say(f"webanizr: {problem}")
    except OSError as error:
        if error.errno not in (13, 28, 30, 122):  # no permission, no space, read-only, over quota
            raise
        say(f"webanizr: {error.strerror}: {error.filename or Place().data}")
    return 1


def _run(command: str, argv: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "webanizr.settings"
    bare = os.environ.get("WEBANIZR_BOOTSTRAP") == "no"
    if not bare:
        from webanizr.local import translations

        translations.compile_stale()
    if command in OWN:
        return int(importlib.import_module(OWN[command]).main(argv[2:]))
    if command == "provision":
        from webanizr.local import provision

        return provision.main()
    special = {"migrator": AS_MIGRATOR, "worker": AS_WORKER, "eraser": AS_ERASER}
    usual = next((login for login, commands in special.items() if command in commands), "app")
    service = os.environ.get("WEBANIZR_SERVICE") or usual
    secret = "FRAME_KEY" if service == "hosting" else "SECRET_KEY"
    complete = all(os.environ.get(name) for name in ("WEBANIZR_SERVICE", "DATABASE_URL", secret))
    if bare or complete:
        return _django(argv)
    if command in WITHOUT_SERVERS or "--help" in argv:
        os.environ.setdefault("DATABASE_URL", "postgresql://webanizr_app@localhost/webanizr")
        for name in ("SECRET_KEY", "FRAME_KEY"):
            os.environ.setdefault(name, "no-server-is-asked-and-nothing-is-signed-by-this-command")
        os.environ.setdefault("WEBANIZR_LOCAL", "1")
        return _django(argv)
    from webanizr.local.servers import using

    with using(Place(), command) as found:
        os.environ.update(found["variables"] | found["services"][service])
        return _django(argv)


def _django(argv: list[str]) -> int:
    if argv[1:2] == ["demo"]:
        import django

        django.setup()
        importlib.import_module("webanizr.local.demo").main(argv[2:])
        return 0
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
