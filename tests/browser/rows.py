"""Every page there is: a page of the URL conf without a row here fails tests/browser/test_rows.py.

A new page of the console is one line in ROWS: its path as the URL conf has it, and the kind of the id in it
(tests/api/rows.py makes such a row). tests/browser/test_looks.py then looks at it in every width and light.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from audiences import confirm_links, opt_out_links
from audiences.models import JoinPage, Member, OptInRequest
from audiences.phones import Phone
from audiences.services.joining import SignUp, sign_up
from billing.services import grant
from campaigns.models import Campaign
from campaigns.services import moves
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.sending.settle import settle
from providers.interface import Accepted, Refused
from tests.api.rows import ROWS as KINDS
from tests.api.rows import address_of, row_of
from tests.factories import CampaignFactory, ContactFactory, MemberFactory, StoreFactory
from tests.steps import claimed, launched, marked, settlement

LONG = "Καλοκαιρινές εκπτώσεις σε όλα τα παπούτσια και τις τσάντες, μόνο για μέλη, έως 70%"


class Row(NamedTuple):
    """A page, or one more state of it.

    `kind`: of the id in its path; `make`: its address, where that does not say enough; `status`: what it answers.
    """

    path: str
    kind: str = ""
    make: Callable[[Member], str] | None = None
    status: int = 200

    def address(self, member: Member) -> str:
        """The path to such a page of the member's store."""
        if self.make:
            return self.make(member)
        return address_of(self.path, row_of(member.store, self.kind)) if self.kind else self.path


def path_of(campaign: Campaign) -> str:
    """The path of a campaign's page."""
    return f"/campaigns/{public_id(campaign.pk, kind='cmp')}"


def _draft(member: Member) -> str:
    return path_of(CampaignFactory.create(store=member.store, name=LONG, credits=0, message=LONG, people=2))


def _paused(member: Member) -> str:
    campaign = launched(store=member.store, people=2, credits=0)
    moves.pause(store_id=member.store_id, campaign_id=campaign.pk, actor=SYSTEM, reason=LONG)
    return path_of(campaign)


def _half_failed(member: Member) -> str:
    """A campaign that has ended, with failures to look at and receipts to wait for."""
    campaign = launched(store=member.store, people=4, credits=0)
    while (work := claimed()).batch.campaign_id != campaign.pk:
        continue  # of another row; it stays claimed
    marked(work)
    refused = Refused("invalid_number", "17", retryable=False)
    settle(settlement(work, [refused if n % 2 else Accepted(f"half-{n}") for n in range(len(work.people))]))
    return path_of(campaign)


def _edited(member: Member) -> str:
    return f"{_draft(member)}/edit"


def _ticket(member: Member) -> str:
    """The address that the link of a mail leads to."""
    key = urlsafe_base64_encode(force_bytes(member.user_id))
    return f"/password/{key}/{default_token_generator.make_token(member.user)}"


def _join(member: Member) -> str:
    open_page = {"is_open": True, "privacy_url": "https://shop.example/privacy"}
    JoinPage.objects.update_or_create(store=member.store, defaults=open_page)
    return f"/join/{member.store.slug}"


def _joined(member: Member) -> str:
    return f"{_join(member)}?done=1"


def _confirm(member: Member) -> str:
    said = {"first_name": "Ada", "birthday": None, "email": ""}
    sign_up(SignUp(Phone("+306941111111", "GR"), said, "en", {"page": "/join/x"}), store=member.store)
    request = OptInRequest.objects.latest("pk")
    return urlsplit(confirm_links.address(request, store=member.store)).path


def _opt_out(member: Member) -> str:
    contact = ContactFactory.create(store=member.store)
    return urlsplit(opt_out_links.address(store_id=member.store_id, contact_id=contact.pk)).path


