"""`/j/<code>`: the second step of a sign-up, by the link in the message."""

from django.http import HttpRequest, HttpResponse

from audiences import opt_out_links
from audiences.confirm_links import read
from audiences.evidence import of_request
from audiences.models import OptInRequest
from audiences.pages.frame import language_of, nothing_here, public, show
from audiences.services.join_page import count_visit
from audiences.services.opt_in import confirm, standing


@public
def confirm_sign_up(request: HttpRequest, code: str) -> HttpResponse:
    """GET asks, POST confirms. 404: not a link of ours. 410: too late, or deleted meanwhile."""
    link = read(code)
    asked = _request(link.store_id, link.number) if link else None
    if link is None or asked is None:
        return nothing_here(request)
    if request.method == "POST":
        evidence = {"key": link.key_id, **of_request(request)}
        outcome = confirm(request_id=asked.pk, store_id=asked.store_id, evidence=evidence)
    else:
        outcome = standing(asked)
    if request.method == "GET":
        count_visit(asked.store_id, "confirm")
    own = opt_out_links.token(store_id=asked.store_id, contact_id=asked.contact_id)
    context = {"store": asked.store, "outcome": outcome, "own": own}
    language = language_of(request, spoken=asked.language, store=asked.store)
    return show(request, "confirm", context, language=language, status=410 if outcome == "expired" else 200)


def _request(store_id: int, request_id: int) -> OptInRequest | None:
    rows = OptInRequest.objects.select_related("store", "contact").filter(pk=request_id, store_id=store_id)
    return rows.first()
