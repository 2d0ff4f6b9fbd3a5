"""Addresses of certificates, below the language prefix."""

from django.urls import path

from . import views

app_name = "certificates"
urlpatterns = [
    path("nachweise/<uuid:certificate>/", views.certificate, name="certificate"),
    path("nachweise/<uuid:certificate>/pdf/", views.pdf, name="pdf"),
    path("nachweis-pruefen/", views.check_form, name="check_form"),
    path("nachweis-pruefen/<str:code>/", views.check, name="check"),
]
