"""Everything of an account as one zip: to read, as JSON and CSV, with the websites as plain files (promise 12).

The websites work from any web server: put the folder's files at the root of a domain. Forms need Webanizr.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from billing.models import Invoice
from privacy import export as privacy_export
from privacy import package
from privacy.package import Pieces
from sites.models import Asset, Domain
from sites.selectors.search import Filter
from sites.services import export_csv, pack
from sites.services.export_person import files_of, open_messages, read_file, shape
from webanizr.core import storage, tenancy


def write(
    account_id: uuid.UUID,
    chosen: Filter,
    progress: Callable[[int], None],
    steps: package.Progress = lambda step, of, doing: None,
    *,
    user_id: uuid.UUID,
) -> Iterator[bytes]:
    """Yield the zip, one file's worth at a time.

    Args: progress: told how many messages have been read; steps: told what is done before those; user_id: who asks:
    their own data come along.
    """
    pieces = Pieces()
    tables = privacy_export.tables(account_id, user_id)
    found = package.collect(tables, privacy_export.who(user_id).identity(), steps)
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # only writes
        sites = _online(account_id)
        package.add(
            archive,
            found,
            title=_("Everything of this account"),
            lead=_(
                "The same is in account.json and the folder account; messages are in messages.json and messages.csv,"
                " pictures in the folder pictures, invoices in the folder invoices."
            ),
            websites=[host for host, _site, _version in sites],
        )
        yield pieces.take()
        files: list[tuple[str, uuid.UUID]] = []  # a zip takes one file at a time
        with archive.open("messages.json", "w", force_zip64=True) as file:
            file.write(b"[")
            for number, message in enumerate(open_messages(account_id, chosen, progress)):
                file.write((b",\n" if number else b"\n") + package.as_json(shape(message)).encode())
                files += files_of(message)
                yield pieces.take()
            file.write(b"\n]")
        with archive.open("messages.csv", "w", force_zip64=True) as file:
            for piece in export_csv.write(account_id, chosen, lambda done: None):
                file.write(piece)
                yield pieces.take()
        for path, file_id in files:
            archive.writestr(*read_file(account_id, file_id, path))
            yield pieces.take()
        for host, site_id, version_id in sites:
            for name, body in _site_files(site_id, version_id):
                archive.writestr(f"websites/{host}/{name}", body)
                yield pieces.take()
        for name, body in invoices(account_id):
            archive.writestr(f"invoices/{name}", body)
            yield pieces.take()
        for name, key in _pictures(account_id):
            archive.writestr(f"pictures/{name}", storage.get(key))
            yield pieces.take()
    yield pieces.take()


def _online(account_id: uuid.UUID) -> list[tuple[str, uuid.UUID, uuid.UUID]]:
    with tenancy.tenant(account_id):
        online = Domain.objects.filter(account_id=account_id, version_id__isnull=False).order_by("host")
        return [(each.host, each.site_id, each.version_id) for each in online if each.version_id is not None]


def _site_files(site_id: uuid.UUID, version_id: uuid.UUID) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of a published version, named so that a plain web server finds them."""
    files, manifest = pack.read(storage.get(pack.key_of(site_id, version_id)))
    for path, file in files.items():
        yield plain_name(path, file.content_type), file.body
    for path, media in manifest.get("media", {}).items():
        yield path.lstrip("/"), storage.get(media["key"])


def plain_name(path: str, content_type: str) -> str:
    """Return the file name for an address: "/contact" becomes contact/index.html, "/" index.html."""
    name = path.strip("/")
    if content_type.startswith("text/html") and not name.endswith(".html"):
        return f"{name}/index.html" if name else "index.html"
    return name


def invoices(account_id: uuid.UUID) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each invoice as it was issued: for people (PDF) and for bookkeeping programs (UBL)."""
    with tenancy.tenant(account_id):
        issued = Invoice.objects.filter(customer_id=account_id).order_by("issued_on", "number")
        found = list(issued.values_list("number", "ubl", "pdf_key"))
    for number, ubl, key in found:
        yield f"{number}.xml", ubl.encode()
        if key:
            yield f"{number}.pdf", storage.get(key)


def _pictures(account_id: uuid.UUID) -> Iterator[tuple[str, str]]:
    with tenancy.tenant(account_id):
        found = list(Asset.objects.order_by("created_at").values_list("id", "name", "variants"))
    for asset_id, name, variants in found:
        if variants:
            ending = variants[-1]["key"].rpartition(".")[2]
            safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name.rpartition(".")[0])
            yield f"{str(asset_id)[:8]}-{safe[:60]}.{ending}", variants[-1]["key"]
