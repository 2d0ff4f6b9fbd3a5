"""Addresses of a change of authority, below the language prefix."""

from django.urls import path

from . import views

app_name = "transfers"
urlpatterns = [
    path("behoerdenwechsel/", views.start, name="start"),
    path("behoerdenwechsel/code/", views.code, name="code"),
    path("behoerdenwechsel/uebernehmen/", views.take, name="take"),
]
