"""What every response carries."""

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware import locale
from django.urls import reverse


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's own, but what does not exist in the administration is not looked for elsewhere.

    Its addresses carry no language. Django would answer a 404 there with a redirect to the address
    with a language in front, as if the page might be a public one.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.status_code == 404 and request.path.startswith(reverse("wagtailadmin_home")):
            return response
        return super().process_response(request, response)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere, the Wagtail admin's own below its address."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(reverse("wagtailadmin_home")):
            policy = settings.CONTENT_SECURITY_POLICY_ADMIN["DIRECTIVES"]
            setattr(response, "_csp_config", policy)  # noqa: B010 - what django-csp reads
        return super().process_response(request, response)
