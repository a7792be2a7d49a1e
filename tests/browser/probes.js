// What a page looks like from inside: tests/test_browser.py runs this in every page before the page's own scripts.
window.agentbits = (() => {
  const texts = "p, li, dt, dd, td, th, h1, h2, h3, h4, a:not(.headerlink), figcaption, .verdict, .tier";
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => {
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  // Backgrounds are painted from the page inwards, then the text, so that see-through colours count as they look.
  const contrast = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
    let ground = paint("white");
    for (const layer of layers) ground = paint(layer);
    const [a, b] = [luminance(ground), luminance(paint(getComputedStyle(element).color))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.textContent.trim();
  const named = (element) => `<${element.localName} class="${element.className}"> ${element.textContent.trim().slice(0, 40)}`;

  return {
    async settled() {
      await window.MathJax?.startup?.promise;
      document.head.append(Object.assign(document.createElement("style"), { textContent: "* { transition: none !important }" }));
    },
    formulas: () => document.querySelectorAll(".math").length,
    brokenFormulas: () =>
      [...document.querySelectorAll(".math")]
        .filter((m) => !m.querySelector("mjx-container") || m.querySelector("mjx-merror, merror"))
        .map((m) => m.textContent.trim().slice(0, 60)),
    namelessImages: () => [...document.images].filter((i) => !i.alt.trim()).map((i) => i.src.slice(0, 80)),
    seeThroughImages: () =>
      [...document.querySelectorAll(".bd-article img")]
        .filter((i) => {
          canvas.clearRect(0, 0, 1, 1);
          return paint(getComputedStyle(i).backgroundColor)[3] < 255;
        })
        .map((i) => i.alt || i.src.slice(0, 80)),
    sideways() {
      scrollTo({ left: 1000, behavior: "instant" });
      return scrollX;
    },
    faintTexts: () =>
      [...document.querySelectorAll(".bd-article :is(" + texts + ")")]
        .filter((e) => seen(e) && contrast(e) < 4.5)
        .map((e) => `${contrast(e).toFixed(2)}:1 ${named(e)}`),
    texts: () => [...document.querySelectorAll(".bd-article :is(" + texts + ")")].filter(seen).length,
  };
})();
