// Rows in forms that are added and taken away. The server draws them; whoever watches the form hears of it.

const heard = (rows) => rows.dispatchEvent(new Event("input", { bubbles: true }));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove]");
  if (!button) return;
  const rows = button.closest("[data-rows]"), row = button.closest("li");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("[data-remove]") ?? rows).focus();
  heard(rows);
});
document.addEventListener("htmx:after:swap", (event) => {
  const target = swapped(event);
  const rows = target?.closest?.("[data-rows]");
  if (rows) {
    // What was taken has its row now; what was typed since stays.
    all("[data-adds] [data-picker]:has([data-taken]) input", rows.parentElement).forEach((input) => { input.value = ""; });
    if (document.activeElement === document.body) rows.focus();
    heard(rows);
  }
  // What could not be taken is still unsent.
  if (target?.id === "said" && target.querySelector(".alert")) unsent = document.querySelector("form[data-guard]") !== null;
  const again = document.querySelector("form[data-unsent]");
  if (again) { again.removeAttribute("data-unsent"); heard(again); }
});
