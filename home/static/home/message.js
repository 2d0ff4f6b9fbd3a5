/* Moves the focus to what went wrong; without this file role="alert" still has it read out. */
document.getElementById("meldung").focus();
