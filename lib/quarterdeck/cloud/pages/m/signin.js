// Signing in: a mailed link is redeemed at a tap, an ended hour is renewed, and whoever has neither asks for a link.
(() => {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const show = (name) => {
    document.querySelectorAll("[data-view]").forEach((view) => { view.hidden = view.dataset.view !== name; });
    if (name !== "busy") find(`[data-view="${name}"]`).querySelector("h1").focus();
  };
  const ask = async (method, path, body) => {
    const said = await fetch(`/api${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    return { ok: said.ok, status: said.status, ...(said.ok ? await said.json().catch(() => ({})) : {}) };
  };
  const wrong = (status) => {
    find("#why").textContent = status === 429 ? "Too many tries. Wait a few minutes." : status ? `The server is not ready (${status}).` : "The server gave no answer. Are you online?";
    show("wrong");
  };
  const trying = (button, work) => async (event) => {
    event.preventDefault();
    button.disabled = true;
    await work().catch(() => wrong(0));
    button.disabled = false;
  };
  const home = location.pathname.startsWith("/m/");
  const code = home ? location.hash.slice(1) : ""; // another page's fragment is a place in it
  const renewed = { get at() { return Number(sessionStorage.getItem("renewed")) || 0; }, note() { sessionStorage.setItem("renewed", Date.now()); } };

  const signedIn = async () => {
    const me = await ask("GET", "/session");
    if (!me.ok) return show("ask");
    const all = me.reports.includes("*");
    const links = all ? [["/", "All reports"], ["/console/", "Console"]] : me.reports.map((slug) => [`/r/${slug}/`, slug.replaceAll("-", " ").replace("/", " · ")]);
    find('[data-view="in"] h1').textContent = home ? "You are signed in" : "This page is not one of yours";
    find("#who").textContent = `${me.name ? `${me.name}, these` : "These"} pages are open to you.`;
    find("#reports").replaceChildren(...links.map(([href, text]) => {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("a"), { href, textContent: text }));
      return item;
    }));
    show("in");
  };

  const begin = async () => {
    if (code) return show("open");
    show("busy");
    const said = await ask("POST", "/session/renew", { goes: location.pathname });
    if (!said.ok) return said.status >= 500 ? wrong(said.status) : show("ask");
    if (home || Date.now() - renewed.at < 15000) return signedIn(); // renewed just now, and still refused
    renewed.note();
    location.reload();
  };

  find("#open").addEventListener("click", trying(find("#open"), async () => {
    const said = await ask("POST", "/session", { code });
    if (said.ok) {
      const goes = new URL(said.goes || "/m/", location.origin);
      return location.replace(goes.origin === location.origin ? goes : "/m/");
    }
    if (said.status >= 500 || said.status === 429) return wrong(said.status);
    const still = await ask("POST", "/session/renew", {}); // the same link again, on a device that it signed in
    return still.ok ? signedIn() : show("old");
  }));
  const mail = async (body) => {
    const said = await ask("POST", "/links", body);
    return said.ok ? show("sent") : wrong(said.status);
  };
  find("#fresh").addEventListener("click", trying(find("#fresh"), () => mail({ code })));
  find("#ask").addEventListener("submit", trying(find("#ask button"), () => mail({ address: find("#address").value.trim() })));
  find("[data-show]").addEventListener("click", () => show("ask"));
  find("[data-out]").addEventListener("click", trying(find("[data-out]"), async () => { await ask("DELETE", "/session"); show("ask"); }));
  find("#again").addEventListener("click", () => location.reload());
  window.addEventListener("hashchange", () => { if (home) location.reload(); });
  document.querySelectorAll("h1").forEach((heading) => { heading.tabIndex = -1; });
  begin().catch(() => wrong(0));
})();
