/* Adds buttons that move a step up and down. Without this file the places are chosen from the lists. */
function steps(list) {
  return [...list.querySelectorAll(":scope > li")];
}

function place(step) {
  return step.querySelector("select");
}

/* Every step gets the place at which it stands; the step that was moved tells the page. */
function renumber(list, moved) {
  for (const [index, step] of steps(list).entries()) place(step).value = index + 1;
  place(moved).dispatchEvent(new Event("change", { bubbles: true }));
}

function move(list, step, button, isUp) {
  const other = isUp ? step.previousElementSibling : step.nextElementSibling;
  if (other) (isUp ? other.before(step) : other.after(step));
  renumber(list, step);
  button.focus();
  const all = steps(list);
  list.nextElementSibling.textContent = `${step.querySelector("label").textContent}: ${list.dataset.moved.replace("{place}", all.indexOf(step) + 1).replace("{count}", all.length)}`;
}

function addButton(list, step, isUp) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "hub-steps__move", textContent: isUp ? "↑" : "↓" });
  button.setAttribute("aria-label", `${isUp ? list.dataset.up : list.dataset.down}: ${step.querySelector("label").textContent}`);
  button.addEventListener("click", () => move(list, step, button, isUp));
  place(step).after(button);
}

for (const list of document.querySelectorAll(".hub-steps")) {
  const all = steps(list);
  // Places that were all chosen before are the order in which the steps stand now.
  if (all.every((step) => place(step).value)) {
    list.append(...all.sort((one, other) => place(one).value - place(other).value));
  }
  const status = Object.assign(document.createElement("p"), { className: "hub-unseen" });
  status.setAttribute("role", "status");
  list.after(status);
  for (const step of all) {
    addButton(list, step, false);
    addButton(list, step, true);
  }
}
