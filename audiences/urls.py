"""Routes of the audiences API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from audiences.api.audit import AuditViews
from audiences.api.contacts import ContactViews
from audiences.api.imports import ImportViews
from audiences.api.join import AsTheyCome, JoinPageView, Svg
from audiences.api.keys import KeyViews
from audiences.api.lists import ListViews
from audiences.api.members import MemberViews
from audiences.api.segments import SegmentViews
from audiences.api.store import StoreView
from audiences.api.stores import MyStoresViews
from audiences.api.suppressions import SuppressionViews

router = SimpleRouter(trailing_slash=False)
router.register("contacts", ContactViews, basename="contacts")
router.register("lists", ListViews, basename="lists")
router.register("segments", SegmentViews, basename="segments")
router.register("imports", ImportViews, basename="imports")
router.register("api-keys", KeyViews, basename="keys")
router.register("members", MemberViews, basename="members")
router.register("suppressions", SuppressionViews, basename="suppressions")
router.register("audit", AuditViews, basename="audit")
router.register("stores", MyStoresViews, basename="stores")
urlpatterns = [
    path("store", StoreView.as_view({"get": "retrieve", "patch": "partial_update"}), name="store"),
    path("store/join", JoinPageView.as_view({"get": "retrieve", "patch": "partial_update"}), name="join-page"),
    path(
        "store/join/qr.svg",
        JoinPageView.as_view({"get": "qr"}, renderer_classes=[Svg], content_negotiation_class=AsTheyCome),
        name="join-qr",
    ),
    *router.urls,
]
