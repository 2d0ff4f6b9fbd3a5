"""Zwei Konten zusammenführen: the account stays that the person signs in with, the other closes.

Other apps say in their ``merging.py`` what becomes of their rows, see ``mergers``.
"""

from . import people  # noqa: F401  registers
from .mergers import Merger, Pair, all_mergers, mergers, relations, unknown_relations
from .steps import CannotBeRestored, Change, Figure, Plan, Removal, Step, from_json

__all__ = [
    "CannotBeRestored",
    "Change",
    "Figure",
    "Merger",
    "Pair",
    "Plan",
    "Removal",
    "Step",
    "all_mergers",
    "from_json",
    "mergers",
    "relations",
    "unknown_relations",
]