def a_shop() -> Member:
    """The owner of a store that has something on every page, with long Greek names."""
    store = StoreFactory.create(name=LONG[:60])
    grant(store_id=store.pk, amount=5000, key="looks", label="For the test", actor=SYSTEM)
    for kind in sorted(set(KINDS) - {"bat", "cmp"}):
        row_of(store, kind)
    CampaignFactory.create(store=store, name=LONG, credits=0, message=LONG)
    ContactFactory.create(store=store, first_name="Αλεξάνδρα-Ευαγγελία", last_name="Παπαδημητρακοπούλου")
    return MemberFactory.create(store=store)


HALF_FAILED = Row("/campaigns/{}", make=_half_failed)
# Pages for members of a store.
MEMBERS = [
    Row("/"),
    Row("/stores"),
    Row("/campaigns"),
    Row("/campaigns/new"),
    Row("/campaigns/{}", "cmp"),
    Row("/campaigns/{}", make=_draft),
    Row("/campaigns/{}", make=_paused),
    HALF_FAILED,
    Row("/campaigns/{}", make=lambda _: "/campaigns/cmp_nothing", status=404),
    Row("/campaigns/{}/edit", make=_edited),
    Row("/campaigns/{}/batches", "cmp"),
    Row("/campaigns/{}/recipients", "cmp"),
    Row("/campaigns/{}/recipients/{}", "cmp"),
    Row("/templates"),
    Row("/templates/starters"),
    Row("/templates/new"),
    Row("/templates/{}", "tpl"),
    Row("/automations"),
    Row("/automations/new"),
    Row("/automations/new", make=lambda _: "/automations/new?kind=event"),
    Row("/automations/{}", "aut"),
    Row("/inbox"),
    Row("/messages"),
    Row("/contacts"),
    Row("/contacts/new"),
    Row("/contacts/{}", "con"),
    Row("/segments"),
    Row("/segments/new"),
    Row("/segments/{}", "seg"),
    Row("/lists"),
    Row("/lists/{}", "lst"),
    Row("/imports"),
    Row("/imports/new"),
    Row("/imports/{}", "imp"),
    Row("/billing"),
    Row("/billing/buy"),
    Row("/billing/holds"),
    Row("/billing/invoices"),
    Row("/billing/plan"),
    Row("/settings"),
    Row("/settings/answers"),
    Row("/settings/fields"),
    Row("/settings/join"),
    Row("/settings/members"),
    Row("/settings/keys"),
    Row("/settings/webhooks"),
    Row("/settings/webhooks/{}", "whk"),
    Row("/settings/webhooks/deliveries/{}", "dlv"),
]
# Pages for everybody.
PUBLIC = [
    Row("/login"),
    Row("/password"),
    Row("/password/sent"),
    Row("/password/{}/{}", make=_ticket),
    Row("/password/{}/{}", make=lambda _: "/password/MQ/nothing"),
    Row("/password/done"),
    Row("/join/{}", make=_join),
    Row("/join/{}", make=_joined),
    Row("/join/{}", make=lambda _: "/join/nobody", status=404),
    Row("/j/{}", make=_confirm),
    Row("/u/{}", make=_opt_out),
    Row("/u/{}", make=lambda _: "/u/nothing", status=404),
    Row("/r/{}", make=lambda _: "/r/nothing", status=404),
]
ROWS = [*MEMBERS, *PUBLIC]
# Addresses that show nothing, or not something of ours, and why.
NO_PAGES = {
    "/logout": "takes a press, and leads to the door",
    "/language": "takes a press, and leads back",
    "/stores/switch": "takes a press, and leads to the first page",
    "/api/v1/schema": "a document for programs",
    "/api/v1/docs": "Swagger UI draws it",
    "/healthz": "for machines",
    "/metrics": "for machines",
    "/readyz": "for machines",
    "/webhooks/providers/{}/receipts": "for providers",
    "/webhooks/providers/{}/inbound": "for providers",
    "/webhooks/stripe": "for Stripe",
}
