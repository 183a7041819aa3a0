"""What supervisors and load balancers ask, without a key."""

from django.urls import path

from messaging.health.views import healthz, readyz

urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
