/* Sends each answer as it is given. Without this file the form's buttons keep all answers. */
const form = document.querySelector("form.hub-quiz");
const progress = document.getElementById("beantwortet");
const NOBODY = "00000000-0000-0000-0000-000000000000";
const FIELDS = "input, select, textarea";
const PAUSE = 1200; // milliseconds without a key, after which a typed text is sent
const queues = new Map();
const timers = new Map();

/* The fields of a question that hold an answer. */
function given(question) {
  return [...question.querySelectorAll(FIELDS)].filter((field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value.trim()));
}

function bodyOf(question) {
  const data = new FormData();
  for (const field of given(question)) data.append(field.name, field.value);
  return data;
}

/* Whether nothing is left open; radio buttons and boxes of one part share their name. */
function isAnswered(question) {
  const names = (fields) => new Set(fields.map((field) => field.name)).size;
  return names(given(question)) === names([...question.querySelectorAll(FIELDS)]);
}

/* A page may ask one question only: the numbers tell how many are answered. */
function showAnswered(question) {
  numberOf(question.dataset.question).classList.toggle("hub-number--answered", isAnswered(question));
  const answered = form.querySelectorAll(".hub-number--answered").length;
  progress.value = answered;
  const text = progress.nextElementSibling;
  text.textContent = text.textContent.replace(/\d+/, answered);
}

function numberOf(id) {
  return form.querySelector(`[data-number-of="${id}"]`);
}

/* What is stored now counts as shown: the server leaves alone what this page did not change. */
function remember(id, body) {
  for (const input of form.querySelectorAll(`[name^="${id}"][name$="-shown"]`)) input.remove();
  for (const [name, value] of body) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${name}-shown`, value }));
}

async function send(id, body) {
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  return fetch(form.dataset.answerUrl.replace(NOBODY, id), { method: "POST", headers, body, keepalive: true });
}

/* Who signed in again in another tab has a new token: take it from a fresh copy of this page. */
async function takeNewToken() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const fresh = page.querySelector("form.hub-quiz [name=csrfmiddlewaretoken]");
  if (fresh) form.elements.csrfmiddlewaretoken.value = fresh.value;
  return fresh !== null;
}

/* The button sends the whole form: the server keeps it until the person has signed in. */
function offerToSignIn(status) {
  if (status.querySelector("button")) return;
  const button = Object.assign(document.createElement("button"), { type: "submit", name: "action", value: "keep", textContent: form.dataset.login, className: "hub-question__login" });
  status.append(" ", button);
}

async function save(question) {
  const id = question.dataset.question;
  const status = question.querySelector(".hub-question__saved");
  status.textContent = form.dataset.saving;
  const body = bodyOf(question);
  try {
    let answer = await send(id, body);
    if (answer.status === 403 && (await takeNewToken())) answer = await send(id, body);
    status.textContent = (await answer.json()).message;
    if (answer.ok) remember(id, body);
    if (answer.status === 401) offerToSignIn(status);
  } catch {
    status.textContent = form.dataset.failed;
  }
}

/* One request after another for each question, so that the last answer given is the one kept. */
function queue(question) {
  clearTimeout(timers.get(question));
  timers.delete(question);
  const before = queues.get(question) ?? Promise.resolve();
  queues.set(question, before.then(() => save(question)));
}

async function toggleFlag(button) {
  const isFlagged = button.name === "flag";
  const body = new FormData();
  body.append("flagged", isFlagged);
  const answer = await send(button.value, body);
  if (!answer.ok) throw new Error(answer.status);
  button.name = isFlagged ? "unflag" : "flag";
  button.setAttribute("aria-pressed", isFlagged);
  numberOf(button.value).classList.toggle("hub-number--flagged", isFlagged);
}

if (form.dataset.answerUrl) {
  const questionOf = (event) => event.target.closest("fieldset[data-question]");
  form.addEventListener("change", (event) => {
    const question = questionOf(event);
    if (!question) return;
    showAnswered(question);
    queue(question);
  });
  form.addEventListener("input", (event) => {
    const question = questionOf(event);
    if (!question || !event.target.matches("textarea, [type=text]")) return;
    showAnswered(question);
    clearTimeout(timers.get(question));
    timers.set(question, setTimeout(() => queue(question), PAUSE));
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[name=flag], [name=unflag]");
    if (!button) return;
    event.preventDefault();
    toggleFlag(button).catch(() => form.requestSubmit(button));
  });
}

/* A time limit is said again five minutes and one minute before its end, and then the answers go.
   The server says how long is left: the clock of this computer may be wrong. */
const limit = document.querySelector("[data-seconds]");
if (limit) {
  const say = (text) => (document.getElementById("restzeit").textContent = text);
  const at = (secondsBefore, what) => {
    const wait = (Number(limit.dataset.seconds) - secondsBefore) * 1000;
    if (wait > 0 && wait < 2 ** 31) setTimeout(what, wait);
  };
  for (const minutes of [5, 1]) at(minutes * 60, () => say(limit.dataset.left.replace("#", minutes)));
  at(0, () => {
    say(limit.dataset.over);
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "action", value: "submit_anyway" }));
    form.submit();
  });
}

document.getElementById("fehlend")?.focus();
