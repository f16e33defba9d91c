// The tree (WAI-ARIA tree pattern): one tab stop, arrows, Home, End, Enter, letters. The server draws the branches.
{
  const ITEM = "[role=treeitem]";
  const tree = () => document.getElementById("tree");
  const link = (item) => item.querySelector(":scope > a");
  const isOpen = (item) => item.getAttribute("aria-expanded") === "true";
  const isGroup = (item) => item.hasAttribute("aria-expanded");
  const above = (item) => item.parentElement.closest(ITEM);
  const visible = () => all(ITEM, tree()).filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));
  let toHeading = false;  // whether the concept that is on its way gets the focus
  let before = null;  // the item before those that are on their way, of which the first gets it
  let typed = "", typedAt = 0;

  function focus(item) {
    if (!item) return;
    all(`${ITEM}[tabindex="0"]`, tree()).forEach((each) => { each.tabIndex = -1; });
    item.tabIndex = 0;
    item.focus();
  }

  function choose(item) {
    all(`${ITEM}[aria-selected="true"]`, tree()).forEach((each) => each.setAttribute("aria-selected", "false"));
    item.setAttribute("aria-selected", "true");
    if (isGroup(item)) open(item);
  }

  function open(item) {
    if (item.querySelector(":scope > [role=group]")) { item.setAttribute("aria-expanded", "true"); return; }
    if (item.getAttribute("aria-busy") === "true") return;
    item.setAttribute("aria-busy", "true");
    htmx.ajax("GET", item.dataset.branch, { source: item, target: item, swap: "beforeend" })
      .then(() => { if (item.querySelector(":scope > [role=group]")) item.setAttribute("aria-expanded", "true"); })
      .catch(() => {})
      .finally(() => item.removeAttribute("aria-busy"));
  }

  function close(item) {
    item.setAttribute("aria-expanded", "false");
    if (item.querySelector('[tabindex="0"]')) focus(item);
  }

  // What is chosen must be seen, without moving the page.
  function reveal() {
    const box = tree()?.closest(".beside"), item = tree()?.querySelector('[aria-selected="true"]');
    if (!item) return;
    const from = link(item).getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (from < 0 || from > box.clientHeight - 40) box.scrollTop += from - box.clientHeight / 3;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest(".opens");
    if (opener) opener.setAttribute("aria-expanded", String(opener.getAttribute("aria-expanded") !== "true"));
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    const item = event.target.closest(ITEM);
    if (!item) return;
    if (event.target.closest(".twist")) { focus(item); if (isOpen(item)) close(item); else open(item); return; }
    if (!event.target.closest("a") || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    focus(item);
    if (item.classList.contains("more")) before = item.previousElementSibling;
    else choose(item);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { const menu = event.target.closest("details.menu[open]"); if (menu) { menu.open = false; menu.querySelector("summary").focus(); } }
    if (event.key === "Tab" && event.shiftKey && event.target.id === "name" && tree()?.offsetParent) {
      const back = tree().querySelector('[tabindex="0"]');
      if (back) { event.preventDefault(); back.focus(); }
    }
    const item = event.target;
    if (item.getAttribute?.("role") !== "treeitem" || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = visible(), at = shown.indexOf(item);
    const keys = {
      ArrowDown: () => focus(shown[at + 1]),
      ArrowUp: () => focus(shown[at - 1]),
      Home: () => focus(shown[0]),
      End: () => focus(shown.at(-1)),
      ArrowRight: () => { if (isGroup(item)) { if (isOpen(item)) focus(shown[at + 1]); else open(item); } },
      ArrowLeft: () => { if (isGroup(item) && isOpen(item)) close(item); else focus(above(item)); },
      Enter: () => { toHeading = !item.classList.contains("more"); link(item).click(); },
    };
    if (keys[event.key]) { event.preventDefault(); typed = ""; keys[event.key](); return; }
    if (event.key.length !== 1 || (event.key === " " && !typed)) return;
    if (event.key === "?") return;
    event.preventDefault();
    typed = event.timeStamp - typedAt > 700 ? event.key : typed + event.key;
    typedAt = event.timeStamp;
    const wanted = typed.toLowerCase(), from = typed.length > 1 ? at : at + 1;
    focus([...shown.slice(from), ...shown.slice(0, from)].find((each) => link(each).textContent.trim().toLowerCase().startsWith(wanted)));
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const target = swapped(event);
    if (target?.id === "pane") {
      window.scrollTo(0, 0);
      if (toHeading) document.getElementById("name")?.focus();
      toHeading = false;
      const opener = document.querySelector(".opens");
      if (opener?.offsetParent) opener.setAttribute("aria-expanded", "false");
    } else if (before && target?.classList?.contains("more")) {
      const first = before.nextElementSibling;
      // Who has gone on to something else meanwhile is not called back.
      if (document.activeElement === document.body) focus(first);
      else if (!tree().querySelector(`${ITEM}[tabindex="0"]`)) first.tabIndex = 0;
      before = null;
    } else if (target === document.body) reveal();
  });
  document.addEventListener("DOMContentLoaded", reveal);
  if (document.readyState !== "loading") reveal();
  // Going back to the page that was loaded first asks for it as for every other one.
  if (document.getElementById("pane") && !history.state) history.replaceState({ htmx: true }, "");
}
