"use strict";
// What pages do beyond links, forms and htmx. Nothing here knows a rule: it moves focus, opens lists and keeps text.

const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const swapped = (event) => {
  // Where the answer chose the place itself, htmx names it by its selector.
  const target = event.detail?.ctx?.target ?? event.target;
  return typeof target === "string" ? document.querySelector(target) : target;
};
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

// -- what was said -------------------------------------------------------------------------------------------------

function say(text) {
  const alert = document.createElement("div");
  alert.className = "alert";
  alert.setAttribute("role", "alert");
  alert.append(Object.assign(document.createElement("p"), { textContent: text }));
  const said = document.getElementById("said");
  said.replaceChildren(alert);
  said.scrollIntoView({ block: "nearest" });
}

// A service that is down must not take what was typed with it: the form stays, and its button tries again.
document.addEventListener("htmx:error", (event) => {
  if (event.detail?.error?.name === "AbortError") return;
  say("The service cannot be reached. What you typed is kept here; try again in a moment.");
});
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail?.ctx?.response?.raw?.status ?? event.detail?.ctx?.response?.status;
  if (status >= 500) say(`The service could not do this now (${status}). What you typed is kept here; try again.`);
});
document.addEventListener("htmx:after:swap", (event) => {
  const target = swapped(event);
  if (target?.id === "said" && target.firstElementChild) target.scrollIntoView({ block: "nearest" });
});

// On a narrow screen the rooms are one line that scrolls: the room one is in stays in sight.
const room = document.querySelector(".rooms [aria-current]");
if (room) room.parentElement.scrollLeft = room.offsetLeft - room.parentElement.offsetLeft - 16;

// -- forms ---------------------------------------------------------------------------------------------------------

// A form is sent once: a click while its answer is on the way, or leads to another page already, sends nothing more.
let sending = new WeakSet();
document.addEventListener("submit", (event) => {
  if (!sending.has(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("htmx:before:request", (event) => {
  if (event.target.matches("form[method=post]")) sending.add(event.target);
});
document.addEventListener("htmx:finally:request", (event) => {
  if (!event.detail.ctx.hx?.redirect) sending.delete(event.target);
});
window.addEventListener("pageshow", () => { sending = new WeakSet(); });

// Leaving a form with unsent changes asks first.
let unsent = false;
document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) unsent = true; });
document.addEventListener("submit", () => { unsent = false; }, true);
document.addEventListener("htmx:error", () => { unsent = document.querySelector("form[data-guard]") !== null; });
window.addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });

// -- dialogs -------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "?" && !typing(event.target)) document.getElementById("keys").showModal();
  if (event.key === "k" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); document.getElementById("find")?.focus(); }
});

// -- theme ---------------------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  if (event.target.name !== "theme") return;
  const theme = event.target.value;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=strict`;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
});
