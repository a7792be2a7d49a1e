// What a Deep Research report costs with and without a compressor, for numbers that the reader sets. Every page of the
// book loads this file; it acts only on <div class="bill-calculator">, and without scripts the text inside that div
// stays. Its attributes are the defaults (lib/agentbits/research/calculator.py writes them); what a reader changes goes
// into the fragment of the page's address, so that a link shows the same bill. The sums are those of
// agentbits.research.scenarios.
(() => {
  "use strict";

  const NBSP = "\u00a0";
  const COUNTS = { min: 0, step: 1, inputmode: "numeric" };
  const AMOUNTS = { min: 0, step: "any", inputmode: "decimal" };
  // key, in the address and as data-<key>; label; range
  const FIELDS = [
    ["pages", "Pages", COUNTS],
    ["length", "Length of a page", AMOUNTS],
    ["unit", "Unit of length", ["characters", "tokens"]],
    ["ratio", "Characters in a token", { ...AMOUNTS, min: 0.1 }],
    ["note", "Tokens of a note", COUNTS],
    ["report", "Tokens of the report", COUNTS],
    ["plan", "Tokens of the plan", COUNTS],
    ["task", "Tokens of the task", COUNTS],
    ["input", "USD per million tokens read", AMOUNTS],
    ["output", "USD per million tokens written", AMOUNTS],
    ["local", "USD per million tokens of the compressor", AMOUNTS],
  ];

  // ---- The bill ------------------------------------------------------------------------------------------------

  const bill = (s) => {
    const page = Math.ceil(s.unit === "tokens" ? s.length : s.length / s.ratio);
    const reading = (tokens) => (tokens * s.input) / 1e6;
    const plan = reading(s.task) + (s.plan * s.output) / 1e6;
    const report = (s.report * s.output) / 1e6;
    const own = (s.pages * (page + s.note) * s.local) / 1e6;
    const [pages, notes] = [page, s.note].map((tokens) => reading(s.task + s.pages * tokens));
    const baseline = plan + pages + report;
    const api = plan + notes + report;
    const ratio = (page - s.note) / (page + s.note);
    return {
      rows: [
        ["Plan", plan, plan],
        ["Reading of pages, or of notes", pages, notes],
        ["Report", report, report],
        ["Compressor", 0, own],
      ],
      page,
      tokens: s.task + s.pages * page + s.report,
      baseline,
      compressed: api + own,
      share: api / baseline,
      saving: (baseline - api - own) / baseline,
      ratio,
      even: ratio * s.input,
    };
  };

  // ---- Words ---------------------------------------------------------------------------------------------------

  const whole = (value) => value.toLocaleString("en-GB");
  const dollars = (value) => `$${value.toLocaleString("en-GB", { minimumFractionDigits: 4, maximumFractionDigits: 4 })}`;
  const percent = (value) => `${(value * 100).toFixed(1)}${NBSP}%`;

  const sentence = (s, b, room) => {
    const change = b.saving < 0 ? `${percent(-b.saving)} more` : `${percent(b.saving)} saved`;
    const even =
      b.ratio > 0
        ? `It pays while a token of the compressor costs less than ${percent(b.ratio)} of one that the predictor ` +
          `reads: ${dollars(b.even)} a million.`
        : "Notes that are no shorter than their pages never pay.";
    const beyond =
      b.tokens > room
        ? ` Without compression ${whole(b.tokens)} tokens do not fit into a window of ${whole(room)}.`
        : "";
    return (
      `${whole(s.pages)} pages of ${whole(b.page)} tokens: ${dollars(b.baseline)} without compression, ` +
      `${dollars(b.compressed)} with it, ${change}. Without the compressor the second is ${percent(b.share)} of the ` +
      `first. ${even}${beyond}`
    );
  };

  // ---- The page ------------------------------------------------------------------------------------------------

  const html = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };

  const control = (id, [key, text, range]) => {
    const options = Array.isArray(range) ? range.map((value) => html("option", { value }, value)) : [];
    const input = options.length
      ? html("select", { id }, ...options)
      : html("input", { type: "number", id, required: "", autocomplete: "off", ...range });
    return { key, input, box: html("div", { class: "bc-control" }, html("label", { for: id }, text), input) };
  };

  const table = (b) => {
    const amount = (value) => html("td", {}, dollars(value));
    const line = ([name, ...values]) => html("tr", {}, html("th", { scope: "row" }, name), ...values.map(amount));
    const heads = ["Stage", "Without compression", "With compression"];
    return html(
      "table",
      {},
      html("caption", {}, "Bill of one report, USD"),
      html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, head)))),
      html("tbody", {}, ...b.rows.map(line)),
      html("tfoot", {}, line(["Total", b.baseline, b.compressed])),
    );
  };

  const caption = ({ model, seen }) =>
    `The first numbers are the paper's pages${model ? `, the prices of ${model} as seen on ${seen},` : ""} and ` +
    "assumed lengths of all else. Searches are not in the bill, and amounts are rounded." +
    " The address of this page keeps what you change, to share it.";

  const build = (host, index) => {
    const name = index ? `bill-${index + 1}` : "bill";
    const controls = FIELDS.map((field) => control(`bill-calculator-${index}-${field[0]}`, field));
    const inputs = Object.fromEntries(controls.map(({ key, input }) => [key, input]));
    const defaults = Object.fromEntries(controls.map(({ key }) => [key, host.dataset[key] ?? ""]));
    const room = Number(host.dataset.window) || Infinity;
    const words = html("p", { class: "bc-sentence", "aria-live": "polite" });
    const result = html("div", { class: "bc-result" });
    const reset = html("button", { type: "button" }, "Reset");
    const boxes = html("div", { class: "bc-controls" }, ...controls.map(({ box }) => box));
    const figure = html("figure", {}, boxes, reset, result, words, html("figcaption", {}, caption(host.dataset)));

    const show = () => {
      inputs.ratio.disabled = inputs.unit.value === "tokens";
      const wrong = controls.filter(({ input }) => !input.disabled && !input.checkValidity());
      for (const { input } of controls) input.toggleAttribute("aria-invalid", false);
      for (const { input } of wrong) input.setAttribute("aria-invalid", "true");
      const settings = Object.fromEntries(
        controls.map(({ key, input }) => [key, key === "unit" ? input.value : Number(input.value)]),
      );
      const found = wrong.length ? null : bill(settings);
      const names = ["page", "tokens", "baseline", "compressed", "share", "saving", "ratio", "even"];
      for (const key of names) delete figure.dataset[key];
      if (found && found.baseline > 0 && found.page + settings.note > 0) {
        for (const key of names) figure.dataset[key] = found[key];
        result.replaceChildren(table(found));
        words.textContent = sentence(settings, found, room);
      } else {
        result.replaceChildren();
        words.textContent = wrong.length
          ? "A field lacks a number, or has one that it cannot take. Tokens and pages are whole; nothing is below 0."
          : "Nothing costs anything here. Give a price, and pages or notes of some length.";
      }
    };

    /** Take settings from the address where they are of this calculator, else the defaults. */
    const read = () => {
      const [whose, query = ""] = location.hash.slice(1).split("?");
      const given = whose === name ? new URLSearchParams(query) : new URLSearchParams();
      for (const { key, input } of controls) {
        input.value = given.get(key) ?? defaults[key];
        if (!input.value) input.value = defaults[key]; // nothing that a field of this kind can hold
      }
      show();
      return whose === name;
    };

    const write = () => {
      const changed = controls.filter(({ key, input }) => input.value !== defaults[key]);
      const query = new URLSearchParams(changed.map(({ key, input }) => [key, input.value]));
      history.replaceState(null, "", changed.length ? `#${name}?${query}` : `#${name}`);
    };

    figure.addEventListener("input", show);
    figure.addEventListener("change", write);
    reset.addEventListener("click", () => {
      for (const { key, input } of controls) input.value = defaults[key];
      show();
      write();
    });
    addEventListener("hashchange", read);
    host.replaceChildren(figure);
    if (read()) figure.scrollIntoView();
  };

  const start = () => document.querySelectorAll("div.bill-calculator").forEach(build);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
