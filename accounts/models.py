"""The people and the tenant: User (name and e-mail address, nothing else), Account, Membership, Invitation, tokens.

Serves promise 01: there is no other column on `User`.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from webanizr.core.models import TenantModel


class UserManager(BaseUserManager["User"]):
    """Users are made by signing up; the address is kept in lower case."""

    def create_user(self, email: str, name: str = "", **extra: Any) -> User:
        """Store a person.

        Args: email: any case; name: as the person writes it.
        """
        user = self.model(email=email.strip().lower(), name=name.strip(), **extra)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by address, whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in: a name and an e-mail address (promise 01). No password: a code by mail or a passkey."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("Name"), max_length=80)
    email = models.EmailField(_("E-mail address"), max_length=254, unique=True)
    # AbstractBaseUser's two columns are left out: nothing else is kept about a person.
    password = None  # type: ignore[assignment]  # there are no passwords
    last_login = None

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """Bind sessions to the person and the server's key; single sessions end through the list of sign-ins."""
        return salted_hmac("accounts.User.session", str(self.pk), algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> Any:
        """Return the same under each former server key."""
        for key in settings.SECRET_KEY_FALLBACKS:
            yield salted_hmac("accounts.User.session", str(self.pk), secret=key, algorithm="sha256").hexdigest()

    def set_password(self, raw_password: str | None) -> None:
        """There are no passwords."""
        raise NotImplementedError("Webanizr has no passwords.")

    def check_password(self, raw_password: str | None) -> bool:
        """No password fits."""
        return False

    def set_unusable_password(self) -> None:
        """Nothing to do: there are no passwords."""

    def has_usable_password(self) -> bool:
        """Nobody has one."""
        return False

    # What Django's admin asks of a user: answered from the staff table, in the staff service only.
    @property
    def is_staff(self) -> bool:
        """Whether this person works at Webanizr."""
        return settings.SERVICE == "staff" and StaffMember.objects.filter(user=self, active=True).exists()

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Staff may see what the admin shows; what it may show is the database's decision."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """See `has_perm`."""
        return self.is_staff


class Account(models.Model):
    """The tenant: a business, with its members, sites and everything they collect."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("Name of the business"), max_length=80)
    language = models.CharField(max_length=5, default="nl", choices=settings.LANGUAGES)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do; each includes the ones below it."""

    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    READER = "reader", _("Form reader")


class Membership(models.Model):
    """A person in an account. A control table: it is read before any account is chosen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class StaffMember(models.Model):
    """Someone who works at Webanizr. Only the staff service reads it."""

    class Team(models.TextChoices):
        """Which work they do."""

        SUPPORT = "support", _("Support")
        BILLING = "billing", _("Billing")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="staff_member")
    team = models.CharField(max_length=8, choices=Team.choices, default=Team.SUPPORT)
    active = models.BooleanField(default=True)
    # SHA-256 of the code with which a deployment lets them set their first key, and until when
    enrolment_hash = models.BinaryField(null=True)
    enrolment_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.team} {self.id}"


class StaffKey(models.Model):
    """A second factor that was set in the staff service itself; one from a customer's settings opens nothing there.

    `authenticator_id` is a number of `mfa.Authenticator`, without a key: the app service deletes those without
    knowing this table.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    authenticator_id = models.BigIntegerField(unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["user_id"], name="staff_key_of_user")]

    def __str__(self) -> str:
        return str(self.id)


class StaffSession(AbstractBaseSession):
    """A session of the staff service (see `accounts.sessions`)."""

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Return the store that reads this table."""
        from accounts.sessions import SessionStore

        return SessionStore


class SignIn(models.Model):
    """A device somebody is signed in with: what kind, since when. No IP address is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.id)


class Invitation(TenantModel):
    """An invitation by mail to join an account. The link holds the account's id and a secret; only its hash is kept."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=6, choices=Role.choices)
    token_hash = models.BinaryField(max_length=32)
    invited_by = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "email"], name="invitation_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class ApiToken(TenantModel):
    """A personal token for the API: `wz_<account>_<secret>`; only the secret's hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "token_hash"], name="token_once")]
        indexes = [models.Index(fields=["account", "user"], name="token_of_user")]

    def __str__(self) -> str:
        return str(self.id)


class AuditEvent(TenantModel):
    """Who did what in an account: ids only, written in the transaction of the act itself."""

    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    target_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="audit_recent")]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"
