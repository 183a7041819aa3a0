/** An import's page while it runs. */
import { refresh } from "./refresh.js";

const timer = setInterval(async () => {
  if (document.hidden) return;
  if (document.querySelector("#job[data-running]")) await refresh();
  else clearInterval(timer);
}, 1500);
