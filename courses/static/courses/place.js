/* Keeps the place in a long text in this browser only: no time and no place leaves it. */
const key = `hub-place:${location.pathname}`;
const place = Number(sessionStorage.getItem(key));
if (place && !location.hash && performance.getEntriesByType("navigation")[0]?.type !== "reload") {
  window.scrollTo({ top: place, behavior: "instant" });
}
addEventListener("pagehide", () => sessionStorage.setItem(key, Math.round(scrollY)));
