// Adding a feature to the form of a differential: the focus goes where it is said how the feature stands.

function toLine(line) {
  line.closest("details")?.setAttribute("open", "");
  line.querySelector("select").focus();
}
document.addEventListener("change", (event) => {
  if (!event.target.matches("#differential [name=add]")) return;
  const line = document.getElementById(`line-${event.target.value}`);
  if (line) toLine(line);
  document.getElementById("pick-add").value = "";
});
document.addEventListener("htmx:after:swap", () => {
  const line = document.querySelector("#lines tr[data-fresh]");
  if (!line) return;
  delete line.dataset.fresh;
  // Who has gone on to something else meanwhile is not called back.
  if ([document.body, document.getElementById("pick-add")].includes(document.activeElement)) toLine(line);
});
