"""`/u/<token>`: out with one press, and what else somebody may want to say about a store's messages."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from audiences.evidence import of_request
from audiences.models import Contact
from audiences.opt_out_links import OptOutLink, read
from audiences.pages.frame import LANGUAGES, language_of, nothing_here, public, show
from audiences.services.consent import change_consent, keep_service_only
from audiences.services.contacts import update_contact
from audiences.services.join_page import count_visit
from config.audit import Actor
from config.problems import NotFound

# What a consent means for somebody who reads the page.
STATES = {"opted_in": "all", "unknown": "service", "opted_out": "none"}


@public
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, POST acts; a POST that says nothing, or `List-Unsubscribe=One-Click`, stops all messages.

    404: not a link of ours. 410: the contact was deleted, and nothing is known that could be stopped.
    """
    link = read(token)
    contact = _contact(link) if link else None
    if link is None or contact is None:
        return nothing_here(request)
    done = ""
    try:
        if contact.erased_at:
            raise NotFound
        if request.method == "POST":
            done = _act(request, contact, link)
    except NotFound:
        return _gone(request, contact)
    if request.method == "GET":
        count_visit(contact.store_id, "opt_out")
    language = language_of(request, spoken=contact.language, store=contact.store)
    context = {"store": contact.store, "state": STATES[contact.consent], "done": done, "spoken": contact.language[:2]}
    return show(request, "opt_out", context, language=language)


def _contact(link: OptOutLink) -> Contact | None:
    """Also of a store that is suspended: a no is heard wherever it is said. One statement, by primary key."""
    rows = Contact.objects.select_related("store").filter(pk=link.contact_id, store_id=link.store_id)
    return rows.first()


def _gone(request: HttpRequest, contact: Contact) -> HttpResponse:
    language = language_of(request, store=contact.store)
    return show(request, "gone", {"store": contact.store}, language=language, status=410)


def _act(request: HttpRequest, contact: Contact, link: OptOutLink) -> str:
    """Do what the button says, and name it for the page. Repeating it changes nothing. Raises NotFound."""
    act = request.POST.get("act", "stop")
    if act == "language":
        return _speak(request, contact)
    said: dict[str, Any] = {
        "store_id": contact.store_id,
        "contact_id": contact.pk,
        "source": "link",
        "actor": Actor(f"contact:{contact.pk}"),
        "evidence": {"key": link.key_id, "act": act if act in ("back", "service") else "stop", **of_request(request)},
    }
    if act == "back":
        change_consent(consent="opted_in", **said)
        contact.consent = "opted_in"
        return "back"
    if act == "service" and keep_service_only(**said):
        contact.consent = "unknown"
        return "service"
    change_consent(consent="opted_out", **said)
    contact.consent = "opted_out"
    return "stop"


def _speak(request: HttpRequest, contact: Contact) -> str:
    """The language of the messages, from now on; one that there is not changes nothing."""
    language = request.POST.get("language", "")
    if language not in LANGUAGES:
        return ""
    actor = Actor(f"contact:{contact.pk}")
    values = {"language": language}
    update_contact(store=contact.store, contact_id=contact.pk, values=values, actor=actor)
    contact.language = language
    return "language"
