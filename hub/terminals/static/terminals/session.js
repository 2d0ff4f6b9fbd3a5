/* Tells a minute before a session at a shared device ends, and lets it go on (WCAG 2.2.1). Keys,
   clicks and scrolling count as input: the server is told of them, at most twice a minute. The
   server knows how long is left, also by what was done in another tab, and ends the session. */
const dialog = document.querySelector(".hub-terminal__warning");
const token = document.querySelector("#ausloggen [name=csrfmiddlewaretoken]").value;
const WARNING = 60;
const PAUSE = 30_000;
let timer;
let told = Date.now();

function leave() {
  location.replace(dialog.dataset.loginUrl);
}

async function ask(method) {
  const answer = await fetch(dialog.dataset.timeUrl, { method, headers: { "X-CSRFToken": token }, cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) return leave();
  wait((await answer.json()).seconds);
}

function wait(seconds) {
  clearTimeout(timer);
  if (seconds > WARNING) {
    dialog.close();
    timer = setTimeout(() => ask("GET").catch(() => wait(0)), (seconds - WARNING) * 1000);
  } else {
    if (!dialog.open) dialog.showModal();
    // The server gives some seconds more; until then another tab may go on.
    timer = setTimeout(() => (seconds > -20 ? ask("GET").catch(leave) : leave()), Math.max(seconds + 1, 5) * 1000);
  }
}

function stay() {
  told = Date.now();
  return ask("POST").catch(() => undefined);
}

for (const event of ["keydown", "pointerdown", "input", "scroll"]) {
  addEventListener(event, () => {
    if (!dialog.open && Date.now() - told > PAUSE) stay();
  }, { passive: true });
}
dialog.querySelector("[data-stay]").addEventListener("click", stay);
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  stay();
});
/* A page that comes back by the back button asks whether its person is still signed in. */
addEventListener("pageshow", (event) => event.persisted && location.reload());
ask("GET").catch(() => undefined);
