"""What the imitated external systems hold, at /dev/systems/ in local runs."""

from __future__ import annotations

import json
import os

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webanizr.core.permissions import requires
from webanizr.local.systems import get


@requires("public")
def systems(request: HttpRequest) -> HttpResponse:
    """Show what the imitated systems hold."""
    states = []
    for name, origin in json.loads(os.environ.get("WEBANIZR_FAKES", "{}")).items():
        try:
            states.append({"origin": origin, **get(f"{origin}/_control/"), **get(f"{origin}/_control/requests")})
        except OSError:
            states.append({"origin": origin, "name": name, "away": True})
    for state in states:
        state["requests_shown"] = list(reversed(state.pop("requests", [])))[:25]
    return render(request, "local/systems.html", {"systems": states})
