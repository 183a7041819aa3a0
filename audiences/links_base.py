"""What the links in a store's messages begin with: an address of the store's own that leads to us, or the house's."""

from django.conf import settings

from audiences.models import Store
from config.origins import ORIGIN_MAX, is_origin
from config.problems import invalid


def links_base_url(store: Store) -> str:
    """What comes before `/r/…` and `/u/…` in the store's messages."""
    return store.links_base_url or settings.LINKS_BASE_URL or settings.PUBLIC_URL


def shortens(store: Store) -> bool:
    """Whether addresses in the store's messages become short links, unless a campaign says otherwise."""
    return bool(store.links_base_url or settings.LINKS_BASE_URL)


def check_links_base_url(url: str) -> None:
    """Raise InvalidFields unless it is empty or an origin."""
    if url and not is_origin(url):
        detail = f"https:// and a host, without a path, at most {ORIGIN_MAX} characters, like https://go.example.com"
        raise invalid("/links_base_url", detail, code="bad_links_base_url")
