// Asks the API as the page does and notes when the screen has come as far; and how long the page did nothing else.
(path) => {
  const probe = { behind: [], open: [], gap: 0, longest: 0, tasks: 0, presses: [] };
  window.probe = probe;
  const ended = ["delivered", "undelivered", "failed", "skipped", "cancelled", "unconfirmed"];
  // Grows whatever happens to a recipient.
  const far = (counts) => counts.sent + counts.unknown + 2 * ended.reduce((sum, name) => sum + counts[name], 0);
  const shown = (one) => [one.dataset.count, Number(one.textContent.replace(/,/g, ""))];
  const screen = () => far(Object.fromEntries(Array.from(document.querySelectorAll("[data-count]"), shown)));

  setInterval(async () => {
    const { counts } = await (await fetch(path, { cache: "no-store" })).json();
    probe.open.push([performance.now(), far(counts)]);
  }, 500);
  setInterval(() => {
    const now = screen();
    while (probe.open.length && probe.open[0][1] <= now) probe.behind.push(performance.now() - probe.open.shift()[0]);
  }, 50);

  let last = performance.now();
  const frame = (now) => {
    probe.gap = Math.max(probe.gap, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const long = ({ duration }) => {
    probe.tasks += 1;
    probe.longest = Math.max(probe.longest, duration);
  };
  new PerformanceObserver((list) => list.getEntries().forEach(long)).observe({ type: "longtask" });
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  addEventListener("click", (event) => painted(() => probe.presses.push(performance.now() - event.timeStamp)), true);
};
