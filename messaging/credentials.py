"""Provider credentials, encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA256), readable with any of the set keys."""

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


class Credentials(dict[str, str]):
    """Names and secrets; never shows the secrets."""

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self))})"

    __str__ = __repr__


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    digests = [hashlib.blake2b(key.encode(), digest_size=32, person=b"heliograph-cred").digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


if TYPE_CHECKING:  # Django's fields take no parameters at run time
    Base = models.TextField[Any, Credentials]
else:
    Base = models.TextField


class CredentialsField(Base):
    """A `Credentials` in Python, one encrypted token in the database."""

    def from_db_value(self, value: str | None, *_: object) -> Credentials:
        """Decrypt with whichever of CREDENTIAL_KEYS fits; raises InvalidToken when none does."""
        if not value:
            return Credentials()
        return Credentials(json.loads(_box(tuple(settings.CREDENTIAL_KEYS)).decrypt(value.encode())))

    def get_prep_value(self, value: Any) -> str:
        """Encrypt with the first of CREDENTIAL_KEYS."""
        return _box(tuple(settings.CREDENTIAL_KEYS)).encrypt(json.dumps(value or {}).encode()).decode()
