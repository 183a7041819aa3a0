"""Addresses of texts from people."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from messaging.inbound.api import InboundSettingsView, InboundViews

router = SimpleRouter(trailing_slash=False)
router.register("inbound", InboundViews, basename="inbound")
urlpatterns = [
    path(
        "store/inbound",
        InboundSettingsView.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="inbound_settings",
    ),
    *router.urls,
]
