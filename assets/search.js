// Search within one reader's corner, or from the home page in all: a box in the masthead; the index comes on first use.
(() => {
  "use strict";
  const index = document.currentScript?.dataset.index; // none where the page stands alone, as in a notebook
  const place = document.querySelector(".qd-masthead .qd-when");
  if (!index || !place) return;
  const made = (tag, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };

  const input = made("input", { type: "search", placeholder: "Search", autocomplete: "off", spellcheck: false });
  input.setAttribute("aria-label", "Search (press / to come here)");
  const said = made("p", { className: "qd-search-said" });
  said.setAttribute("role", "status");
  const list = made("ul");
  const more = made("button", { type: "button", className: "qd-more-results", textContent: "Show more", hidden: true });
  const results = made("div", { className: "qd-results", hidden: true, tabIndex: -1 }, said, list, more);
  const box = made("div", { className: "qd-search" }, input, results);
  box.setAttribute("role", "search");
  place.append(box);

  // What matched stands between marks; all else is text, whatever it looks like.
  const excerpt = (html) => html.split(/<\/?mark>/).map((part, number) => {
    const plain = part.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
    return number % 2 ? made("mark", { textContent: plain }) : plain;
  });
  // To the section, chart or finding in which the first match stands.
  const part = (page) => page.anchors.filter((one) => one.location <= page.locations[0] && /^(section|figure|aside|h\d)$/.test(one.element)).pop();
  const hit = (page) => made("li", {}, made("a", { href: page.url + (part(page) ? `#${part(page).id}` : "") },
    made("strong", { textContent: page.meta.title }), made("span", { className: "qd-excerpt" }, ...excerpt(page.excerpt))));
  let engine;
  const load = () => { engine ??= import(new URL(`${index}pagefind.js`, location.href)); return engine; };
  const asked = () => input.value.replace(/\p{Sc}/gu, "").trim(); // an index knows amounts without their signs
  const failed = () => { engine = undefined; said.textContent = "Search cannot be reached now"; };
  const search = async () => {
    const words = asked();
    results.hidden = !words;
    if (!words) return;
    if (location.protocol === "file:") { said.textContent = "Search needs the site to be served: make serve"; return; }
    try {
      const found = await (await load()).debouncedSearch(words, { sort: { period: "desc" } }, 150);
      if (!found) return; // another letter was typed meanwhile
      const hits = found.results;
      const show = async (from) => {
        const pages = await Promise.all(hits.slice(from, from + 8).map((result) => result.data()));
        if (words !== asked()) return;
        if (!from) list.replaceChildren();
        list.append(...pages.map(hit));
        if (from) list.children[from].firstChild.focus();
        more.hidden = hits.length <= list.children.length;
        said.textContent = hits.length ? `${hits.length} ${hits.length === 1 ? "page" : "pages"}` : "Nothing found";
      };
      more.onclick = () => show(list.children.length).catch(failed);
      await show(0);
    } catch { failed(); }
  };
  const close = () => { results.hidden = true; };

  input.addEventListener("focus", () => { if (location.protocol !== "file:") load().catch(() => { engine = undefined; }); if (input.value.trim()) results.hidden = false; });
  input.addEventListener("input", search);
  list.addEventListener("click", close);
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) close(); });
  box.addEventListener("keydown", (event) => {
    const stops = [input, ...list.querySelectorAll("a"), ...(more.hidden ? [] : [more])];
    const now = stops.indexOf(document.activeElement);
    if (event.key === "Escape") { close(); input.value = ""; input.focus(); } else if (event.key === "ArrowDown") stops[now + 1]?.focus();
    else if (event.key === "ArrowUp") stops[now - 1]?.focus();
    else if (event.key === "Enter" && document.activeElement === input) stops[1]?.click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    input.focus();
  });
})();
