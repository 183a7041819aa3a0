"""Routes of the campaigns API."""

from rest_framework.routers import SimpleRouter

from campaigns.api import CampaignViews

router = SimpleRouter(trailing_slash=False)
router.register("campaigns", CampaignViews, basename="campaigns")
urlpatterns = router.urls
