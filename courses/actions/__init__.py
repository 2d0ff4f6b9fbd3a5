"""Changes of state: each atomic, logged, safe to repeat, announced after commit."""

from .attempting import (
    HandedIn,
    attempt_ends_at,
    check_answer,
    flag_question,
    hand_in,
    is_time_up,
    next_attempt,
    save_answers,
    see_result,
    start_attempt,
    submit_attempt,
    write_grade,
)
from .completing import (
    ActivityLocked,
    complete_activity,
    require_unlocked,
    settle,
    visit_activity,
)
from .crediting import (
    LearningFacts,
    accept_learning,
    already_recorded,
    course_to_complete,
    decline_learning,
    override_completion,
    record_learning,
    submit_learning,
    take_back_learning,
    withdraw_submission,
)
from .enrolling import current_enrolment, enrol, enrol_as_required, enrol_authority, go_along
from .rebuilding import Difference, rebuild_progress
from .refreshing import adapt_refreshers, open_due_refreshers
from .releasing import release_proofs

__all__ = [
    "ActivityLocked",
    "Difference",
    "HandedIn",
    "adapt_refreshers",
    "LearningFacts",
    "accept_learning",
    "already_recorded",
    "attempt_ends_at",
    "check_answer",
    "complete_activity",
    "course_to_complete",
    "current_enrolment",
    "decline_learning",
    "enrol",
    "enrol_as_required",
    "enrol_authority",
    "flag_question",
    "go_along",
    "hand_in",
    "is_time_up",
    "next_attempt",
    "open_due_refreshers",
    "rebuild_progress",
    "release_proofs",
    "require_unlocked",
    "override_completion",
    "record_learning",
    "save_answers",
    "see_result",
    "settle",
    "start_attempt",
    "submit_attempt",
    "submit_learning",
    "take_back_learning",
    "visit_activity",
    "withdraw_submission",
    "write_grade",
]
