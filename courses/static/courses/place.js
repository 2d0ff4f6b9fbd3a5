/* Keeps the place in a long text in this browser only: no time and no place leaves it.
   A module that is marked as learnt begins at its top again. */
const key = `hub-place:${location.pathname}`;
const place = Number(sessionStorage.getItem(key));
const isLearnt = document.querySelector(".hub-learnt__done") !== null;
if (place && !isLearnt && !location.hash && performance.getEntriesByType("navigation")[0]?.type !== "reload") {
  window.scrollTo({ top: place, behavior: "instant" });
}
addEventListener("pagehide", () => {
  if (isLearnt) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, Math.round(scrollY));
});
