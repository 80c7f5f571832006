"""The WSGI application of the service named by WEBANIZR_SERVICE."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webanizr.settings")

application: Callable[[dict[str, Any], Any], Iterable[bytes]] = get_wsgi_application()

from webanizr.core.checks import stop_on_errors  # noqa: E402  # Django has to be set up first

stop_on_errors()

if os.environ.get("WEBANIZR_SERVICE") == "hosting":
    # Published pages and form posts are answered before Django's middleware does any work.
    from sites.hosting.wsgi import Hosting

    application = Hosting(application)
