"""Who: authorities, their people, and who may do what for which authority."""

from .imports import EmployeeImport, EmployeeImportRow, ImportProblem, ImportState
from .merges import AccountMerge
from .organisations import Audience, Department, Organisation
from .people import Employment, Membership, User
from .permissions import GroupOrganisationPermission

__all__ = [
    "AccountMerge",
    "Audience",
    "Department",
    "EmployeeImport",
    "EmployeeImportRow",
    "Employment",
    "GroupOrganisationPermission",
    "ImportProblem",
    "ImportState",
    "Membership",
    "Organisation",
    "User",
]
