"""Addresses of redeeming a letter, below the language prefix."""

from django.urls import path

from .views import redeeming

app_name = "invitations"
urlpatterns = [
    path("einladung/", redeeming.redeem, name="redeem"),
    path("einladung/passwort/", redeeming.password, name="password"),
    path("einladung/willkommen/", redeeming.welcome, name="welcome"),
]
