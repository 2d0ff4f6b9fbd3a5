"""Tokens of the interface: making and revoking them, and what one may read today."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.exports.exporters import exporters
from hub.exports.models import ApiToken
from hub.exports.rights import has_left, is_within_a_year, organisations_handing_over
from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

PERMISSION = "exports.manage_apitoken"
MAKE, REVOKE = "exports.make_api_token", "exports.revoke_api_token"
#: Every secret begins with it: whoever finds one in a file or a log knows what it is.
PREFIX = "kihub_"
_RANDOM_BYTES = 32
_HINT_LENGTH = len(PREFIX) + 6


@transaction.atomic
def issue_token(
    *,
    organisation: Organisation,
    name: str,
    purpose: str,
    scopes: Sequence[str],
    expires_on: date,
    maker: User,
) -> tuple[ApiToken, str]:
    """Make a token and say its secret, which is kept nowhere.

    Raises ``ValidationError``, by field, for a name that is taken, an end that is past or too far
    away, and for lists that ``maker`` may not hand over herself; also where she may not make
    tokens for ``organisation``.
    """
    if organisation not in organisations_where(maker, PERMISSION):
        raise ValidationError({"organisation": _("You may not make tokens for this authority.")})
    _check_scopes(organisation, scopes, maker)
    if not is_within_a_year(expires_on):
        raise ValidationError({"expires_on": _("Please enter a day within the next year.")})
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    token = ApiToken(
        organisation=organisation,
        name=name.strip(),
        purpose=purpose.strip(),
        scopes=sorted(set(scopes)),
        hint=secret[:_HINT_LENGTH],
        digest=_digest(secret),
        made_by=maker,
        expires_on=expires_on,
    )
    # Two at once with the same name come one after the other.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    token.full_clean()
    token.save()
    _log(token, MAKE, maker)
    return token, secret


def _check_scopes(organisation: Organisation, scopes: Sequence[str], maker: User) -> None:
    may_not = [key for key in scopes if organisation not in organisations_handing_over(maker, key)]
    if not scopes or may_not:
        raise ValidationError(
            {"scopes": _("Please choose lists that you may hand over for this authority.")}
        )


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User | None) -> bool:
    """End a token for good, from the next request on, and say whether it was not ended before.

    Without an ``actor`` it is an operator, by a command.
    """
    locked = ApiToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if locked.revoked_at is not None:
        return False
    locked.revoked_at, locked.revoked_by = timezone.now(), actor
    locked.save(update_fields=["revoked_at", "revoked_by"])
    _log(locked, REVOKE, actor)
    return True


def _log(token: ApiToken, action: str, actor: User | None) -> None:
    log(
        token,
        action,
        user=actor,
        data={
            "authority": token.organisation.slug,
            "lists": token.scopes,
            "until": token.expires_on.isoformat(),
        },
    )


def token_of(secret: str) -> ApiToken | None:
    """The token with this secret, whatever became of it; the maker as she is in the database."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    return (
        ApiToken.objects.select_related("organisation", "made_by")
        .filter(digest=_digest(secret))
        .first()
    )


def refusal(token: ApiToken) -> str:
    """Why a token does not work today, in a sentence; empty if it does.

    It stands for its maker: where she has left, or may make no tokens any more, it stands still.
    Somebody who has left cannot sign in and hand a list over; a program would go on unnoticed.
    """
    if token.revoked_at is not None:
        return _("This token was revoked.")
    if token.expires_on < timezone.localdate():
        return _("This token has expired.")
    if not token.organisation.is_active:
        return _("The authority of this token is not active.")
    if has_left(token.made_by):
        return _("This token stands still: the person who made it has left.")
    if token.organisation not in organisations_where(token.made_by, PERMISSION):
        return _(
            "This token stands still: the person who made it may not make tokens for this "
            "authority any more."
        )
    return ""


def readable_lists(token: ApiToken) -> list[str]:
    """The keys of the lists that a working token reads today, in the order of registration.

    Those it names, that its maker may hand over, and that are installed and not switched off.
    """
    return [
        key
        for key in exporters
        if key in token.scopes
        and token.organisation in organisations_handing_over(token.made_by, key)
    ]


def note_use(token: ApiToken) -> None:
    """Remember that a token was used today: the day, not the time."""
    today = timezone.localdate()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
