"""What the interface answers when it cannot give what was asked for: RFC 9457, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request cannot be answered; ``errors`` name the fields of the address that are wrong."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.headers = errors, headers or {}

    def response(self) -> HttpResponse:
        """The answer that says so."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = list(self.errors)
        return JsonResponse(
            content,
            status=self.status,
            content_type=CONTENT_TYPE,
            headers={"Cache-Control": "no-store", **self.headers},
            json_dumps_params={"ensure_ascii": False},
        )


def field_error(field: str, label: str, messages: Sequence[str]) -> dict[str, Any]:
    """An error of one field, by its key in the address and its name in the caller's language."""
    return {"field": field, "label": label, "messages": list(messages)}
