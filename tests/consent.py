"""A world in which consent is asked and given, and connections that speak to the gate as staff would."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from privacy.models import AccessGrant, AccessRequest, AccessSession, SupportMessage, SupportQuestion
from privacy.scope import Scope
from privacy.services import access, grants, questions, requests
from sites.models import Form, Site
from tests import cast
from webanizr.core import tenancy
from webanizr.local import provision, testing

WORDS = "Kunnen jullie in het contactformulier kijken waarom inzending 3 leeg is?"
REASON = "Ik wil zien welk veld leeg binnenkomt."
BODY = f"Dag, er gaat iets mis. {WORDS} Ik hoor het graag."


@dataclass
class World:
    """Alice's website with two forms and their submissions, her question, and two people of Webanizr."""

    alice: cast.Person
    charlie: cast.Person
    sam: User
    sofie: User
    site: Site
    form: Form
    other_form: Form
    question: SupportQuestion
    submissions: list[uuid.UUID] = field(default_factory=list)
    others: list[uuid.UUID] = field(default_factory=list)
    elsewhere: list[uuid.UUID] = field(default_factory=list)

    @property
    def account_id(self) -> uuid.UUID:
        """Alice's account."""
        return self.alice.account.pk

    @property
    def message(self) -> SupportMessage:
        """The first message of Alice's question."""
        with self.as_alice():
            return SupportMessage.objects.order_by("created_at")[0]

    def as_alice(self) -> AbstractContextManager[None]:
        """Work as Alice in her account."""
        return tenancy.tenant(self.account_id, user_id=self.alice.user.pk)

    def scope(self, submission_id: uuid.UUID | None = None) -> Scope:
        """The form that the question is about, or one of its submissions."""
        return Scope(self.site.id, self.form.id, submission_id)

    def grant(self, *actions: str, hours: int = 24, scope: Scope | None = None) -> AccessGrant:
        """Alice allows something in so many words."""
        with self.as_alice():
            return requests.grant_access(
                scope=scope or self.scope(),
                actor=self.alice.user,
                question=self.question,
                actions=actions or ("view",),
                hours=hours,
            )


def build(as_role: Any) -> World:
    """Make the world; everything is committed."""
    alice, charlie = cast.owner("Alice"), cast.owner("Charlie")
    site, _page, form = cast.site_of(alice)
    with tenancy.tenant(alice.account.pk, user_id=alice.user.pk):
        other = Form.objects.create(site=site, name="Offerte aanvragen", fields=form.fields)
        question = questions.ask_question(
            actor=alice.user, subject="Lege inzending", body=BODY, site_id=site.id, form_id=form.id
        )
    their_site, _their_page, their_form = cast.site_of(charlie)
    world = World(alice, charlie, cast.staff("Sam"), cast.staff("Sofie"), site, form, other, question)
    for ids, some_site, some_form in (
        (world.submissions, site, form),
        (world.others, site, other),
        (world.elsewhere, their_site, their_form),
    ):
        ids += [cast.send(as_role, some_site, some_form, message=f"bericht {n}").id for n in range(3)]
    return world


class Asker:
    """A plain connection of one login, with the settings that a service would make, or that somebody makes up."""

    def __init__(self, login: str, **settings: Any) -> None:
        self.connection = testing.current().connect(login)
        self.settings = settings

    def run(self, *statements: str, read_only: bool = False) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, commit, and return the last one's rows."""
        rows: list[tuple[Any, ...]] = []
        with self.connection, self.connection.cursor() as cursor:
            if read_only:
                cursor.execute("SET TRANSACTION READ ONLY")
            for name, value in self.settings.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"webanizr.{name}", str(value)])
            for statement in statements:
                cursor.execute(statement)
                if cursor.description:
                    rows = cursor.fetchall()
        return rows

    def one(self, *statements: str) -> Any:
        """Return the last statement's first value."""
        return self.run(*statements)[0][0]


COUNT = "SELECT count(*) FROM sites_submission"


@contextmanager
def asker(login: str, **settings: Any) -> Iterator[Asker]:
    """Connect as a login for a while."""
    made = Asker(login, **settings)
    try:
        yield made
    finally:
        made.connection.close()


def staff_settings(world: World, person: User, session: AccessSession | uuid.UUID | str) -> dict[str, Any]:
    """What the staff service sets while a session is open."""
    key = session.id if isinstance(session, AccessSession) else session
    return {"account_id": world.account_id, "user_id": person.pk, "access_session": key}


def opened(
    world: World, grant: AccessGrant, as_role: Any, *, person: User | None = None, action: str = "view"
) -> AccessSession:
    """Let staff open a session, committed."""
    with as_role("staff"):
        return access.open_access_session(
            grant=grant, reason="Leeg veld controleren", actor=person or world.sam, action=action
        )


def viewed(
    world: World, session: AccessSession, ids: list[uuid.UUID], as_role: Any, *, person: User | None = None
) -> None:
    """Let staff order looks at submissions, committed."""
    with as_role("staff"):
        for each in ids:
            access.record_view(session=session, submission_id=each, actor=person or world.sam)


def as_administrator(*statements: str) -> None:
    """Do what no login of ours can, and without the triggers: let time pass, or change what can't be changed."""
    run = testing.current()
    with (
        closing(provision.connect(provision.with_path(run.admin_url, run.database))) as admin,
        admin.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        admin.commit()


def ask(world: World, as_role: Any, **more: Any) -> AccessRequest:
    """Let Sam ask for access."""
    with as_role("staff"):
        return requests.request_access(
            question=world.question, scope=world.scope(), reason=REASON, actor=world.sam, **more
        )


def quote(
    world: World, as_role: Any, words: str = WORDS, *, message: SupportMessage | None = None, **more: Any
) -> uuid.UUID:
    """Let Sam take a question's own words for consent."""
    arguments = {"scope": world.scope(), "actor": world.sam, **more}
    with as_role("staff"):
        return grants.grant_from_quote(message=message or world.message, quote=words, **arguments)
