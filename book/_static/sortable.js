// Tables of the claims page sort by a click on a head; without scripts they keep the order of the claims file.
(() => {
  "use strict";

  /** What a cell is sorted by: its number where it begins with one, else its words. */
  const key = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = Number.parseFloat(text.replaceAll(",", "").replace("\u2212", "-"));
    return { text, number: /^[\u2212-]?[\d.]/.test(text) ? number : Number.NaN };
  };

  const compared = (a, b) => {
    if (!Number.isNaN(a.number) && !Number.isNaN(b.number)) return a.number - b.number;
    return a.text.localeCompare(b.text, "en");
  };

  const sort = (table, head, column) => {
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => direction * compared(key(a, column), key(b, column)));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    body.append(...rows);
  };

  const make = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head, column));
      head.append(button);
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll(".agentbits-sortable table")) make(table);
  });
})();
