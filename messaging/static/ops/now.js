// The first page stays true by itself: every ten seconds, while somebody looks, its content is fetched anew.
"use strict";
(() => {
  const EVERY = 10_000;
  const part = () => document.getElementById("content-main");

  async function look() {
    if (document.hidden || part().contains(document.activeElement)) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("content-main");
    if (fresh) part().replaceWith(document.adoptNode(fresh));
  }

  setInterval(() => look().catch(() => {}), EVERY);
})();
