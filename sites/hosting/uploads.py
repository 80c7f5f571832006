"""Files that visitors send: looked at, sealed under the site's intake key, and stored before the rest is judged.

A file's bytes are in this process's memory only, never on its disk. What is not sent on within hours is swept up by
its mark under `pending/` (`sites.tasks.sweep_uploads`). Serves promises 10, 13 and 16.
"""

from __future__ import annotations

import io
import logging
import threading
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from sites.fields import kept
from sites.fields.file import File
from sites.fields.filekinds import HEAD, IMAGES, kind_of
from sites.hosting import store
from sites.hosting.body import MAX_BYTES, BodyError, Values
from sites.hosting.intakekeys import intake_keys
from sites.services.uploads import bound_of, file_name, key_of, pending_key
from webanizr.core import ratelimit, storage, vault

if TYPE_CHECKING:
    from sites.hosting.post import Post


log = logging.getLogger(__name__)

# Posts with files that this process takes in at the same time: fewer than its threads, so that pages still go out.
TOGETHER = threading.BoundedSemaphore(2)
MOST_PIXELS = 100_000_000
# Read, not kept: what is too large is thrown away piece by piece, so that the rest of the form isn't lost with it.
MOST_READ = 256 * 1024 * 1024
# What one network may have stored at one website within ten minutes, whatever its posts prove later.
PER_NETWORK = 200 * 1024 * 1024  # bytes
WINDOW = 600  # seconds


class Unsuitable(Exception):
    """A file that can't be taken; the text is for the visitor."""


