"""An evaluation whose list is that of the plug-in example; tests register it while they need it."""

from hub.exports.reports import Report
from tests.plugin_example.exporters import DepartmentExporter


class DepartmentReport(Report):
    """On for every authority until it is switched off."""

    identifier = DepartmentExporter.identifier
    label = "Departments"
    purpose = "Abgleich"
    required_permission = DepartmentExporter.required_permission
    view_name = "wagtailadmin_home"
    columns = ()
    names_people = False
    retention = "–"
    is_on_by_default = True
