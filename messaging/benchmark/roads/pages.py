"""Pages of the console for a store whose newest campaign has everybody: how long the server takes for each.

Beside each stands the smallest page behind the sign-in, the choice of a store, by the same client in turn: a session, a
person and one statement, which every page needs. A web process of its own answers, with the static files of a release:
their names are part of every page.
"""

import time
from importlib import import_module
from statistics import median
from typing import Any, NamedTuple

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from audiences.models import ContactList, Member, User
from campaigns.models import CampaignRecipient, ReasonCount
from config.opaque import public_id
from config.sql import execute
from launcher import ports
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.shop import Refused, Shop
from messaging.benchmark.stage import Stage, TooLong

TIMES = 15
WARM = 3
PATIENCE = 60.0
PROCESS = "pages"
BACKEND = "django.contrib.auth.backends.ModelBackend"
TRIVIAL = "/stores"
SIGN_IN = "/login"
MEMBERS = """
    INSERT INTO audiences_listmembership (list_id, contact_id, added_at)
    SELECT %(list)s, c.id, now() FROM audiences_contact c WHERE c.store_id = %(store)s ON CONFLICT DO NOTHING
"""
# Five hours, the most that a chart shows by the minute.
MINUTES = """
    INSERT INTO campaigns_campaignminute (campaign_id, minute, sent, delivered, undelivered, failed, parts, credits)
    SELECT %(campaign)s, date_trunc('minute', now()) - n * interval '1 minute', s, s, 0, 0, s, s
      FROM generate_series(1, 300) AS n, LATERAL (SELECT %(people)s::bigint / 300 AS s) AS share
"""


class Scene(NamedTuple):
    """Where the pages are, and what they are about: public ids."""

    base: str
    cookie: str
    campaign: str
    draft: str
    recipient: str
    contact: str
    list: str


_scenes: dict[int, Scene] = {}
_bases: dict[str, str] = {}  # of the web process, once it runs


def run(stage: Stage, people: int) -> list[Figure]:
    """Each page and the trivial one in turn, so many times."""
    scene = _scenes[people] if people in _scenes else _scenes.setdefault(people, _lay(stage, people))
    return [_figure(scene, name, path) for name, path in pages(scene).items()]


def pages(scene: Scene) -> dict[str, str]:
    """The pages by name: those whose content grows with a store, and filters that find nothing."""
    campaign = f"/campaigns/{scene.campaign}"
    return {
        "sign-in": SIGN_IN,
        "dashboard": "/",
        "campaigns": "/campaigns",
        "campaign": campaign,
        "draft": f"/campaigns/{scene.draft}",
        "editor": f"/campaigns/{scene.draft}/edit",
        "batches": f"{campaign}/batches",
        "recipients": f"{campaign}/recipients",
        "recipients, delivered": f"{campaign}/recipients?status=delivered",
        "recipients, none": f"{campaign}/recipients?status=undelivered&reason=expired",
        "trace": f"{campaign}/recipients/{scene.recipient}",
        "messages": "/messages",
        "messages, none": "/messages?kind=decision",
        "contacts": "/contacts",
        "contacts, none": "/contacts?consent=opted_out",
        "contact": f"/contacts/{scene.contact}",
        "lists": "/lists",
        "list": f"/lists/{scene.list}",
        "imports": "/imports",
        "import, new": "/imports/new",
        "templates": "/templates",
        "billing": "/billing",
        "holds": "/billing/holds",
        "settings": "/settings",
        "webhooks": "/settings/webhooks",
    }


def _figure(scene: Scene, name: str, path: str) -> Figure:
    ours, raw = [], []
    with requests.Session() as client:
        for turn in range(WARM + TIMES):
            seconds = _ask(client, scene, path), _ask(client, scene, TRIVIAL)
            if turn >= WARM:
                ours.append(seconds[0] * 1000)
                raw.append(seconds[1] * 1000)
    return Figure(name, "ms", median(ours), median(raw), "less")


def _ask(client: requests.Session, scene: Scene, path: str) -> float:
    """Seconds until the whole page is here. Raises Refused."""
    cookie = {} if path == SIGN_IN else {"Cookie": f"{settings.SESSION_COOKIE_NAME}={scene.cookie}"}
    started = time.perf_counter()
    answer = client.get(f"{scene.base}{path}", headers=cookie, timeout=PATIENCE, allow_redirects=False)
    seconds = time.perf_counter() - started
    if answer.status_code != requests.codes.ok:
        raise Refused(f"{path}: {answer.status_code} {answer.text[:500]}")
    return seconds


def _lay(stage: Stage, people: int) -> Scene:
    """A shop of its own whose everybody got a campaign, is on a list and in a draft."""
    shop = stage.shop(people, use="Pages")
    campaign_id = crowd.sent_campaign(shop, people=people, status="delivered")
    execute(MINUTES, {"campaign": campaign_id, "people": people})
    ReasonCount.objects.create(campaign_id=campaign_id, status="failed", reason="invalid_number", count=0)
    listed = ContactList.objects.create(store_id=shop.store_id, name="Everybody")
    execute("SET statement_timeout = 0", {})
    execute(MEMBERS, {"store": shop.store_id, "list": listed.pk})
    execute("VACUUM ANALYZE audiences_listmembership", {})
    crowd.settle_down()
    recipient = (
        CampaignRecipient.objects.filter(campaign_id=campaign_id).order_by("-pk").values_list("pk", "contact_id")
    )
    recipient_id, contact_id = recipient[0]
    return Scene(
        base=_web(stage),
        cookie=_signed_in(shop),
        campaign=public_id(campaign_id, kind="cmp"),
        draft=shop.draft(crowd.MESSAGE),
        recipient=public_id(recipient_id, kind="rcp"),
        contact=public_id(contact_id, kind="con"),
        list=public_id(listed.pk, kind="lst"),
    )


def _web(stage: Stage) -> str:
    """The address of the web process with static files; started the first time. Raises TooLong."""
    if PROCESS in _bases:
        return _bases[PROCESS]
    # Of packages, no page here has any file.
    stage.house.manage("collectstatic", "--noinput", "-v0", "--ignore=admin", "--ignore=drf_spectacular_sidecar")
    port = ports.any_free()
    stage.house.start("web", alias=PROCESS, PORT=str(port))
    base = _bases[PROCESS] = f"http://{ports.HOST}:{port}"
    ends = time.monotonic() + PATIENCE
    while not _answers(base):
        if time.monotonic() > ends:
            raise TooLong(f"the web process for pages: not within {PATIENCE:.0f} s")
        time.sleep(0.1)
    return base


def _answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/healthz", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def _signed_in(shop: Shop) -> str:
    """The session of a new owner of the shop."""
    user = User.objects.create_user(f"owner{shop.store_id}@benchmark.example", None)
    Member.objects.create(user=user, store_id=shop.store_id, role="owner", created_at=timezone.now())
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
