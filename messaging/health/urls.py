"""The state of the workers, in the API."""

from django.urls import path

from messaging.health.views import JobsView

urlpatterns = [path("jobs/health", JobsView.as_view({"get": "retrieve"}), name="jobs")]
