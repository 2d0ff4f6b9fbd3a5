"""Two persons: one says what kind of correction a change is, another one approves it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.organisations.models import User

from ..bank_actions import withdraw
from ..comparing import fingerprint, is_graded_alike, questions_in
from ..enums import CorrectionKind, CorrectionStatus
from ..models import BankQuestion, ContentVersion, Correction
from .applying import put_into_force
from .changes import ChangedQuestion, correctable_questions
from .units import Unit


def refusal(change: ChangedQuestion, kind: CorrectionKind) -> str:
    """Why a change is not a correction of this kind, in words; empty when it is."""
    if kind not in change.kinds:
        return _why_not(change, kind)
    if kind == CorrectionKind.TYPO and not is_graded_alike(change.before, change.after or {}):
        return _(
            "This is more than a typo: other answers are right now, or there are other answers or "
            "other points. Please choose another kind."
        )
    return ""


def _why_not(change: ChangedQuestion, kind: CorrectionKind) -> str:
    if kind == CorrectionKind.VOID:
        return _("Please remove the question from the quiz first: a void question is not asked.")
    if not change.is_changed:
        return _(
            "The draft says what people were asked. Please change the question first and save the "
            "draft."
        )
    return _(
        "This question is not graded by the hub, so nothing can be regraded. Please remove it and "
        "write a new one if it asks something else now."
    )


def propose_correction(
    *, draft: Unit, change: ChangedQuestion, kind: CorrectionKind, by: User, note: str = ""
) -> Correction:
    """Say what kind of correction a change is; it waits for a second person.

    An earlier proposal for the same question that is not in force is replaced. The same proposal
    again changes nothing. Raises ``ValidationError`` for a kind that does not fit.
    """
    if message := refusal(change, kind):
        raise ValidationError(message)
    after = change.text_by(kind)
    values = {
        "kind": kind,
        "note": note.strip(),
        "before_sha256": fingerprint(change.before),
        "after_sha256": fingerprint(after) if after else "",
        "proposed_by": by,
    }
    with transaction.atomic():
        # Two who propose at the same moment wait for each other here.
        ContentVersion.objects.select_for_update(no_key=True).only("pk").get(pk=change.version)
        earlier = (
            Correction.objects.open()
            .select_for_update()
            .filter(unit_key=draft.translation_key, question_id=change.question_id)
            .first()
        )
        if earlier is not None:
            if all(getattr(earlier, name) == value for name, value in values.items()):
                return earlier
            earlier.status = CorrectionStatus.REPLACED
            earlier.save(update_fields=["status"])
        correction = Correction.objects.create(
            unit_key=draft.translation_key,
            question_id=change.question_id,
            before_id=change.version,
            after=after,
            **values,
        )
        _log(correction, draft, "courses.correction_proposed", by)
    return correction


def approve_correction(*, correction: Correction, by: User, draft: Unit) -> Correction:
    """Approve what another person proposed; a second call changes nothing.

    ``draft`` is the unit's latest draft: it must still say what was proposed. What is void is in
    force at once when the question is not asked any more; a question of the bank is withdrawn by
    it, in every language. Raises ``ValidationError``.
    """
    with transaction.atomic():
        if correction.is_of_bank and correction.is_void:
            # Publishing locks the question before its corrections, so it is done here, too.
            list(BankQuestion.objects.locked(correction.unit_key).values_list("pk"))
        locked = Correction.objects.select_for_update().get(pk=correction.pk)
        if locked.status in (CorrectionStatus.APPROVED, CorrectionStatus.LIVE):
            return locked
        _refuse_approval(locked, by, draft)
        locked.status = CorrectionStatus.APPROVED
        locked.decided_by, locked.decided_at = by, timezone.now()
        locked.save(update_fields=["status", "decided_by", "decided_at"])
        _log(locked, draft, "courses.correction_approved", by)
        if locked.is_void:
            _take_out(locked, by, draft)
    return locked


def _refuse_approval(correction: Correction, by: User, draft: Unit) -> None:
    """Raises ``ValidationError`` for what cannot be approved by this person, or not any more."""
    if correction.status != CorrectionStatus.PROPOSED:
        raise ValidationError(_("This correction was declined or replaced meanwhile."))
    if correction.proposed_by_id == by.pk:
        raise ValidationError(
            _("You have proposed this correction yourself. Please ask a second person.")
        )
    if not any(change.is_met_by(correction) for change in correctable_questions(draft)):
        raise ValidationError(
            _(
                "The question was changed again since this was proposed. Please have the "
                "correction proposed anew."
            )
        )


def _take_out(correction: Correction, by: User, draft: Unit) -> None:
    """Let what is void be in force as soon as it is not asked: for a quiz, when that is public."""
    version = ContentVersion.objects.filter(
        unit_key=correction.unit_key, language=correction.before.language
    ).latest("number")
    if correction.is_of_bank:
        withdraw(key=correction.unit_key, actor=by)
    elif draft.live and correction.question_id in questions_in(
        correction.unit_key, version.content
    ):
        return
    put_into_force([correction], version)


def decline_correction(*, correction: Correction, by: User, draft: Unit, reply: str = "") -> None:
    """Decline a correction that is not in force, also one's own; a second call changes nothing."""
    with transaction.atomic():
        locked = Correction.objects.select_for_update().get(pk=correction.pk)
        if not locked.is_open:
            return
        locked.status = CorrectionStatus.DECLINED
        locked.decided_by, locked.decided_at, locked.reply = by, timezone.now(), reply.strip()
        locked.save(update_fields=["status", "decided_by", "decided_at", "reply"])
        _log(locked, draft, "courses.correction_declined", by)


def _log(correction: Correction, unit: Unit, action: str, by: User) -> None:
    log(
        unit,
        action,
        user=by,
        data={
            "correction": str(correction.uuid),
            "question": str(correction.question_id),
            "kind": correction.kind,
        },
    )
