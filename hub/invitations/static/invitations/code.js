/* The QR code of a letter opens the page with the code behind "#", which no browser sends. It is put
   into the field and leaves the address, so that no history keeps it. */
function take() {
  const code = decodeURIComponent(location.hash.slice(1));
  const field = document.getElementById("id_code");
  if (!/^[0-9A-Za-z-]{12,20}$/.test(code)) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = code;
  document.getElementById("weiter").focus();
}
addEventListener("hashchange", take);
take();
