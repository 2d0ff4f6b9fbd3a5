"""Mails that remind people: who waits for one, what it says, how it is sent.

``remind`` does it all and may be called at any time and as often as one likes.
"""

from .contents import language_of, languages_of
from .queueing import refused
from .run import Outcome, preview, remind
from .unsubscribing import stop_optional, unsubscribe_url, user_of

__all__ = [
    "Outcome",
    "language_of",
    "languages_of",
    "preview",
    "refused",
    "remind",
    "stop_optional",
    "unsubscribe_url",
    "user_of",
]
