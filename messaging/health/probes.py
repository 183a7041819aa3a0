"""What supervisors, load balancers and Prometheus ask, without a key."""

from django.urls import path

from messaging.health.views import healthz, readyz
from messaging.metrics.page import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
