"""Routes of the campaigns API."""

from rest_framework.routers import SimpleRouter

from campaigns.api import AutomationViews, CampaignViews, CustomerEventViews, DeadLetterViews, TemplateViews

router = SimpleRouter(trailing_slash=False)
router.register("campaigns", CampaignViews, basename="campaigns")
router.register("dead-letters", DeadLetterViews, basename="dead_letters")
router.register("automations", AutomationViews, basename="automations")
router.register("events", CustomerEventViews, basename="customer_events")
router.register("templates", TemplateViews, basename="templates")
urlpatterns = router.urls