def too_many_pixels(pieces: list[bytes]) -> bool:
    """Whether a picture is damaged, or would fill its reader's memory. HEIC and AVIF say nothing: they pass."""
    if pieces[0][4:8] == b"ftyp":
        return False
    try:
        with Image.open(io.BytesIO(b"".join(pieces))) as picture:  # reads the header only
            return bool(picture.width * picture.height > MOST_PIXELS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return True


class Sealing(FileUploadHandler):
    """Takes the files of one post: `notes` and `refused` hold, by field, what became of them.

    Args: post: to one form; wanted: whether files may be stored at all (not for a network that sends too much).
    """

    def __init__(self, post: Post, *, wanted: bool) -> None:
        super().__init__()
        self.post, self.wanted = post, wanted
        self.fields = {field.id: field for field in post.fields if isinstance(field, File)}
        self.notes: dict[str, list[str]] = {}
        self.refused: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.size = 0
        self.judged = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with a file; one that no field asks for is skipped."""
        super().new_file(*args, **kwargs)
        self.pieces, self.size, self.judged = [], 0, False
        field = self.fields.get(self.field_name or "")
        if field is None:
            raise SkipFile
        if not self.wanted:
            self._refuse(_("Choose this file again and send once more."))
        if self.post.pointer.upload_bytes <= 0:
            self._refuse(_("This website can't take files just now. Send the rest without, and mail the file."))
        if len(self.notes.get(field.id, ())) >= (field.most or 1):
            self._refuse(field.too_many())

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece; the first one shows what it is."""
        self.size += len(raw_data)
        limit = self.post.pointer.upload_bytes
        if self.size > limit:
            self._refuse(_("This file is too large: at most {size}.").format(size=filesizeformat(limit)))
        self.pieces.append(raw_data)
        if not self.judged and self.size >= HEAD:  # the first pieces can be small
            self._judge()

    def _judge(self) -> None:
        field = self.fields[self.field_name or ""]
        self.pieces, self.judged = [b"".join(self.pieces)], True
        if kind_of(self.file_name or "", self.pieces[0][:HEAD], field.accept) is None:
            self._refuse(f"{file_name(self.file_name or '')}: {field.wrong()}")

    def file_complete(self, file_size: int) -> None:
        """Seal and store the file, and note it. Raises what storage, database and vault raise."""
        field = self.fields[self.field_name or ""]
        try:
            if not self.size:
                raise Unsuitable(_("This file is empty."))
            if not self.judged:
                self._judge()
            self.notes.setdefault(field.id, []).append(kept.note(self._store(field, file_size)))
        except SkipFile:  # judged only now, because it is small: the reason is noted
            return
        except Unsuitable as error:
            self.refused.setdefault(field.id, str(error))
        except Exception as error:  # storage, database or keys: the rest of what was typed must not be lost with it
            log.error("a file could not be stored: %s", type(error).__name__)
            self.refused.setdefault(field.id, _("We couldn't keep this file just now. Choose it again and send."))
        self.pieces = []

    def _store(self, field: File, size: int) -> kept.Kept:
        pointer = self.post.pointer
        kind = kind_of(self.file_name or "", self.pieces[0][:HEAD], field.accept)
        assert kind is not None
        if kind in IMAGES and too_many_pixels(self.pieces):
            raise Unsuitable(_("This picture is damaged or has too many pixels."))
        key = intake_keys.of(pointer)
        known = kept.Kept(
            id=uuid.uuid4(),
            key_id=key.id,
            form_id=self.post.form_id,
            name=file_name(self.file_name or ""),
            size=size,
            kind=kind,
        )
        # the mark first: whatever happens next, nothing is stored that isn't swept up
        storage.put(pending_key(pointer.account_id, known.id, size=size, now=timezone.now()), b"")
        bound = bound_of(account_id=pointer.account_id, site_id=pointer.site_id, file_id=known.id)
        sealed = vault.seal_stream(self.pieces, key=key.secret, bound=bound)
        storage.put_stream(key_of(pointer.account_id, known.id), vault.as_file(sealed))
        store.follow_limits(pointer.account_id)
        return known

    def _refuse(self, text: str) -> None:
        self.pieces = []
        self.refused.setdefault(self.field_name or "", text)
        raise SkipFile


def read(environ: Mapping[str, Any], post: Post, *, wanted: bool) -> tuple[Values, dict[str, str]]:
    """Return every value by name, notes about stored files among them, and what is wrong with files by field.

    Raises BodyError with 400 or 413, and what storage, database and vault raise.
    """
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BodyError("400 Bad Request") from None
    if length > MOST_READ:
        raise BodyError("413 Content Too Large")
    wanted = wanted and not _too_much(environ, post, length)
    room = TOGETHER.acquire(blocking=False)
    handler = Sealing(post, wanted=wanted and room)
    try:
        parsed, _files = MultiPartParser(dict(environ), environ["wsgi.input"], [handler], "utf-8").parse()
    except RequestDataTooBig:
        raise BodyError("413 Content Too Large") from None
    except (MultiPartParserError, SuspiciousOperation, ValueError, OSError):  # damaged, hostile, or gone halfway
        raise BodyError("400 Bad Request") from None
    finally:
        if room:
            TOGETHER.release()
    values: Values = {name: [str(value) for value in found] for name, found in parsed.lists()}
    texts = sum(len(name) + len(value.encode()) for name, found in values.items() for value in found)
    if texts > MAX_BYTES:  # no more than a form without files may bring
        raise BodyError("413 Content Too Large")
    for name, notes in handler.notes.items():
        before = values.get(name, [])
        # one file is asked for and another was chosen: it takes the first one's place
        values[name] = [*([] if (handler.fields[name].most or 1) == 1 else before), *notes]
    return values, handler.refused


def own_notes(post: Post, values: Values) -> Values:
    """Return the values without notes that were made for another form, and without empty inputs."""
    for name in post.form.file_fields:
        known = [(text, kept.read(text)) for text in values.get(name, ()) if text]
        values[name] = [text for text, note in known if note is None or note.form_id == post.form_id]
    return values


def without(post: Post, used: set[uuid.UUID]) -> tuple[Values, list[str]]:
    """Return the post's values without the files that went along before, and the fields that lost one."""
    values, lost = dict(post.values), []
    for name in post.form.file_fields:
        notes = values.get(name, [])
        values[name] = [text for text in notes if (note := kept.read(text)) is None or note.id not in used]
        if len(values[name]) < len(notes):
            lost.append(name)
    return values, lost


def _too_much(environ: Mapping[str, Any], post: Post, length: int) -> bool:
    network = ratelimit.ip_prefix(ratelimit.client_address(environ))
    subject = f"{post.pointer.site_id}{network}"
    return ratelimit.hit("uploads", subject, limit=PER_NETWORK, seconds=WINDOW, amount=max(1, length)) > 0


def brings_files(environ: Mapping[str, Any], post: Post) -> bool:
    """Whether this post is to be read here: a form with a file field, sent the way that files are."""
    return bool(post.form.file_fields) and environ.get("CONTENT_TYPE", "").lower().startswith("multipart/form-data")
