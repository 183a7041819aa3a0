"""The link that confirms a sign-up: it names the request, signed, and works as long as the request is open."""

from django.conf import settings

from audiences import short_codes
from audiences.models import OptInRequest, Store

PURPOSE = "join"


def address(request: OptInRequest, *, store: Store) -> str:
    """The whole link, on the store's own links address or ours."""
    code = short_codes.seal(purpose=PURPOSE, store_id=store.pk, number=request.pk)
    return f"{store.links_base_url.rstrip('/') or settings.PUBLIC_URL}/j/{code}"


def read(text: str) -> short_codes.Code | None:
    """The store and the request of a link; None for whatever we did not write."""
    return short_codes.unseal(text, purpose=PURPOSE)
