"""Files that wait between two steps of a form: uploaded, looked at, confirmed.

They lie where no address leads, for an hour, and only who uploaded one gets at it again.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.core import signing
from django.core.files.base import ContentFile
from django.utils import timezone

from .storage import delete_written_until, private_storage

LIFETIME = timedelta(hours=1)
FOLDER = "uploads"
_SALT = "hub.uploads"


def keep(content: bytes, *, purpose: str, owner: int) -> str:
    """Keep a file for the user with the primary key ``owner``; the token asks for it again.

    What nobody has confirmed in time goes meanwhile.
    """
    delete_written_until(timezone.now() - LIFETIME, folder=FOLDER)
    name = private_storage().save(f"{FOLDER}/{uuid4().hex}", ContentFile(content))
    return signing.dumps([purpose, owner, name], salt=_SALT)


def kept(token: str, *, purpose: str, owner: int) -> bytes | None:
    """The file of a token; ``None`` if it is another's, too old, used or never was."""
    name = _name(token, purpose, owner)
    if name is None:
        return None
    try:
        with private_storage().open(name) as file:
            content: bytes = file.read()
    except OSError:
        return None
    return content


def forget(token: str, *, purpose: str, owner: int) -> None:
    """Delete the file of a token; safe to repeat."""
    if (name := _name(token, purpose, owner)) is not None:
        private_storage().delete(name)


def _name(token: str, purpose: str, owner: int) -> str | None:
    try:
        *whose, name = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except (signing.BadSignature, ValueError):
        return None
    return str(name) if whose == [purpose, owner] else None
