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
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target ?? event.target;
  if (target?.id === "lines" && target.lastElementChild) toLine(target.lastElementChild);
});
