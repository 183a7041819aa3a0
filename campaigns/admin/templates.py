"""The stores' templates in the ops console: read only."""

from django.contrib import admin

from campaigns.models import StoreTemplate
from campaigns.models.template import CATEGORIES
from config.ops.pages import choice
from config.ops.rows import OpsAdmin


@admin.register(StoreTemplate)
class StoreTemplateAdmin(OpsAdmin):
    """A text that a store uses again."""

    kind = "tpl"
    audited = "template"
    list_display = ("name", "store", "language", "category", "starter", "created_by", "updated_at")
    list_filter = (choice("category", CATEGORIES),)
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    sortable_by = ()
