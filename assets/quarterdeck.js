// Quarterdeck's page: draws the charts in the theme's colours, sorts tables, fills the period switch, switches the theme.
(() => {
  "use strict";
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const made = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

  // ---- charts

  const palette = () => {
    const style = getComputedStyle(document.body);
    const read = (name) => style.getPropertyValue(name).trim();
    return {
      ink: read("--qd-ink"), soft: read("--qd-soft"), grid: read("--qd-grid"), raised: read("--qd-raised"), line: read("--qd-line"),
      chart: read("--qd-chart").split(",").map((colour) => colour.trim()), font: style.fontFamily,
    };
  };

  // The specification says what is drawn; colours, type and margins are the page's.
  const dressed = (figure, width, height) => {
    const colours = palette();
    const layout = structuredClone(figure.layout || {});
    const narrow = width < 520;
    const lying = (figure.data || []).some((trace) => trace.orientation === "h");
    const days = (name) => (layout[name] || {}).type === "date" || (figure.data || []).some((trace) => /^\d{4}-\d\d-\d\d/.test((trace[name[0]] || [])[0]));
    const written = (name) => (days(name) ? "%b %-d, %Y" : (layout[name] || {}).tickformat || ",.2~f"); // a value under the pointer
    const axis = (given, name, showgrid = name.startsWith("x") === lying) => ({
      automargin: true, showgrid, hoverformat: showgrid ? written(name) : undefined, ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)", gridcolor: colours.grid, zerolinecolor: colours.line, linecolor: colours.line, ...given,
      tickfont: { ...(given || {}).tickfont, color: colours.soft },
      title: typeof (given || {}).title === "string" ? { text: given.title, font: { color: colours.soft } }
        : { ...(given || {}).title, font: { ...((given || {}).title || {}).font, color: colours.soft } },
    });
    for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))])) layout[name] = axis(layout[name], name);
    const titled = Boolean(typeof layout.title === "string" ? layout.title : (layout.title || {}).text);
    return Object.assign(layout, {
      width, height, autosize: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      colorway: colours.chart, barcornerradius: 3,
      font: { ...layout.font, family: colours.font, color: colours.ink, size: narrow ? 12 : 13 },
      margin: { l: 8, r: 12, t: titled ? 48 : 20, b: 8, ...(narrow ? {} : layout.margin) },
      hoverlabel: { bgcolor: colours.raised, bordercolor: colours.line, font: { color: colours.ink, family: colours.font } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.soft, activecolor: colours.ink },
      legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)", ...(narrow ? {} : layout.legend), font: { color: colours.soft } },
    });
  };

  const config = {
    displaylogo: false, displayModeBar: "hover", responsive: false, typesetMath: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    showSendToCloud: false, plotlyServerURL: "", // no button that hands a chart's figures to another host
  };
  let paper = 0; // while the page is printed: how wide charts are, in CSS pixels
  const draw = (figure) => {
    const { box, spec } = figure;
    const height = (Number(box.dataset.height) || 380) * (paper ? 0.8 : 1); // more fits on a sheet
    const width = paper || Math.floor(box.getBoundingClientRect().width);
    if (!width || !window.Plotly) return Promise.resolve();
    figure.width = width;
    box.setAttribute("role", "group"); // an image may hold nothing to press, and a drawn chart has buttons
    return window.Plotly.react(box, structuredClone(spec.data || []), dressed(spec, width, height), config);
  };
  const figures = all(".qd-figure").map((element) => {
    const box = element.querySelector(".qd-plot");
    return { box, spec: JSON.parse(element.querySelector('script[type="application/json"]').textContent), width: 0 };
  });
  const redraw = () => Promise.all(figures.map(draw));
  redraw().then(() => { document.documentElement.dataset.charts = String(figures.length); });

  const resized = new ResizeObserver((entries) => entries.forEach((entry) => {
    const figure = figures.find((one) => one.box === entry.target);
    if (figure && Math.floor(entry.contentRect.width) !== figure.width) draw(figure);
  }));
  figures.forEach((figure) => resized.observe(figure.box));

  // ---- under each chart: its data as a file, and a link to it

  const wordsOf = (label) => String(label ?? "").replaceAll("<br>", " ").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
  const csvCell = (value) => {
    const shownText = typeof value === "number" ? String(value) : wordsOf(value);
    const safe = typeof value !== "number" && /^[=+\-@\t\r]/.test(shownText) ? `'${shownText}` : shownText; // no formula
    return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const moment = (start, length) => new Date(Date.parse(`${start.slice(0, 10)}T${start.slice(11, 19) || "00:00:00"}Z`) + length).toISOString().slice(0, 19).replace("T00:00:00", "");
  const span = (start, value) => (typeof start === "string" ? [moment(start, 0), moment(start, value || 0)] : [value, ""]); // of time, as in a plan
  const rowsOf = (data) => {
    const spans = data.some((trace) => [].concat(trace.base).some((start) => typeof start === "string"));
    const rows = [["series", "label", ...(spans ? ["start", "end"] : ["value"])]];
    data.forEach((trace) => {
      const [labels, values] = trace.labels ? [trace.labels, trace.values] : trace.orientation === "h" ? [trace.y, trace.x] : [trace.x, trace.y];
      if (Array.isArray((trace.z || [])[0])) trace.z.forEach((line, row) => line.forEach((value, column) => rows.push([(trace.y || [])[row] ?? row, (trace.x || [])[column] ?? column, value])));
      else (values || labels || []).forEach((value, row) => rows.push([trace.name, (values && labels ? labels : [])[row] ?? row, ...span(trace.base?.[row], value).slice(0, spans ? 2 : 1)]));
    });
    return rows;
  };
  const copied = async (address) => {
    try { await navigator.clipboard.writeText(address); return true; } catch { return false; }
  };
  all(".qd-figure").forEach((element, index) => {
    const tools = made("p", { className: "qd-tools" });
    const link = made("a", { href: `#${element.id}`, textContent: "Link to this figure" });
    link.addEventListener("click", () => copied(link.href).then((done) => { if (done) link.textContent = "Link copied"; }));
    const save = made("button", { type: "button", textContent: "Data (CSV)" });
    save.addEventListener("click", () => {
      const text = rowsOf(figures[index].spec.data || []).map((row) => row.map(csvCell).join(",")).join("\n");
      const file = made("a", { href: URL.createObjectURL(new Blob([`\ufeff${text}\n`], { type: "text/csv" })), download: `${element.id}.csv` });
      file.click();
      URL.revokeObjectURL(file.href);
    });
    tools.append(save, link);
    element.append(tools);
  });

  // ---- light and dark: whoever switches the theme, the charts follow

  let shown = palette().ink;
  const follow = () => { if (palette().ink !== shown) { shown = palette().ink; redraw(); } };
  const watch = new MutationObserver(follow);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-scheme"] });
  watch.observe(document.body, { attributes: true, attributeFilter: ["class"] });

  const sheet = 660; // what a page of A4 or Letter leaves between our margins, in CSS pixels
  document.documentElement.style.setProperty("--qd-foot", JSON.stringify(document.title));
  const onDisk = location.protocol === "file:" ? all("a[href]:not([href^='#'])") : []; // paths on this machine, of no use on paper
  const hrefs = onDisk.map((link) => link.getAttribute("href"));
  const print = (on) => {
    onDisk.forEach((link, index) => (on ? link.removeAttribute("href") : link.setAttribute("href", hrefs[index])));
    paper = on ? sheet : 0;
    redraw();
  };
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  window.matchMedia("print").addEventListener("change", (event) => print(event.matches));

  const masthead = document.querySelector(".qd-masthead");
  const toggle = window.quartoToggleColorScheme || window.smalldocsToggleScheme;
  if (masthead && toggle) {
    const button = made("button", { type: "button", className: "qd-theme", title: "Light or dark" });
    button.setAttribute("aria-label", "Switch between light and dark");
    button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"/></svg>';
    button.addEventListener("click", () => (window.quartoToggleColorScheme || window.smalldocsToggleScheme)());
    masthead.append(button);
  }

  // ---- the contents list, where a narrow screen has no margin for it

  const contents = all("#TOC a[href^='#']");
  const opening = document.querySelector(".qd-board") || masthead;
  if (opening && contents.length > 1) {
    const details = made("details", { className: "qd-contents" });
    const list = made("ul");
    contents.forEach((link) => {
      const item = made("li");
      item.append(made("a", { href: link.getAttribute("href"), textContent: link.textContent }));
      list.append(item);
    });
    list.addEventListener("click", () => { details.open = false; });
    details.append(made("summary", { textContent: document.getElementById("toc-title")?.textContent || "Contents" }), list);
    opening.after(details);
  }

  // ---- the period switch

  const nav = document.querySelector(".qd-periods");
  const periods = window.quarterdeckPeriods || [];
  if (nav && periods.length > 1) {
    const select = made("select", { autocomplete: "off" });
    select.setAttribute("aria-label", "Reporting period");
    periods.forEach(({ name, label }) => select.append(made("option", { value: name, textContent: label, selected: name === nav.dataset.period })));
    select.addEventListener("change", () => { location.href = `../${encodeURIComponent(select.value)}/index.html`; });
    window.addEventListener("pageshow", () => { select.value = nav.dataset.period; }); // after Back, too
    nav.append(select);
  }

  // ---- tables that sort

  const words = new Intl.Collator(document.documentElement.lang || "en", { numeric: true });
  const sortBy = (table, column, up) => {
    const numeric = table.tHead.rows[0].cells[column].classList.contains("qd-num");
    const value = (row) => {
      const key = row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
      if (key === "–") return Number.NaN;
      if (numeric) return Number(key);
      return (/^\p{L}+ \d{4}$/u.test(key) && Date.parse(`1 ${key}`)) || key.replace(/^(Q\d|Week \d+),? (\d{4})$/, "$2 $1"); // October 2026
    };
    const order = (one, other) => {
      const [a, b] = [value(one), value(other)];
      const unknown = Number(Number.isNaN(a)) - Number(Number.isNaN(b)); // stays last, either way
      return unknown || (up ? 1 : -1) * (typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b));
    };
    table.tBodies[0].append(...Array.from(table.tBodies[0].rows).sort(order));
  };
  all(".qd-table table").filter((table) => table.tHead && table.tBodies[0] && table.tBodies[0].rows.length > 1).forEach((table) => {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = made("button", { type: "button", className: "qd-sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.classList.contains("qd-num") ? "descending" : "ascending";
        const now = head.getAttribute("aria-sort");
        const next = !now ? first : now === "ascending" ? "descending" : "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", next);
        sortBy(table, column, next === "ascending");
      });
    });
  });
})();
