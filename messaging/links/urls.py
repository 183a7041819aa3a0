"""Addresses that recipients follow. They stand in messages: never change them."""

from django.urls import path

from messaging.links.views import redirect

urlpatterns = [path("r/<str:code>", redirect, name="link")]
