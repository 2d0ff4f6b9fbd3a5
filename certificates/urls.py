"""Addresses of certificates, below the language prefix."""

from django.urls import path

from .views import checking, own

app_name = "certificates"
urlpatterns = [
    path("nachweise/<uuid:certificate>/", own.certificate, name="certificate"),
    path("nachweise/<uuid:certificate>/pdf/", own.pdf, name="pdf"),
    path("nachweise/<uuid:certificate>/neuer-name/", own.new_name, name="new_name"),
    path("nachweis-pruefen/", checking.check_form, name="check_form"),
    path("nachweis-pruefen/<str:code>/", checking.check, name="check"),
]
