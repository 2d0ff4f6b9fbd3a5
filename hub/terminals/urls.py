"""Addresses of shared devices, below the language prefix."""

from django.urls import path

from .views import time_left

app_name = "terminals"
urlpatterns = [path("geraet/zeit/", time_left, name="time")]
