"""Join pages, what waits for a confirmation, and who looked: read only."""

from django.contrib import admin

from audiences.models import JoinPage, OptInRequest, PageVisits
from audiences.states import OPT_IN
from config.ops.marks import state
from config.ops.pages import choice
from config.ops.roles import PEOPLE
from config.ops.rows import OpsAdmin


@admin.register(JoinPage)
class JoinPageAdmin(OpsAdmin):
    """A store's page for signing up."""

    list_display = ("store", "is_open", "double_opt_in", "privacy_url", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")


@admin.register(OptInRequest)
class OptInRequestAdmin(OpsAdmin):
    """A sign-up that its phone's owner has to confirm; what the form said of the person is not shown."""

    viewers = PEOPLE
    list_display = ("id", "store", "contact_id", state("state"), "reason", "source", "created_at", "settled_at")
    list_filter = (choice("state", OPT_IN.states),)
    list_select_related = ("store",)
    exclude = ("values", "phone_hash")
    raw_id_fields = ("contact",)
    sortable_by = ()


@admin.register(PageVisits)
class PageVisitsAdmin(OpsAdmin):
    """How often public pages were opened."""

    list_display = ("id", "store", "day", "page", "visits")
    list_select_related = ("store",)
    sortable_by = ()
