/* Sends each answer as it is given. Without this file the form's buttons keep all answers. */
const form = document.querySelector("form.hub-quiz");
const progress = document.getElementById("beantwortet");
const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
const queue = new Map();

/* The fields of a question that hold an answer. */
function given(question) {
  return [...question.querySelectorAll("input, select, textarea")].filter((field) => (field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value.trim()));
}

function bodyOf(question) {
  const data = new FormData();
  for (const field of given(question)) data.append(field.name, field.value);
  return data;
}

function countAnswered() {
  const answered = [...form.querySelectorAll("fieldset[data-question]")].filter((question) => given(question).length).length;
  progress.value = answered;
  const text = progress.nextElementSibling;
  text.textContent = text.textContent.replace(/\d+/, answered);
}

/* What is stored now counts as shown: the server leaves alone what this page did not change. */
function remember(id, body) {
  for (const input of form.querySelectorAll(`[name^="${id}"][name$="-shown"]`)) input.remove();
  for (const [name, value] of body) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${name}-shown`, value }));
}

async function save(question) {
  const id = question.dataset.question;
  const status = question.querySelector(".hub-question__saved");
  const url = form.dataset.answerUrl.replace("00000000-0000-0000-0000-000000000000", id);
  status.textContent = form.dataset.saving;
  const body = bodyOf(question);
  try {
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token }, body });
    status.textContent = (await answer.json()).message;
    if (answer.ok) remember(id, body);
  } catch {
    status.textContent = form.dataset.failed;
  }
}

form.addEventListener("change", (event) => {
  const question = event.target.closest("fieldset[data-question]");
  if (!question) return;
  countAnswered();
  // One request after another for each question, so that the last answer given is the one kept.
  const before = queue.get(question) ?? Promise.resolve();
  queue.set(question, before.then(() => save(question)));
});

document.getElementById("fehlend")?.focus();
