"""What is learned and how it went."""

from .activities import ActivityMixin
from .attempts import Attempt, Marking, Response
from .enrolments import Completion, Enrolment
from .pages import CourseIndexPage, CoursePage, ModulePage
from .quizzes import QuizPage
from .requirements import Requirement
from .topics import CourseTopic, Topic, TopicLabel
from .versions import ContentVersion

__all__ = [
    "ActivityMixin",
    "Attempt",
    "Completion",
    "ContentVersion",
    "CourseIndexPage",
    "CoursePage",
    "CourseTopic",
    "Enrolment",
    "Marking",
    "ModulePage",
    "QuizPage",
    "Requirement",
    "Response",
    "Topic",
    "TopicLabel",
]
