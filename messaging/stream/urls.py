"""The route of live progress."""

from django.urls import path

from messaging.stream.views import EventsView

urlpatterns = [path("campaigns/<str:id>/events", EventsView.as_view({"get": "events"}), name="events")]
