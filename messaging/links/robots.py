"""Whether a person follows a link, or a program does that shows, checks or fetches it beforehand."""

import re
from typing import Final

from django.http import HttpRequest

# What gave it away; `instant`, a click in the second in which the message left, is seen in the database alone.
HEAD, PREFETCH, AGENT, INSTANT = "head", "prefetch", "agent", "instant"

_PURPOSES: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_BEFOREHAND: Final = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Previews of messengers, search engines, scanners of links, and libraries. Cubot is a make of phones.
_AGENTS: Final = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|scann|externalhit|facebot|whatsapp|skypeuri|embedly|iframely|vkshare"
    r"|google-read-aloud|google-pagerenderer|googleimageproxy|feedfetcher|barracuda|proofpoint|mimecast|safelinks"
    r"|headless|phantomjs|puppeteer|playwright|selenium|lighthouse|monitor|uptime|pingdom"
    r"|^curl/|^wget/|python|^go-http-client|^java/|okhttp|libwww|httpclient|axios|node-fetch|^ruby|^php|scrapy",
    re.IGNORECASE,
)


def robot(request: HttpRequest) -> str:
    """What says that nobody is looking: HEAD, PREFETCH or AGENT; '' when nothing does."""
    if request.method == "HEAD":
        return HEAD
    if any(_BEFOREHAND.search(request.headers.get(name, "")) for name in _PURPOSES):
        return PREFETCH
    agent = request.headers.get("User-Agent", "").strip()
    return AGENT if not agent or _AGENTS.search(agent) else ""
