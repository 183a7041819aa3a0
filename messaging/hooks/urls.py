"""Routes of the webhooks API."""

from rest_framework.routers import SimpleRouter

from messaging.hooks.api import DeliveryViews, WebhookViews

router = SimpleRouter(trailing_slash=False)
router.register("webhooks", WebhookViews, basename="webhooks")
router.register("webhook-deliveries", DeliveryViews, basename="webhook_deliveries")
urlpatterns = router.urls
