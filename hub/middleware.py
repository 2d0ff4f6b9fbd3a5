"""What every response carries."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere, the Wagtail admin's own below its address."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(reverse("wagtailadmin_home")):
            policy = settings.CONTENT_SECURITY_POLICY_ADMIN["DIRECTIVES"]
            setattr(response, "_csp_config", policy)  # noqa: B010 - what django-csp reads
        return super().process_response(request, response)
