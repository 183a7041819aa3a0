"""Who looks: people, or programs that show, check or fetch a link before anybody does."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from audiences.models import Store
from campaigns.models import CampaignRecipient
from messaging.links.robots import robot
from tests.links.clicking import PHONE, click, kept, recipients, sent

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)


def seen(method: str = "get", **headers: str) -> str:
    """What gives the request away."""
    given = {name.replace("_", "-"): value for name, value in {"user-agent": PHONE, **headers}.items()}
    return robot(getattr(RequestFactory(), method)("/r/abc", headers=given))


@pytest.mark.parametrize(
    "agent",
    [
        PHONE,
        ANDROID.format("Pixel 8"),
        ANDROID.format("CUBOT NOTE 20"),
        ANDROID.format("CUBOT"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 334.0",
        "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80; U; en) Presto/2.12.423",
        "NokiaN95/11.0.026; Series60/3.1 Profile/MIDP-2.0",
    ],
)
def test_browsers_of_people(agent: str) -> None:
    assert seen(user_agent=agent) == ""


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "  ",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "WhatsApp/2.23.20.0",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36",
        "curl/8.5.0",
        "Wget/1.21",
        "python-requests/2.32",
        "Python-urllib/3.11",
        "Go-http-client/2.0",
        "okhttp/4.12.0",
        "Apache-HttpClient/4.5",
        "Java/17.0.1",
    ],
)
def test_previews_scanners_and_libraries(agent: str) -> None:
    assert seen(user_agent=agent) == "agent"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"sec_purpose": "prefetch;anonymous-client-ip"},
        {"purpose": "prefetch"},
        {"purpose": "Preview"},
        {"x_purpose": "preview"},
        {"x_moz": "prefetch"},
    ],
)
def test_what_is_fetched_beforehand(headers: dict[str, str]) -> None:
    assert seen(**headers) == "prefetch"


def test_who_asks_for_the_head_alone_reads_nothing() -> None:
    assert seen("head") == "head"
    assert seen("head", user_agent="curl/8.5.0", sec_purpose="prefetch") == "head"


@pytest.mark.django_db
def test_robots_are_led_there_and_kept_as_such(shop: Store) -> None:
    [first] = recipients(sent(store=shop, people=1))

    answers = [
        click(first, method="head"),
        click(first, sec_purpose="prefetch"),
        click(first, agent="WhatsApp/2.23"),
        click(first),
    ]

    assert {answer.status_code for answer in answers} == {302}
    assert [(human, how) for _, _, human, how in kept()] == [
        (False, "head"),
        (False, "prefetch"),
        (False, "agent"),
        (True, ""),
    ]


@pytest.mark.django_db
def test_nobody_reads_a_message_in_the_second_in_which_it_leaves(shop: Store) -> None:
    early, late, waiting = recipients(sent(store=shop, people=3))
    now = timezone.now()
    CampaignRecipient.objects.filter(pk=early.pk).update(sent_at=now + timedelta(minutes=5))
    CampaignRecipient.objects.filter(pk=late.pk).update(sent_at=now - timedelta(seconds=2))
    CampaignRecipient.objects.filter(pk=waiting.pk).update(status="pending", sent_at=None)

    answers = [click(one) for one in (early, late, waiting)]

    assert {answer.status_code for answer in answers} == {302}
    assert [(human, how) for _, _, human, how in kept()] == [(False, "instant"), (True, ""), (False, "instant")]
