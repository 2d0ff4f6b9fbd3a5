/* Opens the editor at the block that the address names. Wagtail scrolls there, too, but once and
   while the form still grows: in a long quiz that ends somewhere else. */
const PATIENCE = 3000; // milliseconds in which the form may still grow
const PAUSE = 200; // milliseconds between two looks

function expand(section) {
  for (let panel = section; panel; panel = panel.parentElement.closest("[data-panel]")) {
    const toggle = panel.querySelector("[data-panel-toggle]");
    if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
  }
}

function stayAt(section) {
  const timer = setInterval(() => section.scrollIntoView({ behavior: "instant" }), PAUSE);
  const leave = () => clearInterval(timer);
  setTimeout(leave, PATIENCE);
  // Who has begun to do something is not pulled back.
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(event, leave, { once: true, passive: true });
}

addEventListener("load", () => {
  const section = /^#block-[0-9a-f-]{36}-section$/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (!section) return;
  expand(section);
  section.querySelector("[data-panel-toggle]")?.focus({ preventScroll: true });
  stayAt(section);
});
