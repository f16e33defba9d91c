// Boxes that find something as one types (combobox with a list, WAI-ARIA). The server draws the options.

const options = (box) => all("[role=option]:not([aria-disabled])", document.getElementById(box.getAttribute("aria-controls")));
const chosen = (box) => options(box).find((option) => option.getAttribute("aria-selected") === "true");

function show(box, open) {
  const list = document.getElementById(box.getAttribute("aria-controls"));
  list.hidden = !open || !list.firstElementChild;
  box.setAttribute("aria-expanded", String(!list.hidden));
  if (list.hidden) box.removeAttribute("aria-activedescendant");
}

function choose(box, option) {
  box.dataset.choice = option.dataset.id;
  options(box).forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

// Whether what is offered answers an earlier text than what the box says now.
const stale = (box) => box.value !== "" && box.dataset.taken === undefined && box.dataset.answered !== box.value;

function take(box, option) {
  if (option.dataset.href) { window.location.assign(option.dataset.href); return; }
  const picker = box.closest("[data-picker]");
  delete box.dataset.choice;
  box.dataset.taken = "";
  box.value = option.dataset.label;
  const value = picker.querySelector("input[type=hidden]");
  value.value = option.dataset.id;
  show(box, false);
  value.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("htmx:before:request", (event) => {
  const box = event.target;
  if (box.getAttribute?.("role") === "combobox") box.dataset.asked = box.value;
});
document.addEventListener("htmx:after:swap", (event) => {
  const list = swapped(event);
  if (list?.getAttribute?.("role") !== "listbox") return;
  const box = document.querySelector(`[aria-controls="${list.id}"]`);
  box.dataset.answered = box.dataset.asked;  // a newer request would have replaced this one
  if (box.dataset.entered !== undefined && !stale(box)) {
    delete box.dataset.entered;
    const first = options(box)[0];
    if (first) { take(box, first); return; }
  }
  // An answer that comes late neither opens again what is settled nor forgets what was gone to.
  if (document.activeElement === box) show(box, box.value !== "" && box.dataset.taken === undefined);
  const still = options(box).find((option) => option.dataset.id === box.dataset.choice);
  if (still) choose(box, still);
  else box.removeAttribute("aria-activedescendant");
});
document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (box.getAttribute("role") !== "combobox") return;
  const found = options(box);
  const at = found.indexOf(chosen(box));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!found.length) return;
    show(box, true);
    const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? found.length - 1 : at - 1;
    choose(box, found[(next + found.length) % found.length]);
  } else if (event.key === "Enter" && !chosen(box) && stale(box)) {
    // The first of what was offered for half of the name is another thing: it waits for the answer. The search box
    // leads to everything that is called so.
    if (box.closest("[data-go]")) return;
    event.preventDefault();
    box.dataset.entered = "";
  } else if (event.key === "Enter" && box.getAttribute("aria-expanded") === "true" && found.length) {
    // The search box without a choice leads to everything found, or to the only thing there is.
    if (!chosen(box) && box.closest("[data-go]") && found.length > 1) return;
    event.preventDefault();
    take(box, chosen(box) ?? found[0]);
  } else if (event.key === "Escape" && box.getAttribute("aria-expanded") === "true") {
    event.preventDefault();
    show(box, false);
  }
});
document.addEventListener("input", (event) => {
  const box = event.target;
  if (box.getAttribute?.("role") !== "combobox") return;
  delete box.dataset.choice;
  delete box.dataset.taken;
  delete box.dataset.entered;
  chosen(box)?.setAttribute("aria-selected", "false");
  box.removeAttribute("aria-activedescendant");
  const value = box.closest("[data-picker]").querySelector("input[type=hidden]");
  if (value) value.value = "";  // what was picked before is no longer what the box says
  if (!box.value) show(box, false);
});
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[role=option]:not([aria-disabled])");
  if (!option) return;
  event.preventDefault();
  take(document.querySelector(`[aria-controls="${option.parentElement.id}"]`), option);
});
document.addEventListener("focusout", (event) => {
  if (event.target.getAttribute?.("role") !== "combobox") return;
  delete event.target.dataset.entered;
  show(event.target, false);
});
