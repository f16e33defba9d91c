// A question that the server asks before it does something grave stands in a dialog, which opens once, as it comes.

document.addEventListener("htmx:after:swap", () => {
  const dialog = document.querySelector("dialog[data-asks]");
  if (!dialog) return;
  dialog.removeAttribute("data-asks");
  dialog.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("dialog [data-stay]")) event.preventDefault();
});
