"""One post to a form: what came in, and the pages that answer it."""

from __future__ import annotations

from collections.abc import Iterable

from sites.hosting import body, challenge, pages
from sites.hosting.forms import published
from sites.hosting.pages import Environ, StartResponse
from sites.hosting.versions import Pointer, Version


class Post:
    """One post to one form, with all it takes to answer."""

    def __init__(
        self, environ: Environ, start_response: StartResponse, pointer: Pointer, version: Version, form_id: str
    ) -> None:
        self.environ, self.start_response = environ, start_response
        self.pointer, self.version, self.form_id = pointer, version, form_id
        self.form = published(version, form_id)
        self.fields = self.form.fields
        self.values: body.Values = {}

    def page(
        self, status: str, *, errors: dict[str, str] | None = None, headers: list[tuple[str, str]] | None = None
    ) -> Iterable[bytes]:
        """Show the form again with what was typed and what is wrong."""
        html = pages.form_page(self.version, self.form_id, self.fields, self.values, errors or {})
        return pages.html(self.environ, self.start_response, status, html, headers)

    def confirm(self) -> Iterable[bytes]:
        """Show the answers and a button: for browsers without script, and for posts whose origin isn't certain."""
        token = challenge.make(self.form_id, proven=True)["token"]
        html = pages.confirm_page(self.version, self.form_id, self.fields, self.values, token)
        return pages.html(self.environ, self.start_response, "200 OK", html)
