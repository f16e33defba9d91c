// A file is compared as it was when it was chosen. What was shown of another one, or in another way, goes.

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form#import");
  if (form && !event.target.closest("#plan")) document.getElementById("plan").replaceChildren();
});
// Browsers refuse to send a file that was saved again after it was chosen; that looks like a service that is down.
document.addEventListener("htmx:error", async () => {
  const box = document.querySelector("form#import input[type=file]");
  const file = box?.files[0];
  if (!file) return;
  try { await file.slice(0, 1).arrayBuffer(); } catch {
    box.value = "";
    say("The file has changed since you chose it. Choose it again, then look at what it would change.");
    box.focus();
  }
});
