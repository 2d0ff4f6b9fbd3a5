"""What is learned and how it went."""

from .activities import ActivityMixin
from .ai_systems import AISystem
from .attempts import Attempt, Marking, Response
from .bank import BankQuestion, QuestionTag, TaggedQuestion
from .changing import UnitMixin
from .corrections import Correction, CorrectionNotice, Regrading
from .counting_groups import CountedPerson, CountingGroup
from .enrolments import Completion, CompletionDecision, Enrolment
from .external_learning import ExternalLearning
from .frozen_files import FrozenFile
from .own_settings import OwnSettings
from .pages import CourseIndexPage, CoursePage, ModulePage
from .question_reports import QuestionReport
from .quizzes import QuizPage
from .releases import ProofRelease
from .reminders import ReminderDigest, ReminderRun, ReminderSettings
from .requirements import Requirement, RequirementProposal
from .topics import CourseTopic, Topic, TopicLabel
from .versions import ContentVersion

__all__ = [
    "AISystem",
    "ActivityMixin",
    "Attempt",
    "BankQuestion",
    "Completion",
    "CompletionDecision",
    "ContentVersion",
    "Correction",
    "CorrectionNotice",
    "CountedPerson",
    "CountingGroup",
    "CourseIndexPage",
    "CoursePage",
    "CourseTopic",
    "Enrolment",
    "ExternalLearning",
    "FrozenFile",
    "Marking",
    "ModulePage",
    "ProofRelease",
    "QuestionReport",
    "QuestionTag",
    "OwnSettings",
    "QuizPage",
    "Regrading",
    "ReminderDigest",
    "ReminderRun",
    "ReminderSettings",
    "Requirement",
    "RequirementProposal",
    "Response",
    "TaggedQuestion",
    "Topic",
    "TopicLabel",
    "UnitMixin",
]
