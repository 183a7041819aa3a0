"""Routes of watching."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from messaging.watching.campaigns import WatchedCampaignViews
from messaging.watching.contacts import PersonView, TimelineView
from messaging.watching.store import DashboardView, MessageViews

router = SimpleRouter(trailing_slash=False)
router.register("messages", MessageViews, basename="messages")
campaign = WatchedCampaignViews.as_view
urlpatterns = [
    path("campaigns/<str:id>/progress", campaign({"get": "progress"}), name="progress"),
    path("campaigns/<str:id>/refresh", campaign({"post": "refresh"}), name="refresh"),
    path("campaigns/<str:id>/recipients/<str:rid>/trace", campaign({"get": "trace"}), name="trace"),
    path("contacts/<str:id>/timeline", TimelineView.as_view({"get": "timeline"}), name="timeline"),
    path("contacts/<str:id>/export", PersonView.as_view({"get": "export"}), name="export_contact"),
    path("store/dashboard", DashboardView.as_view({"get": "dashboard"}), name="dashboard"),
    *router.urls,
]
