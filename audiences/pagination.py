"""Lists are walked by cursor: constant cost at any depth, and no row is seen twice."""

from rest_framework.pagination import CursorPagination


class IdCursorPagination(CursorPagination):
    """Newest first by primary key; `limit` of at most 200 rows."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
