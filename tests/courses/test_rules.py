import json
import uuid
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import rules
from courses.enums import EnrolmentStatus, RequirementKind

A, B, C = (uuid.uuid5(uuid.NAMESPACE_URL, letter) for letter in "abc")
KEYS = st.lists(st.sampled_from([A, B, C]), unique=True)
LETTERS = [uuid.uuid5(uuid.NAMESPACE_URL, letter) for letter in "abcdefg"]


def compared(required, completed):
    return rules.progress(rules.Asked(tuple(required)), completed)


@dataclass(frozen=True)
class Part:
    key: uuid.UUID
    is_required: bool = True
    counts: bool = True
    prerequisites: tuple = ()
    electives_needed: int = 0
    above: tuple = ()


@st.composite
def courses(draw):
    """Some parts of a course whose prerequisites may even lead in circles."""
    needed = draw(st.integers(0, 4))
    keys = draw(st.lists(st.sampled_from(LETTERS), unique=True, max_size=7))
    return [
        Part(
            key,
            is_required=draw(st.booleans()),
            counts=draw(st.integers(0, 5)) > 0,
            prerequisites=tuple(draw(st.lists(st.sampled_from(LETTERS), max_size=3))),
            electives_needed=needed,
            above=tuple(keys[max(0, place - draw(st.integers(0, 2))) : place]),
        )
        for place, key in enumerate(keys)
    ]


DONE = st.sets(st.sampled_from(LETTERS))


@given(parts=courses(), completed=DONE)
def test_nobody_is_ever_beyond_100_percent_or_without_a_way_on(parts, completed):
    reached = rules.progress(rules.Asked.by(parts), completed)
    assert 0 <= reached.done <= reached.required
    assert (reached.percent == 100) == reached.is_complete
    locked = rules.locked_by(parts, completed)
    assert not locked.keys() & completed
    way = rules.towards(parts, reached, locked, completed)
    # Whatever the editors did, there is something to do until the course is completed.
    assert (way is None) == (reached.is_complete or not reached.required)
    assert way is None or (way not in locked and way not in completed)


@given(parts=courses(), completed=DONE, more=st.sampled_from(LETTERS))
def test_to_complete_something_never_lowers_progress_or_closes_a_part(parts, completed, more):
    asked = rules.Asked.by(parts)
    before = rules.progress(asked, completed)
    assert rules.progress(asked, {*completed, more}).done >= before.done
    locked = rules.locked_by(parts, completed)
    assert rules.locked_by(parts, {*completed, more}).keys() <= locked.keys()


@given(parts=courses())
def test_going_on_completes_the_course_through_open_parts_only(parts):
    completed = set()
    asked = rules.Asked.by(parts)
    for _part in parts:
        reached = rules.progress(asked, completed)
        way = rules.towards(parts, reached, rules.locked_by(parts, completed), completed)
        if way is None:
            break
        completed.add(way)
    reached = rules.progress(asked, completed)
    assert reached.is_complete or not reached.required


def test_some_of_the_optional_parts_are_needed():
    parts = [
        Part(A, electives_needed=1),
        Part(B, is_required=False, electives_needed=1),
        Part(C, is_required=False, electives_needed=1),
    ]
    asked = rules.Asked.by(parts)
    reached = rules.progress(asked, {A})
    assert (reached.done, reached.required, reached.missing) == (1, 2, ())
    assert (reached.electives_missing, reached.electives) == (1, (B, C))
    assert not reached.is_complete
    assert rules.progress(asked, {A, C}).is_complete
    # Both are no more than one.
    assert rules.progress(asked, {B, C}).done == 1
    assert asked.counted({A, C}) == [A, C]


def test_no_more_optional_parts_are_needed_than_there_are():
    parts = [Part(A, electives_needed=3), Part(B, is_required=False, electives_needed=3)]
    assert rules.Asked.by(parts).electives_needed == 1


def test_a_prerequisite_that_is_no_part_today_holds_nobody_back():
    other = uuid.uuid4()
    parts = [Part(A, prerequisites=(other,)), Part(B, prerequisites=(A, other))]
    assert rules.locked_by(parts, set()) == {B: (A,)}
    assert rules.locked_by(parts, {A}) == {}
    only_informs = [Part(A, counts=False), Part(B, prerequisites=(A,))]
    assert rules.locked_by(only_informs, set()) == {}


