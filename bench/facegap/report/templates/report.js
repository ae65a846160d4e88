"use strict";
(function () {
  var each = function (list, act) { Array.prototype.forEach.call(list, act); };
  function element(name, text, kind) {
    var made = document.createElement(name);
    if (text !== undefined) { made.textContent = text; }
    if (kind) { made.className = kind; }
    return made;
  }
  function button(text, act) {
    var made = element("button", text, "plain");
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }
  function save(name, kind, text) {
    var link = element("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  // Sorting.
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
    each(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  each(document.querySelectorAll("table.sortable"), function (table) {
    each(table.tHead.rows[0].cells, function (head, column) {
      var made = element("button", head.textContent);
      made.type = "button";
      made.title = "Sort by this column";
      head.textContent = "";
      head.appendChild(made);
      made.addEventListener("click", function () { sort(table, column, head); });
    });
  });

  // What a spreadsheet would take for a formula is written as text.
  function quoted(text) {
    var safe = /^([=@\t\r]|[-+](?!\d))/.test(text) ? "'" + text : text;
    return '"' + safe.replace(/"/g, '""') + '"';
  }
  function csv(table) {
    var rows = Array.prototype.concat.apply([], [[table.tHead.rows[0]], Array.prototype.slice.call(table.tBodies[0].rows)]);
    return rows.map(function (row) {
      return Array.prototype.map.call(row.cells, function (cell) { return quoted(cell.textContent.trim()); }).join(",");
    }).join("\r\n") + "\r\n";
  }
  function slug(text) { return text.toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "table"; }
  each(document.querySelectorAll(".scroll > table.sortable"), function (table) {
    var bar = element("p", undefined, "save");
    var name = table.caption ? table.caption.textContent.trim() : "table";
    bar.appendChild(button("Save this table (CSV)", function () { save(slug(name) + ".csv", "text/csv", "\ufeff" + csv(table)); }));
    table.parentNode.parentNode.insertBefore(bar, table.parentNode.nextSibling);
  });
  each(document.querySelectorAll(".panel"), function (panel) {
    var svg = panel.querySelector("svg");
    var bar = element("p", undefined, "save");
    bar.appendChild(button("Save this figure (SVG)", function () {
      save(panel.dataset.file + ".svg", "image/svg+xml", new XMLSerializer().serializeToString(svg));
    }));
    panel.appendChild(bar);
  });
  var raw = document.getElementById("raw-tables");
  if (raw) {
    var files = JSON.parse(raw.textContent);
    each(document.querySelectorAll("[data-raw]"), function (place) {
      Object.keys(files).sort().forEach(function (name) {
        place.appendChild(button("Save " + name, function () { save(name, "text/csv", files[name]); }));
      });
      place.hidden = false;
    });
  }

  // Search in a table.
  each(document.querySelectorAll("[data-search]"), function (place) {
    var table = document.getElementById(place.dataset.search);
    var label = element("label", "Search this table: ");
    var input = element("input");
    var said = element("span", "", "small");
    said.setAttribute("role", "status");
    input.type = "search";
    label.appendChild(input);
    place.appendChild(label);
    place.appendChild(said);
    place.hidden = false;
    input.addEventListener("input", function () {
      var wanted = input.value.trim().toLowerCase(), there = 0;
      each(table.tBodies[0].rows, function (row) {
        row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
        there += row.hidden ? 0 : 1;
      });
      said.textContent = " " + there + " of " + table.tBodies[0].rows.length + " rows";
    });
  });

  // The slider: numbers of tabulated thresholds alone, never one in between.
  var data = document.getElementById("dial-data");
  if (data) { dial(JSON.parse(data.textContent), document.getElementById("dial")); }
  function dial(models, place) {
    var model, range = place.querySelector("input[type=range]"), typed = place.querySelector("input[type=number]");
    var which = place.querySelector("select[name=model]"), base = place.querySelector("select[name=base]");
    var presets = place.querySelector("[data-presets]"), said = place.querySelector("[data-said]");
    var body = place.querySelector("tbody");
    function digits(value) { return String(parseFloat(value.toPrecision(5))).replace("-", "\u2212"); }
    function percent(value) {
      var text = 100 * value;
      if (text === 0) { return "0"; }
      if (text >= 1) { return text.toFixed(1); }
      return String(parseFloat(text.toPrecision(2)));
    }
    function people(value) { return value === 0 ? "0" : value < 1 ? String(parseFloat(value.toPrecision(1))) : Math.round(value).toLocaleString("en-GB"); }
    function span(a, b, say, unit) {
      if (a === null || b === null || a === undefined || b === undefined) { return "\u2013"; }
      var low = say(Math.min(a, b)), high = say(Math.max(a, b));
      return (low === high ? low : low + " to " + high) + unit;
    }
    function times(mine, theirs, low, high) {
      var values = [mine[low], mine[high], theirs[low], theirs[high]];
      if (values.some(function (v) { return v === null || v === undefined; })) { return "\u2013"; }
      var most = Math.max(values[2], values[3]), least = Math.min(values[2], values[3]);
      if (most === 0) { return "\u2013"; }
      var a = Math.min(values[0], values[1]) / most, b = least === 0 ? Infinity : Math.max(values[0], values[1]) / least;
      var say = function (v) { return v === Infinity ? "any" : v.toFixed(v < 10 ? 2 : 0); };
      return say(a) === say(b) ? say(a) : say(a) + " to " + say(b);
    }
    // Positions of the tabulated thresholds on either side; the same one twice where it is tabulated itself.
    function around(at, value) {
      var last = at.length - 1;
      if (value <= at[0]) { return [0, 0]; }
      if (value >= at[last]) { return [last, last]; }
      for (var k = 1; k <= last; k += 1) {
        if (value === at[k]) { return [k, k]; }
        if (value < at[k]) { return [k - 1, k]; }
      }
      return [last, last];
    }
    function show(value) {
      var sides = around(model.at, value), low = sides[0], high = sides[1];
      var outside = value < model.at[0] ? "Below every tabulated threshold; shown: the lowest, " : value > model.at[model.at.length - 1] ? "Above every tabulated threshold; shown: the highest, " : "";
      said.textContent = outside ? outside + digits(model.at[low]) + "."
        : low === high ? "A score of " + digits(value) + " or more is a match. This threshold is tabulated."
        : "A score of " + digits(value) + " or more is a match. It lies between the tabulated thresholds " + digits(model.at[low]) + " and " + digits(model.at[high]) + "; every rate lies between the two that are shown.";
      range.setAttribute("aria-valuetext", digits(value));
      var other = base.value === "" ? null : model.groups[+base.value];
      body.textContent = "";
      model.groups.forEach(function (group) {
        var row = element("tr"), head = element("th", (group.by ? group.by + ": " : "") + group.name + (group.few ? " \u2020" : ""));
        head.scope = "row";
        row.appendChild(head);
        [group.people === null ? "\u2013" : group.people.toLocaleString("en-GB"),
          span(group.fmr[low], group.fmr[high], percent, "\u00a0%"),
          span(group.fnmr[low], group.fnmr[high], percent, "\u00a0%"),
          span(group.fnmr[low] === null ? null : 1000 * group.fnmr[low], group.fnmr[high] === null ? null : 1000 * group.fnmr[high], people, ""),
          other ? times(group.fmr, other.fmr, low, high) : "\u2013",
          other ? times(group.fnmr, other.fnmr, low, high) : "\u2013"
        ].forEach(function (text) { row.appendChild(element("td", text)); });
        body.appendChild(row);
      });
    }
    function set(value) { range.value = value; typed.value = value; show(value); }
    function choose() {
      model = models[which ? +which.value : 0];
      var first = model.at[0], last = model.at[model.at.length - 1];
      var step = Math.pow(10, Math.floor(Math.log10((last - first) / 500)));
      [range, typed].forEach(function (input) { input.min = first; input.max = last; });
      range.step = step;
      typed.step = "any";
      base.textContent = "";
      base.appendChild(new Option("no group", ""));
      model.groups.forEach(function (group, k) { base.appendChild(new Option((group.by ? group.by + ": " : "") + group.name, k)); });
      presets.textContent = "";
      model.points.forEach(function (point) {
        presets.appendChild(button(point.name + " (" + digits(point.at) + ")", function () { set(point.at); }));
      });
      set(model.points.length ? model.points[0].at : model.at[Math.floor(model.at.length / 2)]);
    }
    if (which) {
      models.forEach(function (one, k) { which.appendChild(new Option(one.name, k)); });
      which.addEventListener("change", choose);
    }
    range.addEventListener("input", function () { typed.value = range.value; show(+range.value); });
    typed.addEventListener("input", function () {
      if (typed.value !== "" && isFinite(+typed.value)) { range.value = typed.value; show(+typed.value); }
    });
    base.addEventListener("change", function () { show(+typed.value); });
    place.hidden = false;
    choose();
  }

  // A link into a folded part opens it.
  function unfold() {
    var there = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    for (var one = there; one; one = one.parentElement) { if (one.tagName === "DETAILS") { one.open = true; } }
    if (there) { there.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  // The appendix prints only where it is asked for; then what is folded in it is opened and closed again.
  var asked = document.getElementById("print-all"), opened = [];
  window.addEventListener("beforeprint", function () {
    if (!asked || !asked.checked) { return; }
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) { details.open = false; });
    opened = [];
  });
})();
