"""The route of live progress."""

from django.urls import path

from messaging.stream.views import EventsView, StoreEventsView

urlpatterns = [
    path("campaigns/<str:id>/events", EventsView.as_view({"get": "events"}), name="events"),
    path("store/events", StoreEventsView.as_view({"get": "events"}), name="store_events"),
]
