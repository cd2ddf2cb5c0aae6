"use strict";
// The images are a list of numbers here, n; each property of them is a list by n, and one of a class such a list for
// each rank. What readers see is a page of cards out of those that are chosen, in their order.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const PER_PAGE = 100;
  const ALL = "all"; // the view of all ranks beside each other
  const ranks = data.channels.map((_, rank) => rank);
  const order = new Intl.Collator(undefined, { numeric: true });
  const byName = data.names.map((_, n) => n).sort((a, b) => order.compare(data.names[a], data.names[b]));
  let chosen = []; // the images that are shown, in their order
  let page = 0;
  let opened = null; // the place among the chosen of the one in large
  let openedRank = 0;

  function make(tag, properties = {}, ...inner) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inner);
    return made;
  }

  function number(value) {
    if (value === null) return "no finite value";
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size >= 1e-3 && size < 1e5 ? value.toFixed(4) : value.toPrecision(3);
  }

  const view = () => {
    const value = element("view")?.value ?? "0";
    return value === ALL ? ALL : Number(value);
  };
  const shownRanks = () => (view() === ALL ? ranks : [view()]);
  const firstRank = () => shownRanks()[0];
  const className = (n, rank) => data.classes[data.channels[rank][n]];
  const title = (name) => name[0].toUpperCase() + name.slice(1);

  function file(kind, n, rank) {
    return `${data.folder}/${kind}/${data.places[n]}${ranks.length > 1 ? `-${rank + 1}` : ""}.jpg`;
  }

  // What is chosen, and in which order.
  function highestFirst(values, sign) {
    return (a, b) => (values[a] === null) - (values[b] === null) || sign * (values[b] - values[a]);
  }

  const sorts = [
    ["Name", () => null],
    ["Class", (rank) => (a, b) => order.compare(className(a, rank), className(b, rank))],
  ];
  const measures = [["Score", data.scores], ["Peak drop", data.peaks]];
  for (const [name, areas] of Object.entries(data.areas)) measures.push([`${title(name)} area`, areas]);
  for (const [name, values] of measures) {
    sorts.push([`${name}, highest first`, (rank) => highestFirst(values[rank], 1)]);
    sorts.push([`${name}, lowest first`, (rank) => highestFirst(values[rank], -1)]);
  }

  function choose() {
    const text = element("text").value.trim().toLowerCase();
    const channel = element("class").value;
    const shown = shownRanks();
    const has = (n) =>
      data.names[n].toLowerCase().includes(text) || shown.some((rank) => className(n, rank).toLowerCase().includes(text));
    const isOf = (n) => channel === "" || shown.some((rank) => String(data.channels[rank][n]) === channel);
    chosen = byName.filter((n) => isOf(n) && has(n));
    const compare = sorts[element("sort").value][1](firstRank());
    if (compare !== null) chosen.sort(compare); // those that are equal stay in the order of their names
    turnTo(0);
  }

  function listClasses() {
    const counts = new Map();
    for (let n = 0; n < data.names.length; n++) {
      for (const channel of new Set(shownRanks().map((rank) => data.channels[rank][n]))) {
        counts.set(channel, (counts.get(channel) ?? 0) + 1);
      }
    }
    const select = element("class");
    const before = select.value;
    const found = [...counts].sort((a, b) => order.compare(data.classes[a[0]], data.classes[b[0]]));
    const options = found.map(([channel, count]) => make("option", { value: channel }, `${data.classes[channel]} (${count})`));
    select.replaceChildren(make("option", { value: "" }, `all ${found.length}`), ...options);
    select.value = counts.has(Number(before)) ? before : "";
    element("class-label").hidden = found.length < 2;
  }

  // A page of cards.
  function turnTo(number) {
    const last = Math.max(0, Math.ceil(chosen.length / PER_PAGE) - 1);
    page = Math.min(last, Math.max(0, number));
    const first = page * PER_PAGE;
    const some = chosen.slice(first, first + PER_PAGE);
    element("cards").classList.toggle("strips", view() === ALL);
    element("cards").replaceChildren(...some.map(card));
    const all = chosen.length === data.names.length ? `${chosen.length}` : `${chosen.length} (${data.names.length} in all)`;
    const where = some.length === 0 ? "No image is like that." : `${first + 1}–${first + some.length} of ${all}`;
    for (const output of document.querySelectorAll(".where")) output.textContent = where;
    for (const button of document.querySelectorAll(".back")) button.disabled = page === 0;
    for (const button of document.querySelectorAll(".on")) button.disabled = page === last;
  }

  function card(n) {
    const name = make("span", { className: "name", title: data.names[n] }, data.names[n]);
    const links = shownRanks().map((rank) => link(n, rank));
    if (view() !== ALL) {
      links[0].children[0].after(name);
      return make("div", { className: "card" }, ...links);
    }
    return make("div", { className: "card" }, name, make("div", { className: "links" }, ...links));
  }

  function link(n, rank) {
    const image = make("img", { loading: "lazy", decoding: "async", alt: "", src: file("small", n, rank) });
    const score = make("span", { className: "fact" }, make("span", {}, "score"), make("span", {}, number(data.scores[rank][n])));
    const made = make("a", { href: file("large", n, rank) }, image);
    made.append(make("span", { className: "class", title: className(n, rank) }, className(n, rank)), score);
    for (const [name, areas] of Object.entries(data.areas)) {
      const words = make("span", { title: `area under the curve of ${name}` }, name);
      made.append(make("span", { className: "fact" }, words, make("span", {}, number(areas[rank][n]))));
    }
    made.dataset.n = n;
    made.dataset.rank = rank;
    return made;
  }

  // One image in large.
  function open(place, rank) {
    opened = place;
    openedRank = rank;
    const n = chosen[place];
    element("photo").src = element("file").href = file("large", n, rank);
    element("photo").alt = `${data.names[n]} under the map of ${className(n, rank)}`;
    element("name").textContent = data.names[n];
    const why = data.alone[data.places[n]];
    element("alone").textContent = why ? `This is the map alone: the picture ${why}.` : "";
    const buttons = ranks.length > 1 ? ranks.map((one) => rankButton(n, one)) : [];
    const hadFocus = element("ranks").contains(document.activeElement);
    element("ranks").replaceChildren(...buttons);
    if (hadFocus) buttons[rank].focus();
    element("facts").replaceChildren(...facts(n, rank));
    showCurve(element("curve"), data.curves?.each[rank][n], (name) => data.areas[name]?.[rank][n]);
    element("position").textContent = `${place + 1} of ${chosen.length}`;
    element("before").disabled = place === 0;
    element("after").disabled = place === chosen.length - 1;
    if (!element("large").open) element("large").showModal();
    for (const next of [place - 1, place + 1]) {
      if (next in chosen) new Image().src = file("large", chosen[next], rank); // to be there when it is asked for
    }
  }

  function rankButton(n, rank) {
    const score = make("span", {}, number(data.scores[rank][n]));
    const button = make("button", { type: "button", title: data.views[rank] }, make("span", {}, className(n, rank)), score);
    button.setAttribute("aria-pressed", String(rank === openedRank));
    button.addEventListener("click", () => open(opened, rank));
    return button;
  }

  function facts(n, rank) {
    const peak = data.peaks[rank][n];
    const lowers = peak !== null && peak <= 0 ? " (no mask lowers the score)" : "";
    const entries = [
      ["Class", className(n, rank)],
      ["Score", number(data.scores[rank][n])],
      ["Peak drop", number(peak) + lowers],
      ["In Python", `maps[${data.places[n]}]`],
    ];
    const found = entries.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
    return [...found, make("dt", {}, "SHA-256"), make("dd", { className: "digest" }, data.sha256[n])];
  }

  function move(by) {
    const place = opened + by;
    if (place in chosen) open(place, openedRank);
  }

  function leave() {
    // Back to the card of the image that was seen last.
    const place = opened;
    if (Math.floor(place / PER_PAGE) !== page) turnTo(Math.floor(place / PER_PAGE));
    const links = [...element("cards").querySelectorAll("a")].filter((one) => Number(one.dataset.n) === chosen[place]);
    (links.find((one) => Number(one.dataset.rank) === openedRank) ?? links[0])?.focus();
  }

  // Curves of the score over the share of the pixels.
  function svg(tag, attributes, ...inner) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...inner);
    return made;
  }

  function showCurve(figure, curve, areaOf, heading) {
    figure.hidden = !curve;
    if (!curve) return;
    const [low, high, bytes] = curve;
    const codes = Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0));
    const names = data.curves.names;
    const steps = codes.length / names.length;
    const [left, right, top, bottom] = [8, 292, 16, 132];
    const across = (step) => (left + ((right - left) * step) / Math.max(1, steps - 1)).toFixed(1);
    const down = (code) => (bottom - ((bottom - top) * code) / 254).toFixed(1);
    const lines = names.map((name, k) => {
      let path = "";
      for (let step = 0; step < steps; step++) {
        const code = codes[k * steps + step];
        if (code === 255) continue; // no finite value: the line has a gap
        const isFirst = step === 0 || codes[k * steps + step - 1] === 255;
        path += `${isFirst ? "M" : "L"}${across(step)} ${down(code)}`;
      }
      return svg("path", { d: path, class: `curve ${name}` });
    });
    const texts = [
      ["start", left, top - 5, `score ${number(high)}`],
      ["start", left, bottom + 14, number(low)],
      ["end", right, bottom + 14, "all pixels"],
    ].map(([anchor, x, y, text]) => svg("text", { x, y, "text-anchor": anchor }, text));
    const axis = svg("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "axis" });
    const label = `The score as the strongest pixels are covered or shown first: ${names.join(" and ")}`;
    const drawn = svg("svg", { viewBox: "0 0 300 150", role: "img", "aria-label": label }, axis, ...lines, ...texts);
    const keys = names.map((name) => {
      const area = areaOf(name);
      const swatch = svg("svg", { viewBox: "0 0 28 6", "aria-hidden": "true" }, svg("path", { d: "M0 3H28", class: `curve ${name}` }));
      return make("div", { className: "key" }, swatch, area === undefined ? title(name) : `${title(name)}, area ${number(area)}`);
    });
    figure.replaceChildren(...(heading ? [make("b", {}, heading)] : []), drawn, ...keys);
  }

  function meanArea(name) {
    const areas = data.areas[name]?.[0].filter((area) => area !== null);
    return areas?.length ? areas.reduce((sum, area) => sum + area, 0) / areas.length : undefined;
  }

  function start() {
    element("sort").append(...sorts.map(([name], k) => make("option", { value: k }, name)));
    const views = data.views.map((name, rank) => make("option", { value: rank }, name));
    element("view")?.append(...views, make("option", { value: ALL }, "all beside each other"));
    element("view")?.addEventListener("change", () => {
      listClasses();
      choose();
    });
    for (const [id, kind] of [["text", "input"], ["class", "change"], ["sort", "change"]]) {
      element(id).addEventListener(kind, choose);
    }
    const turn = (selector, by) => {
      for (const button of document.querySelectorAll(selector)) button.addEventListener("click", () => turnTo(page + by));
    };
    turn(".back", -1);
    turn(".on", 1);
    element("cards").addEventListener("click", (event) => {
      const made = event.target.closest("a");
      if (!made || event.ctrlKey || event.metaKey || event.shiftKey) return; // those are the browser's
      event.preventDefault();
      open(chosen.indexOf(Number(made.dataset.n)), Number(made.dataset.rank));
    });
    const large = element("large");
    large.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      move(by);
    });
    large.addEventListener("click", (event) => {
      if (event.target === large) large.close(); // beside it
    });
    large.addEventListener("close", leave);
    element("before").addEventListener("click", () => move(-1));
    element("after").addEventListener("click", () => move(1));
    element("close").addEventListener("click", () => large.close());
    if (data.curves) showCurve(element("mean-curve"), data.curves.mean, meanArea, "Mean curves");
    element("cards").style.setProperty("--ranks", Math.min(ranks.length, 4));
    element("sheet").hidden = false;
    listClasses();
    choose();
    document.body.dataset.ready = "true";
  }
  start();
})();
