// What a page must look like for everybody: no sideways scrolling, names for everything that can be used, contrast.
(() => {
  const visible = (node) => node.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
  const describe = (node) => `${node.tagName.toLowerCase()}#${node.id} ${node.className} "${(node.textContent ?? "").trim().slice(0, 40)}"`;
  const colour = (text) => {
    const canvas = (colour.canvas ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true }));
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (front, back) => [0, 1, 2].map((n) => front[n] * front[3] + back[n] * (1 - front[3])).concat(1);
  const sheet = document.body.appendChild(document.createElement("div"));
  sheet.style.backgroundColor = "Canvas"; // what is there where nobody drew anything: not white in the dark
  const canvas = colour(getComputedStyle(sheet).backgroundColor);
  sheet.remove();
  const background = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = colour(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((back, front) => over(front, back), canvas);
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a);
    return (bright + 0.05) / (dark + 0.05);
  };
  const pale = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !visible(node) || node.closest(":disabled, [aria-disabled=true], svg, option, script, noscript, template, .unseen, .skip")) continue;
      const style = getComputedStyle(node);
      const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
      const back = background(node);
      const ratio = contrast(over(colour(style.color), back), back);
      if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${describe(node)}`);
    }
    return found;
  };
  const nameless = () =>
    Array.from(document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=img], [role=progressbar], dialog"))
      .filter((node) => visible(node) || node.tagName === "DIALOG")
      .filter((node) => {
        const labelled = node.getAttribute("aria-labelledby");
        const name = node.getAttribute("aria-label") || (labelled && document.getElementById(labelled)?.id) || node.labels?.[0]?.textContent || (node.matches("a, button, summary") && node.textContent) || "";
        return !name.trim();
      })
      .map((node) => `no name: ${node.outerHTML.slice(0, 90)}`);
  const twins = () => {
    const ids = Array.from(document.querySelectorAll("[id]"), (node) => node.id);
    return ids.filter((id, n) => ids.indexOf(id) !== n).map((id) => `id twice: ${id}`);
  };
  const shape = () => [
    ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
    ...(document.querySelectorAll("main").length === 1 ? [] : ["not one main"]),
    ...(document.documentElement.lang ? [] : ["no language"]),
  ];
  const wide = () => {
    const extra = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (extra <= 0) return [];
    const far = Array.from(document.querySelectorAll("main *")).filter((node) => node.getBoundingClientRect().right > innerWidth + 1);
    return [`${extra}px too wide: ${far.slice(0, 3).map(describe).join(", ")}`];
  };
  return { wide: wide(), rest: [...pale(), ...nameless(), ...twins(), ...shape()] };
})();
