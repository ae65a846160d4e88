"use strict";
(function () {
  // A cell's first number, so that "0.52 % (0.40–0.71 %)" sorts by 0.52; NaN where the cell begins with a word.
  function number(text) {
    var found = /^[^A-Za-z]*?([-\u2212]?[\d,]*\.?\d+(?:e[-+\u2212]?\d+)?)/.exec(text);
    return found ? parseFloat(found[1].replace(/,/g, "").replace(/\u2212/g, "-")) : NaN;
  }
  function compare(a, b) {
    var x = number(a), y = number(b);
    if (!isNaN(x) && !isNaN(y)) { return x - y; }
    if (!isNaN(x)) { return -1; }
    if (!isNaN(y)) { return 1; }
    return a.localeCompare(b);
  }
  function sort(table, column, head) {
    var body = table.tBodies[0];
    var down = head.getAttribute("aria-sort") === "ascending";
    var rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (a, b) {
      var order = compare(a.cells[column].textContent.trim(), b.cells[column].textContent.trim());
      return down ? -order : order;
    });
    rows.forEach(function (row) { body.appendChild(row); });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = "Sort by this column";
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () { sort(table, column, head); });
    });
  });
  // Folded tables are opened for the printer and closed again.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) { details.open = false; });
  });
})();
