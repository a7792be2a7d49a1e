// One experiment a reader can turn the knobs of: the contrast estimator on a symmetric channel whose information is
// known. Every page of the book loads this file; it acts only on <div class="channel-widget">, and without scripts
// the text inside that div stays. Attributes: data-symbols, data-error, data-contexts.
(() => {
  "use strict";

  const REPETITIONS = 1000;
  const SEED = 251221720;
  const EXPONENTS = { min: 1, max: 8 }; // symbols and contexts: 2 to 256
  const LARGEST_ERROR = 0.9;
  const HEIGHT = 240;
  const MARGIN = { left: 14, right: 14, top: 26, bottom: 42 };
  const NBSP = "\u00a0";
  const THOUSAND = REPETITIONS.toLocaleString("en-GB");

  // ---- The experiment ------------------------------------------------------------------------------------------

  /** Mulberry32: 32 bits of state, numbers in [0, 1). */
  const generator = (state) => () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };

  /** Mutual information in bits, log2 K - h(e) - e log2(K - 1), for a uniform input. */
  const information = ({ symbols, error }) => {
    const term = (p) => (p > 0 ? p * Math.log2(p) : 0);
    const sum = Math.log2(symbols) + term(1 - error) + term(error) - error * Math.log2(symbols - 1);
    return Math.max(0, sum); // rounding may leave -1e-16
  };

  /** Estimates of all repetitions, in bits, ascending. A context counts only by its symbol, so a sum costs O(N). */
  const simulate = ({ symbols, error, contexts }) => {
    const random = generator(SEED);
    const wrong = error / (symbols - 1); // p(z | x) of each z other than x
    // log2 of the mixture of a note that c of the N contexts would write faithfully
    const mixture = Float64Array.from({ length: contexts + 1 }, (_, c) =>
      Math.log2((c * (1 - error) + (contexts - c) * wrong) / contexts),
    );
    const counts = new Uint16Array(symbols);
    const notes = new Uint8Array(contexts);
    const repeat = () => {
      let faithful = 0;
      counts.fill(0);
      for (let i = 0; i < contexts; i++) {
        const x = Math.floor(random() * symbols);
        const u = random();
        counts[x]++;
        if (u < 1 - error) {
          notes[i] = x;
          faithful++;
        } else {
          const step = Math.min(symbols - 2, Math.floor(((u - (1 - error)) / error) * (symbols - 1)));
          notes[i] = (x + 1 + step) % symbols;
        }
      }
      let sum = faithful * Math.log2(1 - error);
      if (faithful < contexts) sum += (contexts - faithful) * Math.log2(wrong);
      for (const z of notes) sum -= mixture[counts[z]];
      return sum / contexts;
    };
    return Float64Array.from({ length: REPETITIONS }, repeat).sort();
  };

  const measure = (settings) => {
    const estimates = simulate(settings);
    const mean = estimates.reduce((a, b) => a + b) / REPETITIONS;
    const squares = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const tail = REPETITIONS / 20; // 5 % on either side of the middle 90 %
    return {
      estimates,
      truth: information(settings),
      ceiling: Math.log2(settings.contexts),
      mean,
      sd: Math.sqrt(squares / (REPETITIONS - 1)),
      min: estimates[0],
      low: estimates[tail],
      high: estimates[REPETITIONS - 1 - tail],
      max: estimates[REPETITIONS - 1],
    };
  };

  // ---- Words ---------------------------------------------------------------------------------------------------

  const hundredths = (value) => Math.round(value * 100);
  const number = (value, digits = 2) => {
    const text = Math.abs(value).toFixed(digits);
    return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
  };
  const bits = (value) => `${number(value)}${NBSP}bits`;

  const sentence = ({ truth, ceiling, mean, low, high }) => {
    const off = hundredths(mean) - hundredths(truth); // of the printed figures, so that they add up
    const miss = `by ${bits(Math.abs(off) / 100)}`;
    const verdict = off > 0 ? `too high ${miss}, by chance` : `${off < 0 ? "too low" : "off"} ${miss}`;
    const beyond = hundredths(truth) > hundredths(ceiling) ? " No estimate can reach a truth above the ceiling." : "";
    return (
      `Truth ${bits(truth)}, ceiling ${bits(ceiling)}; ${THOUSAND} estimates: mean ${number(mean)}, ` +
      `middle 90${NBSP}% from ${number(low)} to ${number(high)}. On average ${verdict}.${beyond}`
    );
  };

  // ---- The picture ---------------------------------------------------------------------------------------------

  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  /** The smallest of 1, 2, 5, 10, 20, ... times a power of ten that is at least `least`. */
  const niceStep = (least) => {
    const power = 10 ** Math.floor(Math.log10(least) + 1e-9);
    return power * [1, 2, 5, 10].find((m) => m * power >= least * (1 - 1e-9));
  };

  const line = (name, x, top, bottom) => svg("line", { class: `cw-${name}`, x1: x, x2: x, y1: top, y2: bottom });
  const pointer = (x, tip) => svg("path", { class: "cw-pointer", d: `M${x},${tip} l-6,-10 h12 z` });

  /** Bars (from, to] in bits; edges are counted from the ceiling, so that no bar stands beyond it. */
  const histogram = ({ estimates, ceiling, min, max }, span) => {
    const width = niceStep(Math.max((max - min) / 30, span / 150));
    const counts = new Map();
    for (const value of estimates) {
      const bin = Math.ceil((value - ceiling) / width - 1e-9);
      counts.set(bin, (counts.get(bin) ?? 0) + 1);
    }
    const bars = [...counts].map(([bin, count]) => ({ from: ceiling + (bin - 1) * width, count }));
    return { width, bars, tallest: Math.max(...counts.values()) };
  };

  const draw = (result, width) => {
    const right = Math.max(result.truth, result.ceiling);
    const room = width - MARGIN.left - MARGIN.right;
    const rough = niceStep(right / 8);
    const left = Math.min(0, Math.floor(result.min / rough + 1e-9) * rough);
    const span = (right - left) * 1.02;
    const x = (value) => Number((MARGIN.left + ((value - left) / span) * room).toFixed(2));
    const base = HEIGHT - MARGIN.bottom;
    const tall = base - MARGIN.top;
    const { width: bin, bars, tallest } = histogram(result, span);

    const said = `Histogram of the estimates. ${sentence(result)}`;
    const viewBox = `0 0 ${width} ${HEIGHT}`;
    const picture = svg("svg", { class: "cw-picture", role: "img", viewBox, "aria-label": said });
    for (const { from, count } of bars) {
      const height = Math.max(1, (count / tallest) * tall * 0.78);
      const edge = Math.max(x(from), MARGIN.left / 2); // a wide bar may begin left of the axis
      const wide = Math.max(1, x(from + bin) - edge);
      picture.append(svg("rect", { class: "cw-bar", x: edge, y: base - height, width: wide, height }));
    }
    const step = niceStep((span * 44) / room);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let k = Math.ceil(left / step - 1e-9); k * step <= left + span; k++) {
      const label = svg("text", { x: x(k * step), y: base + 18, "text-anchor": "middle" }, number(k * step, digits));
      picture.append(line("axis", x(k * step), base, base + 5), label);
    }
    picture.append(
      svg("path", { class: "cw-axis", d: `M${MARGIN.left / 2},${base} H${width - MARGIN.right / 2}` }),
      svg("text", { x: width / 2, y: HEIGHT - 5, "text-anchor": "middle" }, "bits"),
      svg("text", { x: MARGIN.left / 2, y: 14 }, `Tallest bar: ${tallest} of ${THOUSAND} estimates`),
      // Three heights: lines that coincide still show above one another.
      line("truth", x(result.truth), MARGIN.top + tall * 0.09, base),
      line("ceiling", x(result.ceiling), MARGIN.top - 4, base),
      line("mean", x(result.mean), MARGIN.top + tall * 0.18, base),
      pointer(x(result.mean), MARGIN.top + tall * 0.18),
    );
    return picture;
  };

  const legend = () => {
    const entry = (text, ...marks) =>
      html("li", {}, svg("svg", { class: "cw-swatch", "aria-hidden": "true", viewBox: "0 0 18 22" }, ...marks), text);
    return html(
      "ul",
      { class: "cw-legend" },
      entry("Estimates", svg("rect", { class: "cw-bar", x: 3, y: 4, width: 12, height: 14 })),
      entry("Their mean", line("mean", 9, 9, 22), pointer(9, 11)),
      entry("Truth", line("truth", 9, 1, 21)),
      entry("Ceiling, log\u2082\u202fN", line("ceiling", 9, 1, 21)),
    );
  };

  /** `work`, not more than once a frame, however often it is asked for. */
  const eachFrame = (work) => {
    let frame;
    return () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(work);
    };
  };

  // ---- The controls --------------------------------------------------------------------------------------------

  const slider = (id, text, range, format) => {
    const input = html("input", { type: "range", id, autocomplete: "off", ...range });
    // The slider itself says its value; an <output> would say it again.
    const output = html("output", { for: id, "aria-live": "off" });
    const show = () => {
      output.textContent = format(input.value);
      input.setAttribute("aria-valuetext", output.textContent);
    };
    const box = html("div", { class: "cw-control" }, html("label", { for: id }, text), output, input);
    return { input, box, show };
  };

  const CAPTION =
    "Each of N contexts is one of the symbols, all equally likely. Its one note repeats it or, with the error " +
    "probability, names one of the others. Every repetition draws N new contexts and notes and makes one estimate. " +
    `Seed ${SEED}: the same settings always give the same picture.`;

  /** A number from the page's attribute, or `otherwise` where it is missing or no number. */
  const given = (text, otherwise) => (Number.isFinite(parseFloat(text)) ? parseFloat(text) : otherwise);
  const exponent = (text) => Math.round(Math.log2(Math.max(1, given(text, 16)))); // the slider keeps it in its range

  const build = (host, index) => {
    const id = (name) => `channel-widget-${index}-${name}`;
    const power = (value) => String(2 ** value);
    const powers = (text) => ({ ...EXPONENTS, step: 1, value: exponent(text) });
    const errors = { min: 0, max: LARGEST_ERROR, step: 0.01, value: given(host.dataset.error, 0.1) };
    const symbols = slider(id("symbols"), "Symbols", powers(host.dataset.symbols), power);
    const error = slider(id("error"), "Error probability", errors, (value) => Number(value).toFixed(2));
    const contexts = slider(id("contexts"), "Contexts, N", powers(host.dataset.contexts), power);
    const controls = [symbols, error, contexts];
    const plot = html("div", { class: "cw-plot" });
    const words = html("p", { class: "cw-sentence", "aria-live": "polite" });
    const boxes = html("div", { class: "cw-controls" }, ...controls.map((control) => control.box));
    const figure = html("figure", {}, boxes, legend(), plot, words, html("figcaption", {}, CAPTION));

    let result;
    const redraw = () => plot.replaceChildren(draw(result, Math.min(800, Math.max(220, plot.clientWidth || 640))));
    const show = () => {
      // At (K - 1) / K a note says nothing; beyond it, notes would inform again by what they avoid.
      const useless = 1 - 1 / 2 ** symbols.input.value;
      error.input.max = Math.min(LARGEST_ERROR, Math.floor(useless * 100) / 100);
      for (const control of controls) control.show();
    };
    const update = () => {
      const [k, n] = [2 ** symbols.input.value, 2 ** contexts.input.value];
      result = measure({ symbols: k, error: Number(error.input.value), contexts: n });
      for (const name of ["truth", "ceiling", "mean", "sd", "min", "max"]) figure.dataset[name] = result[name];
      words.textContent = sentence(result);
      redraw();
    };
    figure.addEventListener("input", show);
    figure.addEventListener("input", eachFrame(update)); // dragging stays smooth
    show();
    host.replaceChildren(figure); // before the first drawing, which is made to measure
    update();
    new ResizeObserver(eachFrame(redraw)).observe(plot);
  };

  const start = () => document.querySelectorAll("div.channel-widget").forEach(build);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
