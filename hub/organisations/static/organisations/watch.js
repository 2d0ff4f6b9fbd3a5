// Tells how far some work is: asks the page again, and puts what it tells now in the place of what
// it told. Marked is what is told while the work goes on; without a script a link does the same.
const EVERY_MS = 3000;

async function look() {
  const told = document.querySelector("[data-watch]");
  if (!told) return;
  let now;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    now = page.querySelector("[data-watch]");
  } catch {
    return setTimeout(look, EVERY_MS); // the way to the hub is broken: perhaps not for long
  }
  if (!now) return location.reload(); // there is more to tell than how far it is
  // What did not change is not read out once more.
  if (now.innerHTML !== told.innerHTML) told.replaceChildren(...now.childNodes);
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
