// The owner's console: a row for each report, what can be done with it, and the run that goes on.
(() => {
  "use strict";
  const find = (selector, within = document) => within.querySelector(selector);
  const made = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  let may = new Set();
  const numbers = ["sent", "failed", "unknown"];
  const when = (iso) => (iso ? new Date(iso).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) : "");
  const named = (period) => (/^\d{4}-\d\d$/.test(period) ? new Date(`${period}-15`).toLocaleString([], { month: "long", year: "numeric" }) : period || "the latest period");

  // ---- asking

  const ask = async (method, path, body) => {
    const said = await fetch(`/api${path}`, { method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
    const json = await said.json().catch(() => ({}));
    if (said.ok) return json;
    const error = json.error || { message: said.status === 403 ? "You may not do that." : `The server is not ready (${said.status}).`, remedy: "" };
    throw Object.assign(new Error([error.message, error.remedy].filter(Boolean).join(" ")), { status: said.status });
  };
  let hiding = 0;
  const tell = (text, wrong = false) => {
    const told = find("#told");
    told.className = wrong ? "qd-told qd-wrong" : "qd-told";
    told.textContent = text;
    told.hidden = false;
    clearTimeout(hiding);
    if (!wrong) hiding = setTimeout(() => { told.hidden = true; }, 8000);
  };
  const wrong = (error) => (error.status === 401 ? location.reload() : tell(error instanceof TypeError ? "The server gave no answer. Are you online?" : error.message, true));
  const doing = (button, work) => async (event) => {
    event.preventDefault();
    button.disabled = true;
    await work().catch(wrong);
    button.disabled = false;
  };
  const button = (text, work, name = "") => {
    const made_ = made("button", { type: "button", className: "qd-button", textContent: text });
    if (name) made_.setAttribute("aria-label", `${text}: ${name}`);
    made_.addEventListener("click", doing(made_, work));
    return made_;
  };

  // ---- reports

  const generate = async (body) => {
    const { run } = await ask("POST", "/generate-reports", body);
    follow(run).catch(wrong);
  };
  const send = async (report, to, said, more = {}) => {
    const { run } = await ask("POST", "/reports/send", { slug: report.slug, period: report.period, to, ...more });
    tell(said);
    follow(run).catch(wrong);
  };
  const followUps = (report) => {
    const list = made("ul");
    const details = made("details", {}, made("summary", { textContent: `Follow-ups (${report.actions.length})` }), list);
    list.append(...report.actions.map((action) => made("li", {}, made("span", { textContent: action.title ? `${action.title}: ${action.action}` : action.action }),
      button("Push to dashboard", async () => {
        await ask("POST", "/actions", { slug: report.slug, period: report.period, action: action.id });
        tell("The follow-up is on the dashboard.");
      }, action.title || action.action))));
    return details;
  };
  const row = (report, singles = []) => {
    const title = report.title || report.slug;
    const counts = made("dl", {}, ...numbers.map((name) => {
      const count = report[name] || 0;
      const tone = !count ? "qd-none" : name === "failed" || name === "unknown" ? "qd-bad" : "";
      return made("div", { className: tone }, made("dt", { textContent: name }), made("dd", { textContent: String(count) }));
    }));
    const does = made("div", { className: "qd-does" },
      made("a", { className: "qd-button", href: report.url, textContent: "Preview", ariaLabel: `Preview: ${title}` }),
      may.has("send") ? button("Send to me", () => send(report, "me", "It is on its way to you."), title) : null,
      may.has("generate") ? button("Generate", () => generate({ personas: [report.slug.split("/")[0]], period: report.period }), title) : null,
      report.approval === "waiting" && may.has("approve") ? button("Approve", async () => {
        await ask("POST", "/approvals", { slug: report.slug, period: report.period });
        tell("It may be sent as it is now.");
        await reports();
      }, title) : null,
      report.approval !== "waiting" && may.has("send-all") ? button("Send to readers", async () => {
        if (confirm(`Mail ${title}, ${named(report.period)}, to all of its readers who have not had it?`)) await send(report, "readers", "It is being sent.");
      }, title) : null,
      report.failed && may.has("retry") ? button("Retry failed", () => send(report, "readers", "It is tried again.", { retry_failed: true }), title) : null);
    const said = [named(report.period), `built ${when(report.built)}`, report.last_sent ? `last sent ${when(report.last_sent)}` : "not sent yet", report.approval === "waiting" ? "waits for approval" : ""].filter(Boolean).join(" · ");
    const article = made("article", { className: "qd-row" },
      made("div", {}, made("h3", {}, made("a", { href: report.url, textContent: title })), made("p", { textContent: said })), counts, does);
    article.dataset.report = report.slug;
    if ((report.actions || []).length) article.append(followUps(report));
    if (singles.length) article.append(made("details", {}, made("summary", { textContent: `${singles.length} single reports` }), ...singles.map((single) => row(single))));
    return article;
  };
  const reports = async () => {
    const all = (await ask("GET", "/reports")).reports;
    const wholes = new Set(all.filter((report) => !report.slug.includes("/")).map((report) => report.slug));
    const open = new Set(Array.from(document.querySelectorAll("[data-report] > details[open]"), (details) => details.parentElement.dataset.report));
    const shown = all.filter((report) => !report.slug.includes("/") || !wholes.has(report.slug.split("/")[0]));
    find("#rows").replaceChildren(...shown.map((report) => row(report, all.filter((other) => other !== report && other.slug.startsWith(`${report.slug}/`)))));
    document.querySelectorAll("[data-report] > details").forEach((details) => { details.open = open.has(details.parentElement.dataset.report); });
    if (!shown.length) find("#rows").replaceChildren(made("p", { textContent: `Nothing is made yet${may.has("generate") ? ": generate the reports above" : ""}.` }));
  };

  // ---- runs

  const ended = new Set(["done", "failed"]);
  let followed = "";
  const follow = async (id) => {
    if (!may.has("runs")) return;
    followed = id;
    find("#run").hidden = false;
    find("#run-said").textContent = "It begins …";
    for (let last = ""; followed === id;) {
      const run = await ask("GET", `/runs/${id}`).catch((error) => { if (error.status < 500) throw error; return null; }); // busy or offline: asked again
      if (run) last = show(run);
      if (ended.has(last)) break;
      await new Promise((resume) => { setTimeout(resume, document.hidden ? 10000 : 1500); });
    }
    if (followed === id) await Promise.all([reports(), runs()]);
  };
  const show = (run) => {
    const count = (...states) => run.reports.filter((report) => states.includes(report.state)).length;
    const [total, done, bad] = [run.reports.length, count("executed", "sending", "sent"), count("failed")];
    const bar = find("#run-bar");
    bar.max = Math.max(total, 1) + 1; // the last step is putting the site together
    if (ended.has(run.state)) bar.value = bar.max;
    else if (total) bar.value = done + bad;
    else bar.removeAttribute("value");
    find("#run-title").textContent = `Run of ${when(run.at)}`;
    find("#run-said").textContent = `${named(run.period)}: ${run.state}. ${done} of ${total} reports made${bad ? `, ${bad} failed` : ""}.${run.why ? ` ${run.why}` : ""}`;
    find("#run-reports").replaceChildren(...run.reports.map((report) => {
      const mails = [...numbers, "skipped"].filter((name) => report[name]).map((name) => `${report[name]} ${name}`).join(", ");
      return made("li", { className: report.state === "failed" ? "qd-bad" : "", textContent: [`${report.slug}: ${mails || report.state}`, report.why].filter(Boolean).join(". ") });
    }));
    return run.state;
  };
  const runs = async () => {
    if (!may.has("runs")) return [];
    const all = (await ask("GET", "/runs")).runs;
    const head = ["Asked", "By", "Reports", "Period", "Mailed", "State"];
    const body = all.map((run) => made("tr", {},
      made("td", {}, made("button", { type: "button", className: "qd-link", textContent: when(run.at), onclick: () => { follow(run.id).catch(wrong); find("#run").scrollIntoView(); } })),
      ...[run.asked_by, run.personas.join(", ") || "all", named(run.period), run.send ? "yes" : "no", run.state].map((text) => made("td", { textContent: text }))));
    const table = made("table", { className: "table" },
      made("thead", {}, made("tr", {}, ...head.map((text) => made("th", { scope: "col", textContent: text })))), made("tbody", {}, ...body));
    find("#runs").replaceChildren(all.length ? made("div", { className: "qd-table" }, table) : made("p", { textContent: "There was none yet." }));
    return all;
  };

  // ---- forms and the way out

  const onSubmit = (selector, work) => {
    const form = find(`${selector} form`);
    form.addEventListener("submit", doing(find("button", form), () => work(form.elements, form)));
  };
  onSubmit("#make", ({ period, send: mail }) => generate({ period: period.value.trim() || null, send: mail.checked }));
  onSubmit("#invite", async ({ address, role, reports: which }, form) => {
    await ask("POST", "/invites", { address: address.value.trim(), role: role.value, reports: which.value.split(/[\s,]+/).filter(Boolean) });
    tell(`A link is on its way to ${address.value.trim()}.`);
    form.reset();
  });
  find("#out").addEventListener("click", doing(find("#out"), async () => { await ask("DELETE", "/session"); location.assign("/m/"); }));

  const begin = async () => {
    const me = await ask("GET", "/session");
    find("#who").textContent = me.name ? `${me.name}, ${me.role}` : `Signed in: ${me.role}`;
    may = new Set(me.may);
    const ofAll = me.role === "admin" || me.reports.includes("*");
    find('[href="../deliveries.html"]').hidden = !ofAll;
    if (!ofAll) find(".qd-company a").removeAttribute("href"); // both pages are of all reports
    document.querySelectorAll("[data-may]").forEach((part) => { part.hidden = !may.has(part.dataset.may); });
    const [, all] = await Promise.all([reports(), runs()]);
    const going = all.find((run) => !ended.has(run.state));
    if (going) await follow(going.id);
  };
  begin().catch(wrong);
})();
