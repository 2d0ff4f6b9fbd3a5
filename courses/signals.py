"""What the learning core announces, after the transaction is committed.

``course_completed``
    Sender: ``Enrolment``. Keyword arguments: ``enrolment`` (the completed ``Enrolment``).
    Sent once for each cycle; receivers must nevertheless be safe to repeat.
``activity_completed``
    Sender: ``Completion``. Keyword arguments: ``completion``.
``content_version_created``
    Sender: ``ContentVersion``. Keyword arguments: ``version``.
"""

from django.dispatch import Signal

course_completed = Signal()
activity_completed = Signal()
content_version_created = Signal()
