// A question that the server asks before it does something grave stands in a dialog, which opens as it comes.

document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target ?? event.target;
  if (target?.id === "ask") target.querySelector("dialog[data-asks]")?.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("dialog [data-stay]")) event.preventDefault();
});
