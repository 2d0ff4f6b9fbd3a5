// Tells whether a file is the issued one. The file is read here and sent nowhere.

const section = document.getElementById("datei-vergleichen");

if (section) {
  const input = section.querySelector("input[type=file]");
  const sentences = section.querySelectorAll("[data-says]");
  let latest = 0;

  const say = (what) => {
    for (const sentence of sentences) sentence.hidden = sentence.dataset.says !== what;
  };

  const checksum = async (file) => {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const compare = async (file) => {
    if (!file) return;
    const turn = ++latest;
    say("working");
    let verdict = "unreadable";
    try {
      verdict = (await checksum(file)) === section.dataset.sha256 ? "same" : "different";
    } catch {
      // A folder, or a file that is gone.
    }
    // Who chose another file meanwhile wants to know about that one.
    if (turn === latest) say(verdict);
  };

  section.hidden = false;
  if (globalThis.crypto?.subtle) {
    document.getElementById("selbst-vergleichen").open = false;
    input.addEventListener("change", () => compare(input.files[0]));
    section.addEventListener("dragover", (event) => {
      event.preventDefault();
      section.classList.add("hub-compare__drop--over");
    });
    section.addEventListener("dragleave", () => section.classList.remove("hub-compare__drop--over"));
    section.addEventListener("drop", (event) => {
      event.preventDefault();
      section.classList.remove("hub-compare__drop--over");
      compare(event.dataTransfer.files[0]);
    });
    // A file that misses the place would open in the browser and take the page away.
    for (const name of ["dragover", "drop"]) {
      document.addEventListener(name, (event) => event.preventDefault());
    }
  } else {
    input.disabled = true;
    say("insecure");
  }
}
