"""A list of a third party: the departments of an authority."""

from hub.exports.exporters import Exporter, OfferedFilter, exporters
from hub.organisations.models import Department
from hub.spreadsheets import Column


@exporters.register
class DepartmentExporter(Exporter):
    identifier = "example-departments"
    label = "Departments"
    description = "What the departments are called."
    required_permission = "organisations.view_department"
    columns = (Column("Name", "text", 30, "name"), Column("Length", "integer", 8, "length"))

    def get_queryset(self, scope, filters):
        found = Department.objects.filter(organisation=scope.organisation)
        return found.filter(name__icontains=filters.get("q", ""))

    def rows(self, queryset):
        for department in queryset.order_by("name", "pk").iterator():
            yield str(department.pk), (department.name, len(department.name))

    def describe(self, scope, filters):
        return [("Name", filters["q"])] if filters.get("q") else []

    def offered_filters(self, scope):
        return [OfferedFilter("q", "Name")]
