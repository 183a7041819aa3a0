/** Whoever asked too often sees the seconds go by; then the page is asked for once more. */
const place = document.querySelector("[data-countdown]");
let left = Number(place.dataset.countdown);

setInterval(() => {
  left -= 1;
  if (left <= 0) location.reload();
  else place.textContent = place.textContent.replace(/\d+/, left);
}, 1000);