def test_what_stands_below_a_closed_part_is_closed_with_it():
    parts = [
        Part(A),
        Part(B, prerequisites=(A,)),
        Part(C, above=(B,)),
    ]
    assert rules.locked_by(parts, set()) == {B: (A,), C: (A,)}
    assert rules.locked_by(parts, {A}) == {}
    # What is completed or begun keeps open what stands below it, and stays open itself.
    assert rules.locked_by(parts, {B}) == {}
    assert rules.locked_by(parts, set(), {C}) == {B: (A,)}
    # A part that waits for what stands below it would wait for ever.
    inside_out = [Part(B, prerequisites=(C,)), Part(C, above=(B,))]
    assert rules.locked_by(inside_out, set()) == {B: (C,)}


def test_what_is_completed_is_never_closed():
    assert rules.locked_by([Part(A), Part(B, prerequisites=(A,))], {B}) == {}


def test_a_circle_closes_nothing_and_is_named():
    parts = [Part(A, prerequisites=(C,)), Part(B, prerequisites=(A,)), Part(C, prerequisites=(B,))]
    assert rules.locked_by(parts, set()) == {}
    assert rules.circle(rules.prerequisites_of(parts), B) == {A}
    assert rules.circle({A: (B,), B: ()}, A) == set()
    assert rules.circle({A: (A,)}, A) == {A}


@given(parts=courses(), completed=DONE, months=st.none() | st.integers(1, 60))
def test_inputs_come_back_as_they_were_kept(parts, completed, months):
    inputs = rules.Inputs(
        asked=rules.Asked.by(parts),
        completed={key: (uuid.uuid5(key, "version"), "learner") for key in completed},
        refresh_months=months,
    )
    kept = json.loads(json.dumps(inputs.as_json()))
    assert rules.Inputs.from_json(kept) == inputs
    assert inputs.is_complete == rules.progress(inputs.asked, completed).is_complete


def test_progress_names_what_is_missing_in_course_order():
    progress = compared([A, B, C], {B})
    assert (progress.done, progress.required, progress.missing) == (1, 3, (A, C))
    assert progress.percent == 33
    assert not progress.is_complete


def test_a_course_without_required_activities_is_never_complete():
    assert not compared([], {A}).is_complete
    assert compared([], {A}).percent == 0


@given(required=KEYS, completed=st.sets(st.sampled_from([A, B, C])))
def test_progress_stays_within_its_bounds(required, completed):
    progress = compared(required, completed)
    assert 0 <= progress.percent <= 100
    assert progress.done + len(progress.missing) == progress.required
    assert (progress.percent == 100) == progress.is_complete


@pytest.mark.parametrize(
    ("current", "required", "completed", "begun", "expected"),
    [
        ("enrolled", [A], set(), False, EnrolmentStatus.ENROLLED),
        ("enrolled", [A, B], {A}, True, EnrolmentStatus.IN_PROGRESS),
        ("in_progress", [A], {A}, True, EnrolmentStatus.COMPLETED),
        # The course grew after the person completed it: nobody loses anything.
        ("completed", [A, B], {A}, True, EnrolmentStatus.COMPLETED),
    ],
)
def test_status(current, required, completed, begun, expected):
    reached = compared(required, completed)
    assert rules.status(current, reached, has_begun=begun) == expected


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 24), 24, date(2028, 11, 24)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 1), 0, date(2026, 3, 1)),
    ],
)
def test_add_months(day, months, expected):
    assert rules.add_months(day, months) == expected


@dataclass(frozen=True)
class Asked:
    course_key: uuid.UUID
    kind: str
    due_on: date | None = None


MUST, MAY = RequirementKind.MANDATORY, RequirementKind.RECOMMENDED
EARLY, LATE = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("requirements", "decisive"),
    [
        ([], []),
        ([Asked(A, MAY), Asked(A, MUST)], [Asked(A, MUST)]),
        ([Asked(A, MAY, EARLY), Asked(A, MUST, LATE)], [Asked(A, MUST, LATE)]),
        ([Asked(A, MUST), Asked(A, MUST, LATE), Asked(A, MUST, EARLY)], [Asked(A, MUST, EARLY)]),
        ([Asked(A, MAY, LATE), Asked(A, MAY, EARLY)], [Asked(A, MAY, EARLY)]),
        ([Asked(B, MAY), Asked(A, MUST)], [Asked(A, MUST), Asked(B, MAY)]),
    ],
)
def test_one_requirement_counts_for_each_course(requirements, decisive):
    assert rules.decisive(requirements) == decisive
    assert rules.decisive(requirements[::-1]) == decisive
