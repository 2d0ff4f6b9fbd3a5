"""What is done with letters: written, redeemed, revoked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from axes.utils import reset
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from courses.reminding import languages_of
from hub.codes import code_hash, new_code
from hub.organisations.models import Membership, User

from .letters import LANGUAGES, Letter, render_letters
from .models import Invitation, InvitationQuerySet, InvitationState
from .people import invitable

#: The permission for an authority.
WRITE = "invitations.write_letters"
#: What the log calls it.
WRITTEN, REDEEMED, REVOKED = "invitations.write", "invitations.redeem", "invitations.revoke"
#: Of a code, with 20 random bits each: 60 bits, and few enough letters to be typed.
GROUPS = 3
#: How many days after today a code can be redeemed.
DAYS = 30
#: Letters in one file: drawn while somebody waits, for a file that waits would keep the codes.
MOST = 100
#: How long it is remembered what became of a letter.
KEPT = timedelta(days=365)

logger = logging.getLogger(__name__)


class SpentError(Exception):
    """A letter is no longer worth anything."""


def hashed(code: str) -> str:
    """What is stored of a code."""
    return code_hash(code, purpose="invitations.code")


def write_letters(*, memberships: Sequence[Membership], actor: User, language: str = "") -> bytes:
    """A PDF with a letter for each person, in the order given; older letters become void.

    ``memberships`` come from ``people.invitable``, with user, department and authority. Without a
    ``language`` each letter is in the one its person reads, if that is known. The codes are in the
    file and nowhere else: it is not kept, and whoever loses it writes new letters. Raises
    ``ValidationError`` where there are none or more than ``MOST``.
    """
    if not 0 < len(memberships) <= MOST:
        raise ValidationError(
            _("Please choose at least one person, and at most %(most)d at once.") % {"most": MOST}
        )
    expires_on = timezone.localdate() + timedelta(days=DAYS)
    known = {} if language else languages_of([row.user_id for row in memberships])
    codes = [new_code(GROUPS) for _row in memberships]
    # Before anything is written: what cannot be drawn changes nothing.
    content = render_letters(
        [
            Letter.to(
                row,
                code=code,
                expires_on=expires_on,
                language=language or _written(known[row.user_id]),
            )
            for row, code in zip(memberships, codes, strict=True)
        ]
    )
    with transaction.atomic():
        _end_open([row.user_id for row in memberships])
        Invitation.objects.bulk_create(
            Invitation(
                user_id=row.user_id,
                organisation_id=row.organisation_id,
                code_hash=hashed(code),
                written_by=actor,
                expires_on=expires_on,
            )
            for row, code in zip(memberships, codes, strict=True)
        )
        _log_written(memberships, actor)
        sweep()
    return content


def _written(language: str) -> str:
    """The language of a letter: German where there is none in the person's own."""
    return language if language in LANGUAGES else settings.LANGUAGE_CODE


def _end_open(users: list[int]) -> None:
    """Make the open letters of these people void; two who write at once do so one by one."""
    list(User.objects.select_for_update().filter(pk__in=users).order_by("pk").values_list("pk"))
    Invitation.objects.filter(user__in=users, state=InvitationState.OPEN).update(
        state=InvitationState.REPLACED, ended_at=timezone.now()
    )


def _log_written(memberships: Sequence[Membership], actor: User) -> None:
    """One entry for each authority: whom the letters were for, but no code."""
    by_authority = attrgetter("organisation_id")
    for _pk, rows in groupby(sorted(memberships, key=by_authority), key=by_authority):
        ours = list(rows)
        log(
            ours[0].organisation,
            WRITTEN,
            user=actor,
            data={"letters": len(ours), "people": [str(row.user.uuid) for row in ours]},
        )


def find(code: str) -> Invitation | None:
    """The letter with this code, if it can be redeemed."""
    return _usable(Invitation.objects.filter(code_hash=hashed(code)))


def opened(uuid: str) -> Invitation | None:
    """The letter that somebody has begun to redeem, if she still can."""
    return _usable(Invitation.objects.filter(uuid=uuid))


def _usable(letters: InvitationQuerySet) -> Invitation | None:
    """The letter, if it is valid and its authority may still write to the person."""
    letter = letters.valid().select_related("user", "organisation").first()
    if letter is None or not invitable([letter.organisation]).filter(user=letter.user).exists():
        return None
    return letter


@transaction.atomic
def redeem(*, invitation: Invitation, password: str) -> User:
    """Set the password of the account, which ends its sessions, and spend the letter.

    Raises ``SpentError`` where it was redeemed, replaced or revoked meanwhile. A lock after too
    many wrong passwords ends with it: they were those of the password that is no more.
    """
    user = User.objects.select_for_update().get(pk=invitation.user_id)
    spent = (
        Invitation.objects.valid()
        .filter(pk=invitation.pk)
        .update(state=InvitationState.REDEEMED, ended_at=timezone.now())
    )
    if not spent:
        raise SpentError
    user.set_password(password)
    user.save(update_fields=["password"])
    reset(username=user.username)
    log(user, REDEEMED, user=user)
    return user


@transaction.atomic
def revoke(*, invitation: Invitation, actor: User) -> bool:
    """Make a letter void; whether it was open until now. Safe to repeat."""
    changed = Invitation.objects.filter(pk=invitation.pk, state=InvitationState.OPEN).update(
        state=InvitationState.REVOKED, ended_at=timezone.now()
    )
    if changed:
        log(invitation.user, REVOKED, user=actor)
    return bool(changed)


def sweep() -> int:
    """Forget letters that were spent or expired long ago; how many."""
    long_ago = timezone.now() - KEPT
    deleted, _by_model = Invitation.objects.filter(
        written_at__lt=long_ago, expires_on__lt=long_ago.date()
    ).delete()
    return deleted
