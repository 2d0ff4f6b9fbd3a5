"""What a person does with transfer codes: make one in the old account, use it in the new one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.codes import code_hash, new_code
from hub.organisations.merging.accounts import only_learning
from hub.organisations.merging.actions import Preview, mark_as_told, merge_accounts, preview
from hub.organisations.models import AccountMerge, Membership, User
from hub.organisations.names import search_form
from hub.organisations.signals import memberships_changed

from .models import TransferCode

#: What the log calls it.
MADE = "transfers.make_code"
#: Of a code, with 20 random bits each: 60 bits, and few enough letters to be typed.
GROUPS = 3
#: How many days after today a code can be used: from the last weeks in one office to the first
#: ones in the next.
DAYS = 90


class NotPossible(Exception):
    """An account cannot be taken along, or not yet; ``reasons`` are sentences."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons


def hashed(code: str) -> str:
    """What is stored of a code."""
    return code_hash(code, purpose="transfers.code")


def may_move(user: User) -> bool:
    """Whether an account may be taken along: it is open and does no more than learn.

    Closing one with further rights takes somebody's work away; that is left to who administers the
    hub (0035).
    """
    return only_learning(User.objects.filter(pk=user.pk, is_active=True)).exists()


@transaction.atomic
def make_code(*, user: User) -> str:
    """A new code for an account, in place of the one it had; nobody can read it again.

    Codes of others that have expired go along the way. Raises ``ValidationError`` for an account
    that may do more than learn.
    """
    if not may_move(user):
        raise ValidationError(
            _(
                "This account may do more than learn. Please turn to who administers the hub: "
                "accounts with further rights are merged there."
            )
        )
    TransferCode.objects.filter(expires_on__lt=timezone.localdate()).delete()
    code = new_code(GROUPS)
    TransferCode.objects.update_or_create(
        user=user,
        defaults={
            "code_hash": hashed(code),
            "expires_on": timezone.localdate() + timedelta(days=DAYS),
        },
    )
    log(user, MADE, user=user)
    return code


def find(code_hash: str) -> TransferCode | None:
    """The code with this hash, if it can be used today and its account may be taken along."""
    accounts = only_learning(User.objects.filter(is_active=True))
    codes = TransferCode.objects.valid().filter(code_hash=code_hash, user__in=accounts)
    return codes.select_related("user").first()


def looked_at(code: TransferCode, *, user: User) -> Preview:
    """What would come along if ``user`` took the account of a code into her own; writes nothing.

    Raises ``NotPossible``, with what she can do about it.
    """
    if reasons := _against(code, user):
        raise NotPossible(*reasons)
    shown = preview(kept=user, gone=code.user, actor=user)
    if not shown.is_possible:
        raise NotPossible(*shown.plan.obstacles)
    return shown


def _against(code: TransferCode, user: User) -> list[str]:
    if code.user_id == user.pk:
        return [
            _(
                "This is the code of the account you are signed in with. Please sign in with the "
                "account of your new authority and use it there."
            )
        ]
    if not _may_be_the_same(code.user, user):
        return [
            _(
                "The two accounts have different names. If both are yours, please turn to who "
                "administers the hub."
            )
        ]
    return [
        _(
            "%(authority)s has not entered yet that you have left. Please ask there, or come back "
            "later. Your code is valid until %(day)s."
        )
        % {
            "authority": membership.organisation.name,
            "day": date_format(code.expires_on, "SHORT_DATE_FORMAT"),
        }
        for membership in Membership.objects.not_ended()
        .filter(user=code.user)
        .select_related("organisation")
        .order_by("pk")
    ]


def _may_be_the_same(one: User, other: User) -> bool:
    """Whether two accounts share a name: a last name changes at times, a first name seldom.

    Else somebody could hand on what she has learnt to somebody else.
    """
    return any(
        search_form(first) == search_form(second) != ""
        for first, second in (
            (one.last_name, other.last_name),
            (one.first_name, other.first_name),
        )
    )


def take_along(*, code: TransferCode, user: User, confirmed: str) -> AccountMerge:
    """Take the account of a code into the person's own one, as it was shown to her, and close it.

    ``confirmed`` is the fingerprint of what was shown. What is open goes along to the authority she
    works for now. Raises ``NotPossible``, and ``NotAsShown`` where something else would happen now;
    then nothing is written and the code stays valid.
    """
    with transaction.atomic():
        if reasons := _against(code, user):
            raise NotPossible(*reasons)
        merge = merge_accounts(
            kept=user,
            gone=code.user,
            confirmed=confirmed,
            reason=_("The person has used the transfer code of her former account."),
            actor=user,
        )
        mark_as_told(user=user, merge=merge.uuid)
        code.delete()
        places = list(Membership.objects.active().filter(user=user).values_list("pk", flat=True))
        transaction.on_commit(
            partial(memberships_changed.send, sender=Membership, membership_ids=places)
        )
    return merge
