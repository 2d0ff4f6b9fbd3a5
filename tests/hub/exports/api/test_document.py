"""The OpenAPI document: well-formed, names every list, and asks nothing of other servers."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.urls import NoReverseMatch, reverse

from hub.exports.api import document, resources
from hub.exports.exporters import ROW_KEY_COLUMN, exporters
from hub.spreadsheets import Column

from .cases import LISTS, ApiTestCase

TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}


def conforms(value, schema, components, where="") -> list[str]:
    """What in ``value`` is not as ``schema`` says, for the part of JSON Schema the document uses.

    Fails for a keyword that it does not know, so that none goes unchecked.
    """
    known = {"$ref", "type", "format", "title", "properties", "required", "items", "enum"}
    assert not set(schema) - known - {"allOf", "additionalProperties"}, schema
    if "$ref" in schema:
        schema = components[schema["$ref"].removeprefix("#/components/schemas/")]
        return conforms(value, schema, components, where)
    faults = []
    for part in schema.get("allOf", ()):
        faults += conforms(value, part, components, where)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(type(value) is TYPES[name] for name in types):
        return [f"{where}: {value!r} is no {types}"]
    if "enum" in schema and value not in schema["enum"]:
        faults.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and schema.get("format") == "date":
        date.fromisoformat(value)
    if isinstance(value, str) and schema.get("format") == "date-time":
        assert datetime.fromisoformat(value).tzinfo
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        faults += [
            f"{where}.{key} is missing" for key in schema.get("required", ()) if key not in value
        ]
        if schema.get("additionalProperties") is False:
            faults += [f"{where}.{key} is too much" for key in value if key not in properties]
        for key in set(properties) & set(value):
            faults += conforms(value[key], properties[key], components, f"{where}.{key}")
    if isinstance(value, list):
        for n, item in enumerate(value):
            faults += conforms(item, schema.get("items", {}), components, f"{where}[{n}]")
    return faults


class DocumentTests(ApiTestCase):
    def document(self, **headers):
        answer = self.get(reverse("hr_api:openapi-json"), **headers)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        return answer.json()

    def schema_of(self, path, status="200"):
        operation = self.document()["paths"][path]["get"]
        (content,) = operation["responses"][status]["content"].values()
        return content["schema"]

    def test_it_needs_no_token_and_tells_of_no_authority(self):
        text = self.get(reverse("hr_api:openapi-json")).content.decode()
        for word in ("Coesfeld", "Terhorst", "Bürgerbüro"):
            assert word not in text

    def test_it_is_well_formed(self):
        found = self.document()
        assert found["openapi"].startswith("3.1")
        assert {"title", "version"} <= set(found["info"])
        names = []
        for path, methods in found["paths"].items():
            assert path.startswith(reverse("hr_api:api-root"))
            assert set(methods) == {"get"}
            operation = methods["get"]
            names.append(operation["operationId"])
            in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            assert operation["security"] == [{"Token": []}]
            assert set(operation["responses"]) == {"200", "401", "404", "422", "429"}
            for parameter in operation["parameters"]:
                assert parameter["schema"]
        assert len(set(names)) == len(names)
        assert found["components"]["securitySchemes"]["Token"] == {
            "type": "http",
            "scheme": "bearer",
        }
        self.assert_references(found, found["components"]["schemas"])

    def assert_references(self, part, schemas):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                assert value.removeprefix("#/components/schemas/") in schemas
            elif isinstance(value, dict | list):
                self.assert_references(value, schemas)

    def test_it_names_every_list_with_its_columns(self):
        paths = self.document()["paths"]
        wanted = {reverse("hr_api:lists")}
        for key in LISTS:
            wanted |= {reverse(name, args=[key]) for name in ("hr_api:rows", "hr_api:filters")}
            row = self.schema_of(reverse("hr_api:rows", args=[key]))["allOf"][1]
            row = row["properties"]["rows"]["items"]
            columns = [*exporters.get(key).columns, ROW_KEY_COLUMN]
            assert list(row["properties"]) == [column.key for column in columns]
            assert [v["title"] for v in row["properties"].values()] == [
                str(column.label) for column in columns
            ]
        assert set(paths) == wanted

    def test_what_is_answered_is_what_it_says(self):
        secret = self.secret()
        components = self.document()["components"]["schemas"]
        addresses = [reverse("hr_api:lists")]
        for key in LISTS:
            addresses += [reverse(name, args=[key]) for name in ("hr_api:rows", "hr_api:filters")]
        for address in addresses:
            answer = self.get(address, secret).json()
            assert conforms(answer, self.schema_of(address), components) == []
        address = reverse("hr_api:rows", args=[LISTS[0]])
        for status, answer in (
            ("422", self.get(f"{address}?x=1", secret)),
            ("401", self.get(address)),
            ("404", self.get(reverse("hr_api:rows", args=["x"]), secret)),
        ):
            assert answer.status_code == int(status)
            schema = self.schema_of(address, status)
            assert conforms(answer.json(), schema, components) == []

    def test_the_check_itself_finds_faults(self):
        row = document._row(exporters.get(LISTS[0]))
        assert conforms({"x": 1}, row, {})
        assert conforms("x", document._value(Column("A", "integer", key="a")), {})
        assert not conforms(None, document._value(Column("A", "date", key="a")), {})

    def test_a_list_of_another_plugin_is_in_it_at_once(self):
        class More(exporters.get("example-departments")):
            identifier = "noch-eine"

        with exporters.register_temporarily(More):
            assert reverse("hr_api:rows", args=["noch-eine"]) in self.document()["paths"]
        assert reverse("hr_api:rows", args=["noch-eine"]) not in self.document()["paths"]

    def test_it_speaks_the_language_of_the_caller(self):
        address = reverse("hr_api:rows", args=["abschlussliste"])
        german = self.document()["paths"][address]["get"]["summary"]
        english = self.document(**{"Accept-Language": "en"})["paths"][address]["get"]["summary"]
        assert german.startswith("Abschlussliste")
        assert english.startswith("Completion list")

    def test_there_are_no_pages_that_load_scripts(self):
        assert resources.api.docs_url is None
        with self.assertRaises(NoReverseMatch):
            reverse("hr_api:openapi-view")
        assert "://" not in self.get(reverse("hr_api:openapi-json")).content.decode()
