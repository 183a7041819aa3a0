"""Stores, the users who are their members, and the keys of their integrations."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

ROLES = ("viewer", "manager", "owner")  # each may do what those before it may
SCOPES = ("read", "send", "admin")
STORE_STATUSES = ("active", "suspended")

# 3 to 11 alphanumerics with a letter (3GPP TS 23.040 9.1.2.5), or a phone number in E.164.
SENDER = RegexValidator(
    r"^(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}$|^\+[1-9]\d{6,14}$", "3 to 11 letters and digits, or a phone"
)


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **columns: Any) -> "User":
        """A user with a hashed password; without one the user cannot log in until it is reset."""
        user = self.model(email=self.normalize_email(email).lower(), **columns)
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **columns: Any) -> "User":
        """A staff user who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **columns)


class User(AbstractUser):
    """A person who logs in, by e-mail: staff, or a member of stores."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email


class Store(models.Model):
    """The tenant. Money is in billing's account, never here."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name")
    country = models.CharField(max_length=2, help_text="ISO 3166 code; numbers without a country are read as from here")
    currency = models.CharField(max_length=3, default="EUR")
    sender = models.CharField(max_length=16, validators=[SENDER])
    quiet_from = models.TimeField(null=True, help_text="no marketing from this local hour …")
    quiet_until = models.TimeField(null=True, help_text="… until this one")
    cap_per_day = models.PositiveSmallIntegerField(null=True, help_text="marketing messages per contact in 24 hours")
    cap_per_week = models.PositiveSmallIntegerField(null=True, help_text="marketing messages per contact in 7 days")
    credits_low_at = models.PositiveBigIntegerField(null=True, help_text="fewer available credits are called low")
    spend_cap_campaign = models.PositiveBigIntegerField(null=True, help_text="credits that one launch may hold")
    spend_cap_day = models.PositiveBigIntegerField(null=True, help_text="credits for launches of one local day")
    spend_cap_month = models.PositiveBigIntegerField(null=True, help_text="credits for launches of one local month")
    custom_fields = models.JSONField(default=dict, help_text="name -> text, number, date or yes_no")
    links_base_url = models.URLField(blank=True)
    opt_out_text = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="the last line of marketing, birthday and welcome messages",
    )
    status = models.CharField(max_length=10, default="active")
    sending_stopped = models.BooleanField(default=False, help_text="staff's switch: nothing of this store is sent")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(status__in=STORE_STATUSES), name="store_status")]
        indexes = [
            models.Index(fields=["id"], name="store_credits_low", condition=Q(credits_low_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A user's role in a store."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="members")
    role = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "store"], name="member_once"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class ApiKey(models.Model):
    """A key of a store: shown once, kept as a hash."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the whole key")
    scopes = ArrayField(models.CharField(max_length=10), help_text="read, send, admin")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="apikey_store")]
        constraints = [models.CheckConstraint(condition=Q(scopes__contained_by=list(SCOPES)), name="apikey_scopes")]

    def __str__(self) -> str:
        return f"{self.name} (hg_live_{self.prefix}…)"
