"""Who: authorities, their people, and who may do what for which authority."""

from .organisations import Audience, Department, Organisation
from .people import Employment, Membership, User
from .permissions import GroupOrganisationPermission

__all__ = [
    "Audience",
    "Department",
    "Employment",
    "GroupOrganisationPermission",
    "Membership",
    "Organisation",
    "User",
]
