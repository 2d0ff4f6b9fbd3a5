"""All addresses of the hub."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth import views as auth_views
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access
from wagtail.documents import urls as wagtaildocs_urls

from certificates.views.checking import short_check
from hub.exports.api.urls import api_urls
from hub.finding import serve
from hub.organisations.account import AccountView
from hub.views import LoginView, media

handler403 = "hub.views.permission_denied"

urlpatterns = [
    # Before Wagtail's own of that name, which it replaces.
    path(
        "admin/account/",
        never_cache(require_admin_access(AccountView.as_view())),
        name="wagtailadmin_account",
    ),
    path("admin/", include(wagtailadmin_urls)),
    path("dokumente/", include(wagtaildocs_urls)),
    path(f"{settings.MEDIA_URL.strip('/')}/<path:path>", media, name="media"),
    path("api/hr/v1/", api_urls),
    # Short and in capitals: it makes the QR code of a certificate small.
    path("P/<str:code>", short_check, name="short_check"),
]
urlpatterns += i18n_patterns(
    path("einloggen/", LoginView.as_view(), name="login"),
    path("ausloggen/", auth_views.LogoutView.as_view(), name="logout"),
    path("", include("courses.urls")),
    path("", include("certificates.urls")),
    path("", include("hub.invitations.urls")),
    path("", include("hub.terminals.urls")),
    path("", include("hub.transfers.urls")),
    path("", include([url for url in wagtail_urls.urlpatterns if url.name != "wagtail_serve"])),
    re_path(wagtail_urls.serve_pattern, serve, name="wagtail_serve"),
)
