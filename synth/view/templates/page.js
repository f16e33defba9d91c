"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const tip = $("tip");
  const articles = [...document.querySelectorAll("article")];
  if (!articles.length) return;
  const links = [...document.querySelectorAll("#list a")];
  const words = articles.map((each) => each.textContent.toLowerCase().replace(/\s+/g, " "));
  const filters = ["kind", "gold", "flag", "source"].map((name) => [name, $(`by-${name}`)]);
  let fit = articles.map((_, place) => place);
  let now = 0;

  function show(place, follow) {
    now = place;
    articles.forEach((each, other) => { each.hidden = other !== place; });
    links.forEach((each, other) => {
      if (other === place) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    });
    if (place < 0) return;
    const list = $("list"), item = links[place].parentElement;
    if (item.offsetTop < list.scrollTop) list.scrollTop = item.offsetTop;
    else if (item.offsetTop + item.offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = item.offsetTop + item.offsetHeight - list.clientHeight;
    if (follow) history.replaceState(null, "", `#${articles[place].id}`);
  }

  function suits(place) {
    const data = articles[place].dataset;
    for (const [name, field] of filters) {
      const wanted = field.value;
      if (!wanted) continue;
      if (name !== "flag") { if (data[name] !== wanted) return false; continue; }
      const flags = data.flag.trim().split(" ").filter(Boolean);
      const codes = flags.filter((flag) => flag !== "quarantine");
      if (wanted === "any" ? !codes.length : wanted === "none" ? flags.length : !flags.includes(wanted)) return false;
    }
    return $("search").value.toLowerCase().split(/\s+/).every((word) => words[place].includes(word));
  }

  function filter() {
    fit = articles.map((_, place) => place).filter(suits);
    const kept = new Set(fit);
    links.forEach((each, place) => { each.parentElement.hidden = !kept.has(place); });
    $("found").textContent = fit.length === articles.length ? `${fit.length} rows` : `${fit.length} of ${articles.length} rows`;
    $("nothing").hidden = fit.length > 0;
    show(kept.has(now) ? now : fit.length ? fit[0] : -1, false);
  }

  function step(by) {
    const place = fit.indexOf(now) + by;
    if (place >= 0 && place < fit.length) show(fit[place], true);
  }

  function followHash() {
    const target = $(decodeURIComponent(location.hash.slice(1)));
    const article = target && target.closest("article");
    if (!article) return;
    const place = articles.indexOf(article);
    if (!fit.includes(place)) clear();
    show(place, false);
    if (target !== article) target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
    if (target === article && article.getBoundingClientRect().top > innerHeight - 80) article.scrollIntoView();
  }

  function clear() {
    $("search").value = "";
    for (const [, field] of filters) field.value = "";
    filter();
  }

  // What a reference rests on, beside it: the text of its entry under "What the references rest on".
  function point(ref) {
    const entry = $(ref.getAttribute("href").slice(1));
    if (!entry) return;
    tip.replaceChildren(...[...entry.querySelectorAll(".ref, dd")].map((line) => {
      const part = document.createElement(line.tagName === "DD" ? "p" : "b");
      part.textContent = line.textContent;
      return part;
    }));
    tip.hidden = false;
    const at = ref.getClientRects()[0], own = tip.getBoundingClientRect();
    const under = at.bottom + 6 + own.height < innerHeight;
    tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
    tip.style.top = `${under ? at.bottom + 6 : Math.max(8, at.top - own.height - 6)}px`;
  }

  let leaving = 0;
  const hide = () => { leaving = setTimeout(() => { tip.hidden = true; }, 120); };
  for (const [enter, leave] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(enter, (event) => {
      const ref = event.target.closest && event.target.closest("a[data-tip]");
      if (ref || tip.contains(event.target)) clearTimeout(leaving);
      if (ref) point(ref);
    });
    document.addEventListener(leave, (event) => { if (event.target.closest("a[data-tip], #tip")) hide(); });
  }
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") tip.hidden = true;
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") { event.preventDefault(); $("search").focus(); }
  });
  for (const [name, by] of [["before", -1], ["next", 1]]) $(name).addEventListener("click", () => step(by));
  $("clear").addEventListener("click", clear);
  $("filters").addEventListener("input", filter);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", followHash);

  $("filters").hidden = $("turn").hidden = false;
  $("browser").classList.add("one");
  filter();
  followHash();
})();
